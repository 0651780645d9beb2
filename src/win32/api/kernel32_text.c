/* kernel32: strings, code pages, atoms. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api/models.h"

#define COPY_LIMIT 65536u /* characters: longer strings end the copy as a fault would */

static uint32_t character_at(struct win32 *w, uint32_t at, uint32_t index, bool wide)
{
	return wide ? win32_u16(w, at + 2 * index) : win32_u8(w, at + index);
}

static void put_character(struct win32 *w, uint32_t at, uint32_t index, uint32_t value, bool wide)
{
	if (wide)
		win32_put_u16(w, at + 2 * index, value);
	else
		win32_put_u8(w, at + index, value);
}

static uint32_t raw_length(struct win32 *w, uint32_t at, bool wide)
{
	uint32_t length = 0;

	while (at && length < COPY_LIMIT && character_at(w, at, length, wide))
		length++;
	return length;
}

static uint32_t raw_copy(struct win32 *w, uint32_t to, uint32_t from, uint32_t capacity, bool wide)
{
	uint32_t i = 0, value;

	for (; i + 1 < capacity && (value = character_at(w, from, i, wide)); i++)
		put_character(w, to, i, value, wide);
	if (capacity)
		put_character(w, to, i, 0, wide);
	return to;
}

static uint32_t lstrlen_model(struct call *call)
{
	return raw_length(call->w, arg(call, 0), call->wide);
}

static uint32_t lstrcpy_model(struct call *call)
{
	if (!arg(call, 0) || !arg(call, 1))
		return 0;
	return raw_copy(call->w, arg(call, 0), arg(call, 1), COPY_LIMIT, call->wide);
}

static uint32_t lstrcpyn_model(struct call *call)
{
	return raw_copy(call->w, arg(call, 0), arg(call, 1),
			arg(call, 2) < COPY_LIMIT ? arg(call, 2) : COPY_LIMIT, call->wide);
}

static uint32_t lstrcat_model(struct call *call)
{
	uint32_t to = arg(call, 0), length = raw_length(call->w, to, call->wide);

	raw_copy(call->w, to + (call->wide ? 2 : 1) * length, arg(call, 1), COPY_LIMIT, call->wide);
	return to;
}

static uint32_t lower(uint32_t value)
{
	return value < 128 ? (uint32_t)tolower((int)value) : value;
}

static uint32_t upper(uint32_t value)
{
	return value < 128 ? (uint32_t)toupper((int)value) : value;
}

static int compare(struct call *call, bool fold)
{
	for (uint32_t i = 0; i < COPY_LIMIT; i++) {
		uint32_t a = character_at(call->w, arg(call, 0), i, call->wide);
		uint32_t b = character_at(call->w, arg(call, 1), i, call->wide);
		if (fold) {
			a = lower(a);
			b = lower(b);
		}
		if (a != b)
			return a < b ? -1 : 1;
		if (!a)
			break;
	}
	return 0;
}

static uint32_t lstrcmp_model(struct call *call)
{
	return (uint32_t)compare(call, false);
}

static uint32_t lstrcmpi_model(struct call *call)
{
	return (uint32_t)compare(call, true);
}

/* CompareString(locale, flags, a, length, b, length): 1, 2, 3 */
static uint32_t compare_string(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t a = arg(call, 2), b = arg(call, 4);
	uint32_t a_length = arg(call, 3), b_length = arg(call, 5);
	bool fold = arg(call, 1) & 1;

	if (a_length > COPY_LIMIT)
		a_length = raw_length(w, a, call->wide);
	if (b_length > COPY_LIMIT)
		b_length = raw_length(w, b, call->wide);
	for (uint32_t i = 0; i < a_length && i < b_length; i++) {
		uint32_t x = character_at(w, a, i, call->wide),
			 y = character_at(w, b, i, call->wide);
		if (fold) {
			x = lower(x);
			y = lower(y);
		}
		if (x != y)
			return x < y ? 1 : 3;
	}
	return a_length == b_length ? 2 : a_length < b_length ? 1 : 3;
}

static uint32_t multi_byte_to_wide(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t from = arg(call, 2), length = arg(call, 3), to = arg(call, 4), room = arg(call, 5);

	if (length > COPY_LIMIT)
		length = raw_length(w, from, false) + 1;
	if (room == 0)
		return length;
	if (room < length)
		return fail(call, ERROR_INSUFFICIENT_BUFFER, 0);
	for (uint32_t i = 0; i < length; i++)
		win32_put_u16(w, to + 2 * i, win32_u8(w, from + i));
	return length;
}

static uint32_t wide_to_multi_byte(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t from = arg(call, 2), length = arg(call, 3), to = arg(call, 4), room = arg(call, 5);

	if (length > COPY_LIMIT)
		length = raw_length(w, from, true) + 1;
	if (room == 0)
		return length;
	if (room < length)
		return fail(call, ERROR_INSUFFICIENT_BUFFER, 0);
	for (uint32_t i = 0; i < length; i++) {
		uint16_t value = win32_u16(w, from + 2 * i);
		win32_put_u8(w, to + i, value > 255 ? '?' : value);
	}
	return length;
}

/* CT_CTYPE1 of ASCII: C1_UPPER, LOWER, DIGIT, SPACE, PUNCT, CNTRL, BLANK, XDIGIT, ALPHA */
static uint32_t type_of(uint32_t value)
{
	int c = (int)value;

	if (value > 127)
		return value > 0xc0 ? 0x103 : 0x10;
	return (isupper(c) ? 1u : 0) | (islower(c) ? 2u : 0) | (isdigit(c) ? 4u : 0) |
	       (isspace(c) ? 8u : 0) | (ispunct(c) ? 16u : 0) | (iscntrl(c) ? 32u : 0) |
	       (c == ' ' || c == '\t' ? 64u : 0) | (isxdigit(c) ? 128u : 0) |
	       (isalpha(c) ? 256u : 0);
}

static uint32_t string_type(struct call *call, unsigned first, bool wide)
{
	uint32_t from = arg(call, first), length = arg(call, first + 1), to = arg(call, first + 2);

	if (length > COPY_LIMIT)
		length = raw_length(call->w, from, wide) + 1;
	for (uint32_t i = 0; i < length; i++)
		win32_put_u16(call->w, to + 2 * i, type_of(character_at(call->w, from, i, wide)));
	return 1;
}

static uint32_t get_string_type_a(struct call *call)
{
	return string_type(call, 2, false);
}

static uint32_t get_string_type_w(struct call *call)
{
	return string_type(call, 1, true);
}

static uint32_t lc_map_string(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t flags = arg(call, 1), from = arg(call, 2), length = arg(call, 3);
	uint32_t to = arg(call, 4), room = arg(call, 5);

	if (length > COPY_LIMIT)
		length = raw_length(w, from, call->wide) + 1;
	if (room == 0)
		return length;
	if (room < length)
		return fail(call, ERROR_INSUFFICIENT_BUFFER, 0);
	for (uint32_t i = 0; i < length; i++) {
		uint32_t value = character_at(w, from, i, call->wide);
		value = flags & 0x100 ? lower(value) : flags & 0x200 ? upper(value) : value;
		put_character(w, to, i, value, call->wide);
	}
	return length;
}

static uint32_t mul_div(struct call *call)
{
	int64_t product = (int64_t)(int32_t)arg(call, 0) * (int32_t)arg(call, 1);
	int32_t divisor = (int32_t)arg(call, 2);

	return divisor ? (uint32_t)(product / divisor) : UINT32_MAX;
}

static uint32_t beep(struct call *call)
{
	(void)call;
	return 1;
}

/* A pointer is encoded by the process' cookie; here by itself. */
static uint32_t encode_pointer(struct call *call)
{
	return arg(call, 0);
}

/* Atoms keep their text as named objects. */
static uint32_t add_atom(struct call *call)
{
	struct win32_object *object;
	const char *name = arg_text(call, 0);
	struct win32_object *found = win32_object_named(call->w, OBJECT_RESOURCE, name ? name : "");

	if (found)
		return found->id;
	uint32_t handle = win32_object_new(call->w, OBJECT_RESOURCE, name, &object);
	if (handle)
		object->id = 0xc000 + handle / 4;
	return handle ? object->id : 0;
}

static uint32_t find_atom(struct call *call)
{
	const char *name = arg_text(call, 0);
	struct win32_object *found = win32_object_named(call->w, OBJECT_RESOURCE, name ? name : "");

	return found ? found->id : fail(call, ERROR_FILE_NOT_FOUND, 0);
}

const struct api_model win32_kernel32_text_models[] = {
	API_TEXT("lstrlen", 1, lstrlen_model),
	API("lstrlen", 1, lstrlen_model),
	API_TEXT("lstrcpy", 2, lstrcpy_model),
	API("lstrcpy", 2, lstrcpy_model),
	API_TEXT("lstrcpyn", 3, lstrcpyn_model),
	API("lstrcpyn", 3, lstrcpyn_model),
	API_TEXT("lstrcat", 2, lstrcat_model),
	API("lstrcat", 2, lstrcat_model),
	API_TEXT("lstrcmp", 2, lstrcmp_model),
	API("lstrcmp", 2, lstrcmp_model),
	API_TEXT("lstrcmpi", 2, lstrcmpi_model),
	API("lstrcmpi", 2, lstrcmpi_model),
	API_TEXT("CompareString", 6, compare_string),
	API("MultiByteToWideChar", 6, multi_byte_to_wide),
	API("WideCharToMultiByte", 8, wide_to_multi_byte),
	API("GetStringTypeA", 5, get_string_type_a),
	API("GetStringTypeW", 4, get_string_type_w),
	API_TEXT("LCMapString", 6, lc_map_string),
	API("MulDiv", 3, mul_div),
	API("Beep", 2, beep),
	API("EncodePointer", 1, encode_pointer),
	API("DecodePointer", 1, encode_pointer),
	API_TEXT("GlobalAddAtom", 1, add_atom),
	API_TEXT("AddAtom", 1, add_atom),
	API_TEXT("GlobalFindAtom", 1, find_atom),
	API_TEXT("FindAtom", 1, find_atom),
	API_END
};
