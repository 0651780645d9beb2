; Windows 10, 64 bit, without any library: NtAllocateVirtualMemory by its number, lays code there, runs it; that ends the
; process by NtTerminateProcess.
bits 64
        and rsp, -16
        sub rsp, 0x80
        xor eax, eax
        mov [rsp + 0x60], rax   ; base address
        mov qword [rsp + 0x68], 0x1000
        or rcx, -1
        lea rdx, [rsp + 0x60]
        xor r8d, r8d
        lea r9, [rsp + 0x68]
        mov qword [rsp + 0x28], 0x3000
        mov qword [rsp + 0x30], 0x40
        mov r10, rcx
        mov eax, 0x18
        syscall
        mov rdi, [rsp + 0x60]
        lea rsi, [rel inner]
        mov ecx, end - inner
        rep movsb
        jmp qword [rsp + 0x60]
inner:  or rcx, -1
        mov r10, rcx
        xor edx, edx
        mov eax, 0x2c
        syscall
end:
