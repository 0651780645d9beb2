/* The smallest honest executable: DOS header, PE header, one section, whose code is `xor eax, eax;
 * ret`. Layout: PE/COFF specification, https://learn.microsoft.com/windows/win32/debug/pe-format.
 */
#include "fakenet/blank.h"

#define WORD(value)  (value) & 0xff, (value) >> 8
#define DWORD(value) (value) & 0xff, (value) >> 8 & 0xff, (value) >> 16 & 0xff, (value) >> 24

/* clang-format off */
static const uint8_t program[1024] = {
	[0x000] = 'M', 'Z',
	[0x03c] = DWORD(0x40),            /* where the PE header lies */
	[0x040] = 'P', 'E', 0, 0,
	[0x044] = WORD(0x014c),           /* machine: IA-32 */
	[0x046] = WORD(1),                /* sections */
	[0x054] = WORD(0xe0),             /* size of the optional header */
	[0x056] = WORD(0x0103),           /* no relocations, executable, 32 bit */
	[0x058] = WORD(0x010b), 6, 0,     /* PE32, linker version */
	[0x05c] = DWORD(0x200),           /* size of code */
	[0x068] = DWORD(0x1000),          /* entry */
	[0x06c] = DWORD(0x1000),          /* base of code */
	[0x074] = DWORD(0x400000),        /* image base */
	[0x078] = DWORD(0x1000),          /* section alignment */
	[0x07c] = DWORD(0x200),           /* file alignment */
	[0x080] = WORD(4),                /* operating system version */
	[0x088] = WORD(4),                /* subsystem version */
	[0x090] = DWORD(0x2000),          /* size of image */
	[0x094] = DWORD(0x200),           /* size of headers */
	[0x09c] = WORD(2),                /* subsystem: windows */
	[0x0a0] = DWORD(0x100000), DWORD(0x1000), /* stack */
	[0x0a8] = DWORD(0x100000), DWORD(0x1000), /* heap */
	[0x0b4] = DWORD(16),              /* data directories, all empty */
	[0x138] = '.', 't', 'e', 'x', 't', 0, 0, 0,
	[0x140] = DWORD(0x1000),          /* virtual size */
	[0x144] = DWORD(0x1000),          /* virtual address */
	[0x148] = DWORD(0x200),           /* size in the file */
	[0x14c] = DWORD(0x200),           /* place in the file */
	[0x15c] = DWORD(0x60000020u),     /* code, executable, readable */
	[0x200] = 0x31, 0xc0, 0xc3
};
/* clang-format on */

struct bytes blank_program(void)
{
	return (struct bytes){ program, sizeof program };
}
