/* Goes through the loader's list and every library's exports. */
#include "windows.h"

static byte *process_block(void)
{
	byte *block;

#ifdef __x86_64__
	__asm__("movq %%gs:0x60, %0" : "=r"(block));
#else
	__asm__("movl %%fs:0x30, %0" : "=r"(block));
#endif
	return block;
}

static dword hash_of(const char *name)
{
	dword hash = 5381;

	while (*name)
		hash = hash * 33 + (byte)*name++;
	return hash;
}

static byte *find_export(byte *base, dword hash)
{
	dword header = *(dword *)(base + 0x3c), directory = *(dword *)(base + header + EXPORTS);
	dword *names;

	if (!directory)
		return 0;
	names = (dword *)(base + *(dword *)(base + directory + 0x20));
	for (dword i = 0; i < *(dword *)(base + directory + 0x18); i++) {
		word *ordinals = (word *)(base + *(dword *)(base + directory + 0x24));
		dword *functions = (dword *)(base + *(dword *)(base + directory + 0x1c));
		if (hash_of((const char *)base + names[i]) == hash)
			return base + functions[ordinals[i]];
	}
	return 0;
}

byte *function_by_hash(dword hash)
{
	byte *loader = *(byte **)(process_block() + LOADER);
	byte **head = (byte **)(loader + MODULES);

	for (byte **entry = (byte **)*head; entry != head; entry = (byte **)*entry) {
		byte *base = *(byte **)((byte *)entry + BASE);
		byte *function = base ? find_export(base, hash) : 0;
		if (function)
			return function;
	}
	return 0;
}

/* Compilers copy by it. */
void *memcpy(void *to, const void *from, __SIZE_TYPE__ length)
{
	for (volatile byte *bytes = to; length > 0; length--)
		*bytes++ = *(const byte *)from++;
	return to;
}
