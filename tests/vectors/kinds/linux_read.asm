; Linux, 32 bit: open(PATH), read, write to the standard output, exit.
bits 32
        call code
        db PATH, 0
code:   pop ebx
        xor ecx, ecx
        mov eax, ecx
        mov al, 5
        int 80h
        mov ebx, eax
        sub esp, 512
        mov ecx, esp
        mov edx, 512
        mov eax, 3
        int 80h
        mov edx, eax
        xor ebx, ebx
        inc ebx
        mov eax, 4
        int 80h
        mov eax, ebx
        int 80h
