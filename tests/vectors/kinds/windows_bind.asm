; Windows, 32 bit, functions by rol-7 hashes: a command interpreter for whoever connects to PORT.
%include "demo_bind.asm"
