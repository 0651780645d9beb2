; Linux, 32 bit: looks for its mark upward from where it lies itself, without asking the system, and jumps behind it.
bits 32
        call here
here:   pop eax
next:   inc eax
        cmp dword [eax], 0x50905090
        jne next
        cmp dword [eax + 4], 0x50905090
        jne next
        add eax, byte 8
        jmp eax
