; Windows, 32 bit: GetProcAddress with names behind itself, the way of compilers' codes.
bits 32
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH procedure, 'GetProcAddress'
        RESOLVER
        push dword procedure
        push ebx
        call ebp
        mov esi, eax
        lea ecx, AT(name)
        push ecx
        push ebx
        call esi
        push byte 0
        lea edx, AT(command)
        push edx
        call eax
        jmp short $
name:   db 'WinExec', 0
command: db 'cmd.exe /c echo kenbi', 0
