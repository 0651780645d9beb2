; Decoder: two passes with different operations over the same bytes.
bits 32
        jmp short start
length: dw 0
start:  fldz
        fnstenv [esp - 12]
        pop ebx
        movzx ecx, word [ebx - 2]
        lea esi, [ebx + payload - start]
        push esi
        push ecx
first:  xor byte [esi], 0x33
        inc esi
        loop first
        pop ecx
        pop esi
second: add byte [esi], 0x11
        inc esi
        loop second
payload:
