/* Copies itself into the system folder under a name that looks like Windows' own. */
#include "persist.h"
#include "simulated.h"

int main(void)
{
	char path[MAX_PATH];
	leave_unless_simulated();
	return copy_self("svchosts.exe", path) ? 0 : 1;
}
