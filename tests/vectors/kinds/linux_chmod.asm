; Linux, 32 bit: chmod(PATH, MODE), exit.
bits 32
        jmp short string
code:   pop ebx
        mov ecx, MODE
        push byte 15
        pop eax
        int 80h
        push byte 1
        pop eax
        int 80h
string: call code
        db PATH, 0
