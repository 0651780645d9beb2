; Linux, 64 bit: execve of a path that it finds relative to rip.
bits 64
        lea rdi, [rel path]
        xor esi, esi
        push rsi
        push rdi
        mov rsi, rsp
        xor edx, edx
        push 59
        pop rax
        syscall
path:   db '/usr/bin/id', 0
