/* msvcrt: memory and strings, narrow and wide. */
#include <ctype.h>
#include <string.h>

#include "win32/api/models.h"
#include "win32/api/msvcrt.h"

#define LIMIT 0x1000000u /* characters that one call works on */

/* The functions for wide characters have these names; the bodies are shared. */
static bool is_wide(const struct call *call)
{
	const char *name = call->slot->name;
	return strstr(name, "wcs") != NULL;
}

static uint32_t get(struct win32 *w, uint32_t at, uint32_t index, bool wide)
{
	return wide ? win32_u16(w, at + 2 * index) : win32_u8(w, at + index);
}

static bool set(struct win32 *w, uint32_t at, uint32_t index, uint32_t value, bool wide)
{
	return wide ? win32_put_u16(w, at + 2 * index, value) : win32_put_u8(w, at + index, value);
}

static uint32_t length_of(struct win32 *w, uint32_t at, bool wide)
{
	uint32_t length = 0;

	while (length < LIMIT && get(w, at, length, wide))
		length++;
	return length;
}

static uint32_t fold(uint32_t value)
{
	return value < 128 ? (uint32_t)tolower((int)value) : value;
}

static uint32_t copy_bytes(struct win32 *w, uint32_t to, uint32_t from, uint32_t size)
{
	uint8_t chunk[4096];

	/* Overlapping moves upward go from the end. */
	if (to > from && to - from < size) {
		for (uint32_t left = size; left;) {
			uint32_t part = left < sizeof chunk ? left : (uint32_t)sizeof chunk;
			left -= part;
			if (!win32_fetch(w, from + left, chunk, part) ||
			    !win32_put(w, to + left, chunk, part))
				break;
		}
		return to;
	}
	for (uint32_t done = 0; done < size;) {
		uint32_t part = size - done < sizeof chunk ? size - done : (uint32_t)sizeof chunk;
		if (!win32_fetch(w, from + done, chunk, part) ||
		    !win32_put(w, to + done, chunk, part))
			break;
		done += part;
	}
	return to;
}

static uint32_t memcpy_model(struct call *call)
{
	return copy_bytes(call->w, arg(call, 0), arg(call, 1), arg(call, 2));
}

static uint32_t memset_model(struct call *call)
{
	win32_fill(call->w, arg(call, 0), (uint8_t)arg(call, 1), arg(call, 2));
	return arg(call, 0);
}

static uint32_t memcmp_model(struct call *call)
{
	bool folded = strchr(call->slot->name, 'i') != NULL;

	for (uint32_t i = 0; i < arg(call, 2) && i < LIMIT; i++) {
		uint32_t a = win32_u8(call->w, arg(call, 0) + i),
			 b = win32_u8(call->w, arg(call, 1) + i);
		if (folded) {
			a = fold(a);
			b = fold(b);
		}
		if (a != b)
			return a < b ? UINT32_MAX : 1;
	}
	return 0;
}

static uint32_t memchr_model(struct call *call)
{
	for (uint32_t i = 0; i < arg(call, 2) && i < LIMIT; i++)
		if (win32_u8(call->w, arg(call, 0) + i) == (arg(call, 1) & 0xff))
			return arg(call, 0) + i;
	return 0;
}

static uint32_t strlen_model(struct call *call)
{
	return length_of(call->w, arg(call, 0), is_wide(call));
}

static uint32_t copy_string(struct call *call, uint32_t to, uint32_t from, uint32_t limit, bool pad,
			    bool terminate)
{
	bool wide = is_wide(call);
	uint32_t i = 0, value = 1;

	for (; i < limit && i < LIMIT; i++) {
		value = get(call->w, from, i, wide);
		if (!set(call->w, to, i, value, wide) || !value)
			break;
	}
	for (; pad && i < limit && i < LIMIT; i++)
		set(call->w, to, i, 0, wide);
	if (terminate && value && i == limit)
		set(call->w, to, i, 0, wide);
	return to;
}

static uint32_t strcpy_model(struct call *call)
{
	return copy_string(call, arg(call, 0), arg(call, 1), LIMIT, false, false);
}

static uint32_t strncpy_model(struct call *call)
{
	return copy_string(call, arg(call, 0), arg(call, 1), arg(call, 2), true, false);
}

static uint32_t strcat_model(struct call *call)
{
	uint32_t at = length_of(call->w, arg(call, 0), is_wide(call)) * (is_wide(call) ? 2 : 1);

	copy_string(call, arg(call, 0) + at, arg(call, 1), LIMIT, false, false);
	return arg(call, 0);
}

static uint32_t strncat_model(struct call *call)
{
	uint32_t at = length_of(call->w, arg(call, 0), is_wide(call)) * (is_wide(call) ? 2 : 1);

	copy_string(call, arg(call, 0) + at, arg(call, 1), arg(call, 2), false, true);
	return arg(call, 0);
}

static uint32_t compare(struct call *call, uint32_t limit, bool folded)
{
	bool wide = is_wide(call);

	for (uint32_t i = 0; i < limit && i < LIMIT; i++) {
		uint32_t a = get(call->w, arg(call, 0), i, wide),
			 b = get(call->w, arg(call, 1), i, wide);
		if (folded) {
			a = fold(a);
			b = fold(b);
		}
		if (a != b)
			return a < b ? UINT32_MAX : 1;
		if (!a)
			break;
	}
	return 0;
}

static uint32_t strcmp_model(struct call *call)
{
	return compare(call, LIMIT, false);
}

static uint32_t strncmp_model(struct call *call)
{
	return compare(call, arg(call, 2), false);
}

static uint32_t stricmp_model(struct call *call)
{
	return compare(call, LIMIT, true);
}

static uint32_t strnicmp_model(struct call *call)
{
	return compare(call, arg(call, 2), true);
}

static uint32_t strchr_model(struct call *call)
{
	bool wide = is_wide(call);
	uint32_t wanted = wide ? arg(call, 1) & 0xffff : arg(call, 1) & 0xff;

	for (uint32_t i = 0; i < LIMIT; i++) {
		uint32_t value = get(call->w, arg(call, 0), i, wide);
		if (value == wanted)
			return arg(call, 0) + i * (wide ? 2 : 1);
		if (!value)
			break;
	}
	return 0;
}

static uint32_t strrchr_model(struct call *call)
{
	bool wide = is_wide(call);
	uint32_t wanted = wide ? arg(call, 1) & 0xffff : arg(call, 1) & 0xff, found = 0;

	for (uint32_t i = 0; i < LIMIT; i++) {
		uint32_t value = get(call->w, arg(call, 0), i, wide);
		if (value == wanted)
			found = arg(call, 0) + i * (wide ? 2 : 1);
		if (!value)
			break;
	}
	return found;
}

static uint32_t strstr_model(struct call *call)
{
	bool wide = is_wide(call);
	uint32_t text = arg(call, 0), needle = arg(call, 1);
	uint32_t length = length_of(call->w, text, wide), wanted = length_of(call->w, needle, wide);

	for (uint32_t i = 0; wanted <= length && i <= length - wanted; i++) {
		uint32_t k = 0;
		while (k < wanted &&
		       get(call->w, text, i + k, wide) == get(call->w, needle, k, wide))
			k++;
		if (k == wanted)
			return text + i * (wide ? 2 : 1);
	}
	return 0;
}

static bool in_set(struct win32 *w, uint32_t set_at, uint32_t value, bool wide)
{
	for (uint32_t i = 0; i < LIMIT; i++) {
		uint32_t member = get(w, set_at, i, wide);
		if (!member)
			return false;
		if (member == value)
			return true;
	}
	return false;
}

static uint32_t span(struct call *call, bool inside)
{
	bool wide = is_wide(call);
	uint32_t i = 0, value;

	while (i < LIMIT && (value = get(call->w, arg(call, 0), i, wide)) &&
	       in_set(call->w, arg(call, 1), value, wide) == inside)
		i++;
	return i;
}

static uint32_t strspn_model(struct call *call)
{
	return span(call, true);
}

static uint32_t strcspn_model(struct call *call)
{
	return span(call, false);
}

static uint32_t strpbrk_model(struct call *call)
{
	uint32_t i = span(call, false), unit = is_wide(call) ? 2 : 1;
	return get(call->w, arg(call, 0), i, is_wide(call)) ? arg(call, 0) + unit * i : 0;
}

static uint32_t strtok_model(struct call *call)
{
	struct win32_msvcrt *c = win32_msvcrt(call->w);
	bool wide = is_wide(call);
	uint32_t unit = wide ? 2 : 1, value, at = arg(call, 0);

	if (!c)
		return 0;
	if (!at)
		at = c->token;
	if (!at)
		return 0;
	while ((value = get(call->w, at, 0, wide)) && in_set(call->w, arg(call, 1), value, wide))
		at += unit;
	if (!value) {
		c->token = 0;
		return 0;
	}
	uint32_t end = at;
	while ((value = get(call->w, end, 0, wide)) && !in_set(call->w, arg(call, 1), value, wide))
		end += unit;
	c->token = value ? end + unit : 0;
	set(call->w, end, 0, 0, wide);
	return at;
}

static uint32_t change_case(struct call *call, bool lower)
{
	bool wide = is_wide(call);

	for (uint32_t i = 0; i < LIMIT; i++) {
		uint32_t value = get(call->w, arg(call, 0), i, wide);
		if (!value)
			break;
		if (value < 128)
			set(call->w, arg(call, 0), i,
			    (uint32_t)(lower ? tolower((int)value) : toupper((int)value)), wide);
	}
	return arg(call, 0);
}

static uint32_t strlwr_model(struct call *call)
{
	return change_case(call, true);
}

static uint32_t strupr_model(struct call *call)
{
	return change_case(call, false);
}

static uint32_t strrev_model(struct call *call)
{
	bool wide = is_wide(call);
	uint32_t at = arg(call, 0), length = length_of(call->w, at, wide);

	for (uint32_t i = 0; i < length / 2; i++) {
		uint32_t a = get(call->w, at, i, wide), b = get(call->w, at, length - 1 - i, wide);
		set(call->w, at, i, b, wide);
		set(call->w, at, length - 1 - i, a, wide);
	}
	return at;
}

static uint32_t strdup_model(struct call *call)
{
	bool wide = is_wide(call);
	uint32_t size = (length_of(call->w, arg(call, 0), wide) + 1) * (wide ? 2 : 1);
	uint32_t block = win32_heap_take(call->w, size);

	return block ? copy_bytes(call->w, block, arg(call, 0), size) : 0;
}

static uint32_t strset_model(struct call *call)
{
	win32_fill(call->w, arg(call, 0), (uint8_t)arg(call, 1),
		   length_of(call->w, arg(call, 0), false));
	return arg(call, 0);
}

const struct api_model win32_msvcrt_text_models[] = {
	API_CDECL("memcpy", memcpy_model),	API_CDECL("memmove", memcpy_model),
	API_CDECL("memset", memset_model),	API_CDECL("memcmp", memcmp_model),
	API_CDECL("_memicmp", memcmp_model),	API_CDECL("memchr", memchr_model),
	API_CDECL("strlen", strlen_model),	API_CDECL("wcslen", strlen_model),
	API_CDECL("strcpy", strcpy_model),	API_CDECL("wcscpy", strcpy_model),
	API_CDECL("strncpy", strncpy_model),	API_CDECL("wcsncpy", strncpy_model),
	API_CDECL("strcat", strcat_model),	API_CDECL("wcscat", strcat_model),
	API_CDECL("strncat", strncat_model),	API_CDECL("wcsncat", strncat_model),
	API_CDECL("strcmp", strcmp_model),	API_CDECL("wcscmp", strcmp_model),
	API_CDECL("strcoll", strcmp_model),	API_CDECL("strncmp", strncmp_model),
	API_CDECL("wcsncmp", strncmp_model),	API_CDECL("_stricmp", stricmp_model),
	API_CDECL("_strcmpi", stricmp_model),	API_CDECL("_wcsicmp", stricmp_model),
	API_CDECL("_strnicmp", strnicmp_model), API_CDECL("_wcsnicmp", strnicmp_model),
	API_CDECL("strchr", strchr_model),	API_CDECL("wcschr", strchr_model),
	API_CDECL("strrchr", strrchr_model),	API_CDECL("wcsrchr", strrchr_model),
	API_CDECL("strstr", strstr_model),	API_CDECL("wcsstr", strstr_model),
	API_CDECL("strspn", strspn_model),	API_CDECL("wcsspn", strspn_model),
	API_CDECL("strcspn", strcspn_model),	API_CDECL("wcscspn", strcspn_model),
	API_CDECL("strpbrk", strpbrk_model),	API_CDECL("wcspbrk", strpbrk_model),
	API_CDECL("strtok", strtok_model),	API_CDECL("wcstok", strtok_model),
	API_CDECL("_strlwr", strlwr_model),	API_CDECL("_wcslwr", strlwr_model),
	API_CDECL("_strupr", strupr_model),	API_CDECL("_wcsupr", strupr_model),
	API_CDECL("_strrev", strrev_model),	API_CDECL("_wcsrev", strrev_model),
	API_CDECL("_strdup", strdup_model),	API_CDECL("_wcsdup", strdup_model),
	API_CDECL("_strset", strset_model),	API_END,
};
