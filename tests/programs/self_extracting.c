/* Decodes a whole section of itself before running what lies there, as packers do. The section is
 * compiled from the plain functions below and encoded after linking (encode_section.py). */
#include "persist.h"
#include "simulated.h"

#include <stdint.h>

#define HIDDEN __attribute__((section(".hidden"), noinline, used))

HIDDEN static void settle(void)
{
	char path[MAX_PATH];
	if (copy_self("expand32.exe", path))
		start_with_windows("Expand32", path);
}

static IMAGE_SECTION_HEADER *find_section(uint8_t *image, const char *name)
{
	IMAGE_DOS_HEADER *dos = (IMAGE_DOS_HEADER *)(void *)image;
	IMAGE_NT_HEADERS32 *nt = (IMAGE_NT_HEADERS32 *)(void *)(image + dos->e_lfanew);
	IMAGE_SECTION_HEADER *section = IMAGE_FIRST_SECTION(nt);
	for (unsigned i = 0; i < nt->FileHeader.NumberOfSections; i++) {
		if (lstrcmpA((const char *)section[i].Name, name) == 0)
			return &section[i];
	}
	return NULL;
}

int main(void)
{
	leave_unless_simulated();
	uint8_t *image = (uint8_t *)GetModuleHandleA(NULL);
	IMAGE_SECTION_HEADER *section = find_section(image, ".hidden");
	DWORD protection;
	if (section == NULL)
		return 1;
	uint8_t *start = image + section->VirtualAddress;
	DWORD size = section->Misc.VirtualSize;
	VirtualProtect(start, size, PAGE_EXECUTE_READWRITE, &protection);
	uint8_t key = 0x5a;
	for (DWORD i = 0; i < size; i++) {
		start[i] ^= key;
		key = (uint8_t)(key * 5 + 1);
	}
	void (*volatile entry)(void) = settle;
	entry();
	return 0;
}
