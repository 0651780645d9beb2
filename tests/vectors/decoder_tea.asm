; Decoder: XTEA (Needham and Wheeler 1997), 32 cycles a block of eight bytes: long before anything new happens.
bits 32
        jmp short start
length: dw 0
start:  call here
here:   pop ebp
        movzx ecx, word [ebp + length - here]
        add ecx, byte 7
        shr ecx, 3
        lea esi, [ebp + payload - here]
block:  push ecx
        mov edi, 0xc6ef3720     ; 32 times delta
cycle:  mov eax, [esi]          ; second -= ((first << 4 ^ first >> 5) + first) ^ (sum + key[sum >> 11 & 3])
        mov ebx, eax
        mov ecx, eax
        shl eax, 4
        shr ebx, 5
        xor eax, ebx
        add eax, ecx
        mov ebx, edi
        shr ebx, 11
        and ebx, byte 3
        mov ebx, [ebp + ebx * 4 + key - here]
        add ebx, edi
        xor eax, ebx
        sub [esi + 4], eax
        sub edi, 0x9e3779b9
        mov eax, [esi + 4]      ; first -= ((second << 4 ^ second >> 5) + second) ^ (sum + key[sum & 3])
        mov ebx, eax
        mov ecx, eax
        shl eax, 4
        shr ebx, 5
        xor eax, ebx
        add eax, ecx
        mov ebx, edi
        and ebx, byte 3
        mov ebx, [ebp + ebx * 4 + key - here]
        add ebx, edi
        xor eax, ebx
        sub [esi], eax
        test edi, edi
        jnz cycle
        pop ecx
        add esi, byte 8
        loop block
        jmp short payload
key:    dd 0x6b656e62, 0x692d6b65, 0x792d3031, 0x32333435
payload:
