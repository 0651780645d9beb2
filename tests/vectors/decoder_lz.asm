; Decoder: what follows is compressed (LZ): a byte of eight flags, lowest first; 0: a byte as it is; 1: two
; bytes, distance - 1 and length - 2 of what is repeated. Unpacked onto the stack, and entered there.
bits 32
        jmp short start
length: dw 0                    ; unpacked
start:  call here
here:   pop ebp
        movzx edx, word [ebp + length - here]
        lea esi, [ebp + payload - here]
        sub esp, 0x1000
        mov edi, esp
        lea ebx, [edi + edx]    ; end
        cld
flags:  lodsb
        mov ah, al
        mov dl, 8
next:   cmp edi, ebx
        jae enter
        shr ah, 1
        jc again
        movsb
        jmp short more
again:  push esi
        movzx ecx, byte [esi]
        inc ecx
        mov al, [esi + 1]
        mov esi, edi
        sub esi, ecx
        movzx ecx, al
        inc ecx
        inc ecx
        rep movsb
        pop esi
        inc esi
        inc esi
more:   dec dl
        jnz next
        jmp short flags
enter:  jmp esp
payload:
