; Linux, 64 bit: open(PATH), read, write to the standard output, exit.
bits 64
        lea rdi, [rel path]
        xor esi, esi
        push 2
        pop rax
        syscall
        sub rsp, 0x400
        mov edi, eax
        mov rsi, rsp
        mov edx, 0x400
        xor eax, eax
        syscall
        mov edx, eax
        push 1
        pop rdi
        mov eax, edi
        syscall
        push 60
        pop rax
        syscall
path:   db PATH, 0
