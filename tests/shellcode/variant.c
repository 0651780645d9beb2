#include "variant.h"

#include <stdio.h>
#include <string.h>

#include "encoder.h"

enum { PARAMETER_SETS = 4, ENCODERS = 64 };

static const struct payload {
	const char *name;
	bool wide;
} payloads[] = {
	{ "freebsd_execve", false },	{ "freebsd_reverse", false },
	{ "linux64_bind", true },	{ "linux64_execve", true },
	{ "linux64_read", true },	{ "linux64_reverse", true },
	{ "linux_append", false },	{ "linux_arguments", false },
	{ "linux_bind", false },	{ "linux_chmod", false },
	{ "linux_command", false },	{ "linux_create", false },
	{ "linux_egg", false },		{ "linux_execve", false },
	{ "linux_execve_call", false }, { "linux_identity", false },
	{ "linux_kill", false },	{ "linux_read", false },
	{ "linux_reverse", false },	{ "linux_stage", false },
	{ "linux_unlink", false },	{ "solaris_execve", false },
	{ "windows64_exec", true },	{ "windows64_sum", true },
	{ "windows_bind", false },	{ "windows_download", false },
	{ "windows_exec", false },	{ "windows_exec_name", false },
	{ "windows_exec_rol", false },	{ "windows_exec_sum", false },
	{ "windows_reverse", false },	{ "windows_write", false },
};

const char *variant_payload(unsigned index)
{
	return index < sizeof payloads / sizeof payloads[0] ? payloads[index].name : NULL;
}

/* For variant 0 the first encoder of that width, which leaves the payload as it is; for others one
 * of the rest, every payload beginning elsewhere. */
static const struct encoder *encoder_of(unsigned payload, unsigned number)
{
	const struct encoder *fitting[ENCODERS], *encoder;
	unsigned count = 0;

	for (unsigned i = 0; (encoder = encoder_at(i)) && count < ENCODERS; i++)
		if (encoder->wide == payloads[payload].wide)
			fitting[count++] = encoder;
	return number == 0 ? fitting[0] : fitting[1 + (number - 1 + 5 * payload) % (count - 1)];
}

/* What lies behind a code in a request: text, or the rest of an overlong field. */
static void trail(struct buffer *into, struct random *random)
{
	static const char text[] = " and the rest of the request follows here\r\n\r\n";
	unsigned length = 8 + random_below(random, 64), form = random_below(random, 3);

	for (unsigned i = 0; i < length; i++) {
		uint8_t byte = form == 0   ? (uint8_t)text[i % (sizeof text - 1)]
			       : form == 1 ? (uint8_t)random_u32(random)
					   : 0x41;
		buffer_append(into, &byte, 1);
	}
}

int variant_make(const char *folder, unsigned payload, unsigned number, struct buffer *into,
		 struct variant *variant, struct error *error)
{
	const struct payload *made = &payloads[payload];
	const struct encoder *encoder = encoder_of(payload, number);
	struct random random;
	struct buffer code;
	char path[1200];
	int result;

	random_init(&random, 20261123, payload * 4096 + number);
	*variant = (struct variant){ made->name, encoder->name, number % PARAMETER_SETS,
				     number / 2 % 2 == 1, number / 4 % 2 == 1 };
	snprintf(path, sizeof path, "%s/kind_%s_%u.bin", folder, made->name, variant->parameters);
	result = file_read(path, 1 << 16, &code, error);
	if (result < 0)
		return result;
	if (variant->slide)
		encoder_slide(into, made->wide, &random);
	encoder->encode(into, buffer_bytes(&code), &random);
	if (variant->trail)
		trail(into, &random);
	buffer_fini(&code);
	return 0;
}
