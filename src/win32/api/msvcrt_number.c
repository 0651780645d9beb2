/* msvcrt: numbers and classes of characters, and text made from them or read into them: strtol,
 * isalpha, sprintf, sscanf. What is locale-dependent follows the C locale: ASCII alone has classes.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/api/models.h"
#include "win32/api/msvcrt.h"

/* --- numbers --- */

static uint32_t atoi_model(struct call *call)
{
	const char *name = call->slot->name;
	const char *text = text_at(call->w, arg(call, 0), name[0] == '_' && name[1] == 'w');
	long long value = strtoll(text, NULL, 10);

	if (strstr(name, "i64")) {
		call->high = (uint32_t)((uint64_t)value >> 32);
		call->has_high = true;
	}
	return (uint32_t)value;
}

static uint32_t strtol_model(struct call *call)
{
	bool wide = strstr(call->slot->name, "wcs") != NULL;
	const char *text = text_at(call->w, arg(call, 0), wide);
	char *end;
	int base = (int)arg(call, 2);

	if (base < 0 || base == 1 || base > 36)
		return 0;
	long long value = strtoll(text, &end, base);
	if (arg(call, 1))
		win32_put_u32(call->w, arg(call, 1),
			      arg(call, 0) + (uint32_t)(end - text) * (wide ? 2 : 1));
	if (strstr(call->slot->name, "ul"))
		return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
	return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? 0x80000000u : (uint32_t)value;
}

static uint32_t itoa_model(struct call *call)
{
	const char *name = call->slot->name;
	bool wide = strstr(name, "tow") != NULL;
	uint32_t value = arg(call, 0), base = arg(call, 2);
	char digits[40], text[42];
	size_t count = 0, out = 0;
	bool negative = base == 10 && (int32_t)value < 0 && !strstr(name, "ul");

	if (base < 2 || base > 36)
		return 0;
	if (negative)
		value = 0 - value;
	do {
		digits[count++] = "0123456789abcdefghijklmnopqrstuvwxyz"[value % base];
		value /= base;
	} while (value);
	if (negative)
		text[out++] = '-';
	while (count)
		text[out++] = digits[--count];
	text[out] = 0;
	text_put(call->w, arg(call, 1), sizeof text, text, wide);
	return arg(call, 1);
}

static uint32_t ctype_model(struct call *call)
{
	const char *name = call->slot->name;
	uint32_t value = arg(call, 0);
	int c = (int)value;

	if (strncmp(name, "isw", 3) == 0)
		name++; /* the same for wide ASCII */
	name += 2;
	if (value > 127)
		return 0;
	if (strstr(name, "alnum"))
		return isalnum(c) != 0;
	if (strstr(name, "alpha"))
		return isalpha(c) != 0;
	if (strstr(name, "xdigit"))
		return isxdigit(c) != 0;
	if (strstr(name, "digit"))
		return isdigit(c) != 0;
	if (strstr(name, "space"))
		return isspace(c) != 0;
	if (strstr(name, "upper"))
		return isupper(c) != 0;
	if (strstr(name, "lower"))
		return islower(c) != 0;
	if (strstr(name, "punct"))
		return ispunct(c) != 0;
	if (strstr(name, "print"))
		return isprint(c) != 0;
	return iscntrl(c) != 0;
}

static uint32_t to_case(struct call *call)
{
	uint32_t value = arg(call, 0);

	if (value > 127)
		return value;
	return (uint32_t)(strstr(call->slot->name, "lower") ? tolower((int)value)
							    : toupper((int)value));
}

static uint32_t mbstowcs_model(struct call *call)
{
	const char *text = text_at(call->w, arg(call, 1), false);
	return arg(call, 0) ? text_put(call->w, arg(call, 0), arg(call, 2), text, true)
			    : text_length(text);
}

static uint32_t wcstombs_model(struct call *call)
{
	const char *text = text_at(call->w, arg(call, 1), true);
	return arg(call, 0) ? text_put(call->w, arg(call, 0), arg(call, 2), text, false)
			    : text_length(text);
}

/* --- sprintf and relatives: where the buffer, its size, the format and the arguments are --- */

static uint32_t print_to(struct call *call, uint32_t to, uint32_t capacity, uint32_t format,
			 uint32_t arguments, bool wide)
{
	struct buffer out;

	buffer_init(&out, 1u << 20);
	win32_format(call->w, text_at(call->w, format, wide), arguments, wide, &out);
	uint32_t length = text_length(buffer_text(&out));
	if (to && capacity)
		text_put(call->w, to, capacity, buffer_text(&out), wide);
	buffer_fini(&out);
	return capacity != UINT32_MAX && length >= capacity ? UINT32_MAX : length;
}

static uint32_t sprintf_model(struct call *call)
{
	return print_to(call, arg(call, 0), UINT32_MAX, arg(call, 1), call->stack + 8,
			call->slot->name[1] == 'w');
}

static uint32_t snprintf_model(struct call *call)
{
	return print_to(call, arg(call, 0), arg(call, 1), arg(call, 2), call->stack + 12,
			strstr(call->slot->name, "wprintf") != NULL);
}

static uint32_t vsprintf_model(struct call *call)
{
	return print_to(call, arg(call, 0), UINT32_MAX, arg(call, 1), arg(call, 2),
			strstr(call->slot->name, "wprintf") != NULL);
}

static uint32_t vsnprintf_model(struct call *call)
{
	return print_to(call, arg(call, 0), arg(call, 1), arg(call, 2), arg(call, 3),
			strstr(call->slot->name, "wprintf") != NULL);
}

/* --- sscanf --- */

static const char *scan_set(const char *format, const char **text, char *out, int width)
{
	bool inverted = *format == '^';
	const char *start = format + inverted, *end = strchr(start + (*start == ']'), ']');
	int count = 0;

	if (!end)
		return format + strlen(format);
	while (**text && count < width) {
		bool inside = false;
		for (const char *at = start; at < end; at++) {
			if (at[1] == '-' && at + 2 < end) {
				inside |= **text >= at[0] && **text <= at[2];
				at += 2;
			} else {
				inside |= **text == *at;
			}
		}
		if (inside == inverted)
			break;
		out[count++] = *(*text)++;
	}
	out[count] = 0;
	return end + 1;
}

static bool scan_number(const char **text, char kind, int width, long long *value)
{
	char digits[64], *end;

	snprintf(digits, sizeof digits, "%.*s", width < 63 ? width : 63, *text);
	*value = strtoll(digits, &end,
			 kind == 'x' || kind == 'X' ? 16
			 : kind == 'o'		    ? 8
			 : kind == 'i'		    ? 0
						    : 10);
	*text += end - digits;
	return end != digits;
}

static uint32_t sscanf_model(struct call *call)
{
	struct win32 *w = call->w;
	const char *start = text_at(w, arg(call, 0), false), *text = start;
	const char *format = text_at(w, arg(call, 1), false);
	uint32_t arguments = call->stack + 8, done = 0;
	char *out = win32_scratch(w, 16385);

	while (*format) {
		if (isspace((unsigned char)*format)) {
			while (isspace((unsigned char)*text))
				text++;
			format++;
			continue;
		}
		if (*format != '%' || format[1] == '%') {
			format += *format == '%';
			if (*text++ != *format++)
				return done;
			continue;
		}
		format++;
		bool skip = *format == '*';
		format += skip;
		int width = 0, size = 4;
		for (; *format >= '0' && *format <= '9' && width < 16384; format++)
			width = 10 * width + (*format - '0');
		if (width <= 0 || width > 16384)
			width = 16384;
		for (; *format == 'h' || *format == 'l' || *format == 'L'; format++)
			size = *format == 'h' ? size / 2 : size;
		char kind = *format++;
		if (kind == 'n') {
			win32_put_u32(w, win32_u32(w, arguments), (uint32_t)(text - start));
			arguments += 4;
			continue;
		}
		if (kind != 'c' && kind != '[')
			while (isspace((unsigned char)*text))
				text++;
		if (!*text)
			return done ? done : UINT32_MAX;
		uint32_t to = skip ? 0 : win32_u32(w, arguments);
		arguments += skip ? 0 : 4;
		if (kind == 's' || kind == '[' || kind == 'c') {
			size_t count = 0;
			if (kind == '[')
				format = scan_set(format, &text, out, width);
			else if (kind == 'c')
				out[count++] = *text++;
			else
				while (*text && !isspace((unsigned char)*text) &&
				       count < (size_t)width)
					out[count++] = *text++;
			if (kind != '[')
				out[count] = 0;
			if (!*out)
				return done;
			if (!skip && kind == 'c')
				win32_put_u8(w, to, (uint8_t)out[0]);
			else if (!skip)
				text_put(w, to, UINT32_MAX, out, false);
		} else {
			long long value;
			if (!scan_number(&text, kind, width, &value))
				return done;
			if (!skip && size == 4)
				win32_put_u32(w, to, (uint32_t)value);
			else if (!skip && size == 2)
				win32_put_u16(w, to, (uint32_t)value);
			else if (!skip)
				win32_put_u8(w, to, (uint32_t)value);
		}
		done += !skip;
	}
	return done;
}

const struct api_model win32_msvcrt_number_models[] = {
	API_CDECL("atoi", atoi_model),
	API_CDECL("atol", atoi_model),
	API_CDECL("_atoi64", atoi_model),
	API_CDECL("_wtoi", atoi_model),
	API_CDECL("_wtol", atoi_model),
	API_CDECL("strtol", strtol_model),
	API_CDECL("strtoul", strtol_model),
	API_CDECL("wcstol", strtol_model),
	API_CDECL("wcstoul", strtol_model),
	API_CDECL("_itoa", itoa_model),
	API_CDECL("_ltoa", itoa_model),
	API_CDECL("_ultoa", itoa_model),
	API_CDECL("_itow", itoa_model),
	API_CDECL("_ltow", itoa_model),
	API_CDECL("isalnum", ctype_model),
	API_CDECL("isalpha", ctype_model),
	API_CDECL("isdigit", ctype_model),
	API_CDECL("isxdigit", ctype_model),
	API_CDECL("isspace", ctype_model),
	API_CDECL("isupper", ctype_model),
	API_CDECL("islower", ctype_model),
	API_CDECL("ispunct", ctype_model),
	API_CDECL("isprint", ctype_model),
	API_CDECL("iscntrl", ctype_model),
	API_CDECL("iswalnum", ctype_model),
	API_CDECL("iswalpha", ctype_model),
	API_CDECL("iswdigit", ctype_model),
	API_CDECL("iswspace", ctype_model),
	API_CDECL("tolower", to_case),
	API_CDECL("toupper", to_case),
	API_CDECL("_tolower", to_case),
	API_CDECL("_toupper", to_case),
	API_CDECL("towlower", to_case),
	API_CDECL("towupper", to_case),
	API_CDECL("mbstowcs", mbstowcs_model),
	API_CDECL("wcstombs", wcstombs_model),
	API_CDECL("sprintf", sprintf_model),
	API_CDECL("_snprintf", snprintf_model),
	API_CDECL("_snwprintf", snprintf_model),
	API_CDECL("vsprintf", vsprintf_model),
	API_CDECL("_vsnprintf", vsnprintf_model),
	API_CDECL("_vsnwprintf", vsnprintf_model),
	API_CDECL("swprintf", sprintf_model),
	API_CDECL("_swprintf", sprintf_model),
	API_CDECL("sscanf", sscanf_model),
	API_END,
};
