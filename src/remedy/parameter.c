#include "remedy/parameter.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[PARAMETER_TYPE_COUNT] = {
#define PARAMETER_NAME(id, name, meaning) name,
	PARAMETER_TYPES(PARAMETER_NAME)
#undef PARAMETER_NAME
};

int parameter_type_find(const char *name)
{
	for (int i = 0; i < PARAMETER_TYPE_COUNT; i++)
		if (strcmp(type_names[i], name) == 0)
			return i;
	return ERROR_INPUT;
}

const char *parameter_type_name(enum parameter_type type)
{
	return type_names[type];
}

static bool is_plain(uint8_t c)
{
	return c > ' ' && c < 127;
}

/* Bytes that a value of a type may consist of. */
static bool belongs(enum parameter_type type, uint8_t c)
{
	bool digit = c >= '0' && c <= '9';
	uint8_t low = (uint8_t)(c | 0x20);
	bool letter = low >= 'a' && low <= 'z';

	switch (type) {
	case PARAMETER_ADDRESS: return digit || (low >= 'a' && low <= 'f') || c == '.' || c == ':';
	case PARAMETER_PORT:
	case PARAMETER_NUMBER: return digit;
	case PARAMETER_PROTO: return letter;
	case PARAMETER_HOST: return digit || letter || c == '.' || c == '-' || c == '_';
	case PARAMETER_BULLETIN: return digit || letter || c == '-';
	case PARAMETER_HASH: return digit || (low >= 'a' && low <= 'f');
	case PARAMETER_FILE: return digit || letter || c == '.' || c == '-' || c == '_';
	case PARAMETER_KEY: return c >= ' ' && c < 127 && !strchr("\"[]*?%", c);
	case PARAMETER_WORD: return is_plain(c) && !strchr("\"'`<>|&;$(){}\\", c);
	case PARAMETER_URL: return is_plain(c) && !strchr("\"'`<>|{}\\", c);
	default: return c != 0;
	}
}

size_t parameter_span(enum parameter_type type, struct bytes text)
{
	size_t length = 0;
	while (length < text.length && belongs(type, text.data[length]))
		length++;
	return length;
}

/* The unspecified address and the broadcast address stand for no host; a rule with them would say
 * something else than it means. */
static bool canonical_address(const char *value, char text[PARAMETER_SIZE])
{
	struct address address;
	static const struct address none4 = { .family = 4 }, none6 = { .family = 6 };

	if (address_parse(value, &address) < 0 || address_equal(&address, &none4) ||
	    address_equal(&address, &none6) || address_to_v4(&address) == UINT32_MAX)
		return false;
	address_text(&address, text);
	return true;
}

static bool canonical_number(const char *value, uint64_t least, uint64_t most,
			     char text[PARAMETER_SIZE])
{
	uint64_t number = 0;

	if (!*value || strlen(value) > 18)
		return false;
	for (const char *c = value; *c; c++) {
		if (*c < '0' || *c > '9')
			return false;
		number = number * 10 + (uint64_t)(*c - '0');
	}
	snprintf(text, PARAMETER_SIZE, "%llu", (unsigned long long)number);
	return number >= least && number <= most;
}

static bool canonical_host(const char *value, char text[PARAMETER_SIZE])
{
	size_t length = strlen(value), label = 0, labels = 1;
	bool letters = false;

	if (length && value[length - 1] == '.')
		length--;
	if (length == 0 || length > 253)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = (char)tolower((unsigned char)value[i]);
		bool edge = label == 0 || i + 1 == length || value[i + 1] == '.';
		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
			labels++;
		} else if (!belongs(PARAMETER_HOST, (uint8_t)c) || (c == '-' && edge) ||
			   ++label > 63) {
			return false;
		}
		letters |= c >= 'a' && c <= 'z';
		text[i] = c;
	}
	text[length] = 0;
	return label > 0 && labels > 1 && letters;
}

static bool canonical_bulletin(const char *value, char text[PARAMETER_SIZE])
{
	static const char *const shapes[] = { "MS##-###", "CVE-####-####", "CVE-####-#####",
					      "CVE-####-######", NULL };
	size_t length = strlen(value);

	for (size_t s = 0; shapes[s]; s++) {
		size_t i = 0;
		if (strlen(shapes[s]) != length)
			continue;
		for (; i < length; i++) {
			char c = (char)toupper((unsigned char)value[i]);
			if (shapes[s][i] == '#' ? !(c >= '0' && c <= '9') : c != shapes[s][i])
				break;
			text[i] = c;
		}
		text[i] = 0;
		if (i == length)
			return true;
	}
	return false;
}

static bool canonical_proto(const char *value, char text[PARAMETER_SIZE])
{
	bool tcp = strcasecmp(value, "tcp") == 0 || strcmp(value, "6") == 0;
	bool udp = strcasecmp(value, "udp") == 0 || strcmp(value, "17") == 0;

	snprintf(text, PARAMETER_SIZE, "%s", tcp ? "tcp" : "udp");
	return tcp || udp;
}

static bool canonical_text(enum parameter_type type, const char *value, char text[PARAMETER_SIZE])
{
	size_t length = strlen(value);

	if (length == 0 || length >= PARAMETER_SIZE ||
	    parameter_span(type, bytes_of(value)) != length)
		return false;
	memcpy(text, value, length + 1);
	if (type != PARAMETER_URL)
		return true;
	const char *host = strstr(value, "://");
	return host && host != value && host[3] && host[3] != '/';
}

static bool canonical_hash(const char *value, char text[PARAMETER_SIZE])
{
	size_t length = strlen(value);

	if ((length != 32 && length != 40 && length != 64) ||
	    parameter_span(PARAMETER_HASH, bytes_of(value)) != length)
		return false;
	for (size_t i = 0; i <= length; i++)
		text[i] = (char)tolower((unsigned char)value[i]);
	return true;
}

static bool canonical_file(const char *value, char text[PARAMETER_SIZE])
{
	static const char *const endings[] = { ".exe", ".scr", ".pif", ".com", ".bat",
					       ".cmd", ".dll", ".sys", ".vbs", ".cpl" };
	size_t length = strlen(value);

	if (length < 5 || length > 128 || !isalnum((unsigned char)value[0]) ||
	    parameter_span(PARAMETER_FILE, bytes_of(value)) != length)
		return false;
	for (size_t i = 0; i <= length; i++)
		text[i] = (char)tolower((unsigned char)value[i]);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (strcmp(text + length - 4, endings[i]) == 0)
			return true;
	return false;
}

/* Roots as regedit writes them; a trace may have the short names. */
static bool canonical_key(const char *value, char text[PARAMETER_SIZE])
{
	static const struct {
		const char *shorter, *full;
	} roots[] = { { "HKLM", "HKEY_LOCAL_MACHINE" },
		      { "HKCU", "HKEY_CURRENT_USER" },
		      { "HKCR", "HKEY_CLASSES_ROOT" },
		      { "HKU", "HKEY_USERS" } };
	size_t root = strcspn(value, "\\"), length = strlen(value);

	if (length > 512 || root == length || !value[root + 1] || value[length - 1] == '\\' ||
	    parameter_span(PARAMETER_KEY, bytes_of(value)) != length)
		return false;
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
		if ((root == strlen(roots[i].shorter) &&
		     strncasecmp(value, roots[i].shorter, root) == 0) ||
		    (root == strlen(roots[i].full) &&
		     strncasecmp(value, roots[i].full, root) == 0)) {
			snprintf(text, PARAMETER_SIZE, "%s%s", roots[i].full, value + root);
			return true;
		}
	return false;
}

bool parameter_canonical(enum parameter_type type, const char *value, char text[PARAMETER_SIZE])
{
	switch (type) {
	case PARAMETER_ADDRESS: return canonical_address(value, text);
	case PARAMETER_PORT: return canonical_number(value, 1, 65535, text);
	case PARAMETER_NUMBER: return canonical_number(value, 0, UINT64_MAX, text);
	case PARAMETER_PROTO: return canonical_proto(value, text);
	case PARAMETER_HOST: return canonical_host(value, text);
	case PARAMETER_BULLETIN: return canonical_bulletin(value, text);
	case PARAMETER_HASH: return canonical_hash(value, text);
	case PARAMETER_FILE: return canonical_file(value, text);
	case PARAMETER_KEY: return canonical_key(value, text);
	default: return canonical_text(type, value, text);
	}
}

bool parameter_from_json(enum parameter_type type, const json_t *value, char text[PARAMETER_SIZE])
{
	char spelled[32];

	if (json_is_integer(value)) {
		snprintf(spelled, sizeof spelled, "%lld", (long long)json_integer_value(value));
		return parameter_canonical(type, spelled, text);
	}
	return json_is_string(value) && parameter_canonical(type, json_string_value(value), text);
}
