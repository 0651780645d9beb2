; Decoder: what follows is base64 (A-Z a-z 0-9 + /), four letters for three bytes; length counts the letters.
bits 32
        jmp short start
length: dw 0
start:  jmp short last
first:  pop esi
        mov edi, esi
        movzx ecx, word [esi + length - payload]
        shr ecx, 2
        push esi
group:  push ecx
        xor ebx, ebx
        push byte 4
        pop ecx
letter: xor eax, eax
        lodsb
        cmp al, '+'
        jne slash
        mov al, 62
        jmp short got
slash:  cmp al, '/'
        jne digit
        mov al, 63
        jmp short got
digit:  cmp al, '9'
        ja upper
        add al, 4
        jmp short got
upper:  cmp al, 'Z'
        ja lower
        sub al, 'A'
        jmp short got
lower:  sub al, 'a' - 26
got:    shl ebx, 6
        or ebx, eax
        loop letter
        bswap ebx
        shr ebx, 8
        mov [edi], bl
        mov [edi + 1], bh
        shr ebx, 16
        mov [edi + 2], bl
        add edi, byte 3
        pop ecx
        loop group
        ret
last:   call first
payload:
