/* Benign: asks its maker's Web site for the newest version and prints the answer; fetches no
 * program. */
#include "simulated.h"

#include <stdio.h>
#include <wininet.h>

int main(void)
{
	char text[512];
	DWORD length = 0;
	leave_unless_simulated();
	HINTERNET session =
		InternetOpenA("KenbiAbacus/1.0", INTERNET_OPEN_TYPE_PRECONFIG, NULL, NULL, 0);
	if (session == NULL)
		return 1;
	HINTERNET page = InternetOpenUrlA(session, "http://www.abacus.example/version.txt", NULL, 0,
					  INTERNET_FLAG_RELOAD, 0);
	if (page != NULL) {
		if (InternetReadFile(page, text, sizeof text - 1, &length)) {
			text[length] = '\0';
			printf("The newest version is: %s\n", text);
		}
		InternetCloseHandle(page);
	}
	InternetCloseHandle(session);
	return 0;
}
