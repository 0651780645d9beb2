; Linux, 32 bit: creat(PATH), write of a text, exit.
bits 32
        jmp short data
code:   pop esi
        lea ebx, [esi + path - text]
        mov ecx, MODE
        push byte 8
        pop eax
        int 80h
        mov ebx, eax
        mov ecx, esi
        mov edx, path - text
        push byte 4
        pop eax
        int 80h
        xor eax, eax
        inc eax
        int 80h
data:   call code
text:   db LINE, 10
path:   db PATH, 0
