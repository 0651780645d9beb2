/* Walks every folder of every fixed disk and only counts, as a worm does that looks for something.
 */
#include "simulated.h"

#include <stdio.h>
#include <string.h>

static unsigned walk(const char *folder, unsigned depth)
{
	char path[MAX_PATH];
	unsigned count = 0;
	WIN32_FIND_DATAA found;
	if (depth == 0 || strlen(folder) > 160)
		return 0;
	sprintf(path, "%s\\*", folder);
	HANDLE search = FindFirstFileA(path, &found);
	if (search == INVALID_HANDLE_VALUE)
		return 0;
	do {
		if (found.cFileName[0] == '.' || strlen(found.cFileName) > 80)
			continue;
		sprintf(path, "%s\\%s", folder, found.cFileName);
		if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
			count += walk(path, depth - 1);
		else
			count++;
	} while (FindNextFileA(search, &found));
	FindClose(search);
	return count;
}

int main(void)
{
	char disk[] = "C:";
	unsigned count = 0;
	leave_unless_simulated();
	for (disk[0] = 'C'; disk[0] <= 'Z'; disk[0]++) {
		if (GetDriveTypeA(disk) == DRIVE_FIXED)
			count += walk(disk, 12);
	}
	return count > 0 ? 0 : 1;
}
