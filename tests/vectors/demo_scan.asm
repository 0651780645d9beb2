; Windows, IA-32: sends one datagram after the other to addresses that a linear congruential generator draws, without end.
; They lie in 203.0.113.0/24 (RFC 5737), and what is sent is a text: a datagram that carries nothing on.
bits 32
%include "demo_resolve.inc"
%include "windows_calls.inc"
HASH startup, 'WSAStartup'
HASH make_socket, 'socket'
HASH send_to, 'sendto'
HASH ticks, 'GetTickCount'

	RESOLVER
	LOAD library
	mov edi, eax			; ws2_32
	sub esp, 0x190			; WSADATA
	push esp
	push 0x0202
	CALL_API edi, startup
	push byte 17			; IPPROTO_UDP
	push byte 2			; SOCK_DGRAM
	push byte 2			; AF_INET
	CALL_API edi, make_socket
	mov esi, eax
	CALL_API ebx, ticks
	mov ebx, eax			; kernel32 is not needed any more: the generator's state
again:	imul ebx, ebx, 214013
	add ebx, 2531011
	mov eax, ebx
	and eax, 0xff000000
	or eax, 0x007100cb		; 203.0.113.x
	push eax
	push word 0x9a05		; port 1434, as it lies in memory
	push word 2
	mov eax, esp
	push byte 16
	push eax
	push byte 0
	push byte 5
	lea eax, AT(text)
	push eax
	push esi
	CALL_API edi, send_to
	add esp, 8
	jmp again

library:	db 'ws2_32.dll', 0
text:		db 'hello'
