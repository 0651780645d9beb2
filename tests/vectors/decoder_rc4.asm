; Decoder: RC4 with an eight-byte key; the state lies on the stack.
bits 32
        jmp short start
length: dw 0
start:  call here
here:   pop ebp
        sub esp, 256
        mov edi, esp
        xor eax, eax
fill:   mov [edi + eax], al
        inc al
        jnz fill
        xor ebx, ebx            ; key schedule: al i, bl j
mix:    mov edx, eax
        and edx, byte 7
        add bl, [ebp + edx + key - here]
        add bl, [edi + eax]
        mov dl, [edi + eax]
        xchg dl, [edi + ebx]
        mov [edi + eax], dl
        inc al
        jnz mix
        xor ebx, ebx
        movzx ecx, word [ebp + length - here]
        lea esi, [ebp + payload - here]
next:   inc al
        add bl, [edi + eax]
        mov dl, [edi + eax]
        xchg dl, [edi + ebx]
        mov [edi + eax], dl
        add dl, [edi + ebx]
        movzx edx, dl
        mov dl, [edi + edx]
        xor [esi], dl
        inc esi
        loop next
        add esp, 256
        jmp short payload
key:    db 'kenbi-k1'
payload:
