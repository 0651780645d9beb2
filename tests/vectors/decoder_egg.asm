; A search for a mark by comparison alone, which asks nobody which memory is there, behind a decoder. The mark
; stands in the code itself and is found there first, where registers point at it.
	bits 32
KEY	equ 0x3d
	jmp short begin
decode:	pop edi
	push byte encoded.end - encoded
	pop ecx
.next:	xor byte [edi], KEY
	inc edi
	loop .next
	jmp short encoded
begin:	call decode
encoded:
	db 0xb9 ^ KEY, 0x41 ^ KEY, 0x49 ^ KEY, 0x41 ^ KEY, 0x49 ^ KEY ; mov ecx, "AIAI": inc ecx, dec ecx
	db 0x43 ^ KEY			; walks: inc ebx
	db 0x3b ^ KEY, 0x0b ^ KEY	; cmp ecx, [ebx]
	db 0x75 ^ KEY, 0xfb ^ KEY	; jne walks
	db 0xff ^ KEY, 0xe3 ^ KEY	; jmp ebx
.end:
