; Windows, 32 bit, functions by rol-7 hashes: CreateFileA, WriteFile, CloseHandle, ExitProcess.
bits 32
%include "demo_resolve.inc"
HASH create_file, 'CreateFileA'
HASH write_file, 'WriteFile'
HASH close_handle, 'CloseHandle'
HASH exit_process, 'ExitProcess'
        RESOLVER
        push create_file
        push ebx
        call ebp
        xor ecx, ecx
        push ecx
        push ecx
        push byte 2             ; CREATE_ALWAYS
        push ecx
        push ecx
        push 0x40000000         ; GENERIC_WRITE
        lea edx, AT(target)
        push edx
        call eax
        mov esi, eax
        push write_file
        push ebx
        call ebp
        push eax                ; a place for what was written
        mov edx, esp
        push byte 0
        push edx
        push dword target - line
        lea edx, AT(line)
        push edx
        push esi
        call eax
        push close_handle
        push ebx
        call ebp
        push esi
        call eax
        push exit_process
        push ebx
        call ebp
        push byte 0
        call eax
line:   db LINE, 13, 10
target: db TARGET, 0
