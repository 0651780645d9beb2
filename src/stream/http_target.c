/* Which vulnerability a request of HTTP is aimed at, by data/targets.yaml.
 *
 * Rows ask for texts in the request's target (as it was sent, and with its escapes taken off once)
 * and in the value of a field. Letters are equal whatever their case. Of a target and of a value
 * the first 2,048 bytes are looked at. */
#include "stream/http.h"
#include "stream/targets.h"

#include <string.h>

#define LOOKED_AT 2048u

/* A text as rows are compared with it: at most LOOKED_AT bytes in small letters. */
struct folded {
	uint8_t data[LOOKED_AT];
	size_t length;
};

static void fold_byte(struct folded *folded, uint8_t byte)
{
	folded->data[folded->length++] = byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

static void fold(struct bytes text, struct folded *folded)
{
	folded->length = 0;
	for (size_t i = 0; i < text.length && folded->length < LOOKED_AT; i++)
		fold_byte(folded, text.data[i]);
}

/* The same without percent escapes (RFC 3986, section 2.1); what is none stays. */
static void fold_decoded(struct bytes text, struct folded *folded)
{
	folded->length = 0;
	for (size_t i = 0; i < text.length && folded->length < LOOKED_AT; i++) {
		int high = -1, low = -1;
		if (text.data[i] == '%' && i + 2 < text.length) {
			high = http_digit(text.data[i + 1]);
			low = http_digit(text.data[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			fold_byte(folded, (uint8_t)(high << 4 | low));
			i += 2;
		} else {
			fold_byte(folded, text.data[i]);
		}
	}
}

static struct bytes bytes_in(const struct folded *folded)
{
	return (struct bytes){ folded->data, folded->length };
}

/* All of them, wherever they stand. */
static bool contains(struct bytes text, char *const *texts, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (bytes_find(text, bytes_of(texts[i]), 0) == SIZE_MAX)
			return false;
	return true;
}

static bool path_ends(struct bytes target, const char *end)
{
	size_t length = strlen(end);
	size_t path = bytes_find(target, bytes_of("?"), 0);

	if (path == SIZE_MAX)
		path = target.length;
	return path >= length && bytes_equal_text(bytes_slice(target, path - length, length), end);
}

static bool target_fits(const struct target_request *row, struct bytes target)
{
	return (!row->begins || bytes_start_with(target, row->begins)) &&
	       (!row->ends || path_ends(target, row->ends)) &&
	       contains(target, row->contains, row->contains_count);
}

/* The row's length limits, its method and its target; not its field. */
static bool request_fits(const struct target_request *row, const struct http_message *message,
			 const struct folded forms[2])
{
	size_t query = bytes_find(message->target, bytes_of("?"), 0);
	size_t behind = query == SIZE_MAX ? 0 : message->target.length - query - 1;

	return (!row->method || bytes_equal_text(message->method, row->method)) &&
	       behind >= row->query_over && message->target.length >= row->target_over &&
	       (target_fits(row, bytes_in(&forms[0])) || target_fits(row, bytes_in(&forms[1])));
}

static bool field_fits(const struct target_request *row, struct bytes name, struct bytes value,
		       struct bytes folded)
{
	return (strcmp(row->field, "*") == 0 || text_equal_ignoring_case(name, row->field)) &&
	       value.length >= row->value_over &&
	       (!row->value_begins || bytes_start_with(folded, row->value_begins)) &&
	       contains(folded, row->value, row->value_count);
}

/* `field`: its data is NULL where rows are meant that ask for none. */
static void name_target(struct describer *describer, const struct http_message *message,
			struct bytes field, struct bytes value)
{
	const struct targets *targets = targets_get(NULL);
	struct folded forms[2], folded_value;
	bool folded = false;

	fold(value, &folded_value);
	for (unsigned i = 0; targets && i < targets->http_count; i++) {
		const struct target_request *row = &targets->http[i];
		if (!row->field != !field.data)
			continue;
		if (row->field && !field_fits(row, field, value, bytes_in(&folded_value)))
			continue;
		if (!folded) {
			fold(message->target, &forms[0]);
			fold_decoded(message->target, &forms[1]);
			folded = true;
		}
		if (!request_fits(row, message, forms))
			continue;
		describe_target(describer, row->vulnerability);
		return;
	}
}

void http_target_of_request(struct describer *describer, const struct http_message *message)
{
	name_target(describer, message, (struct bytes){ 0 }, (struct bytes){ 0 });
}

void http_target_of_field(struct describer *describer, const struct http_message *message,
			  struct bytes name, struct bytes value)
{
	name_target(describer, message, name, value);
}
