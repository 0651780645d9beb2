/* The stack machine that tests one event. Its code is verified, so it checks nothing again; its
 * cost is at most its length, times the length of the texts and sets that it compares.
 *
 * Values are texts or numbers. A number compared as a text is its decimal form; a text compared as
 * a number is the number that it spells in decimal, and never equal, less or greater when it spells
 * none. */
#include <stdio.h>
#include <string.h>

#include "policy/program.h"
#include "policy/text.h"

struct operand operand_of(const struct trace_event *event, unsigned field)
{
	switch (field) {
	case FIELD_TIME: return (struct operand){ .number = event->time };
	case FIELD_PROCESS: return (struct operand){ .number = event->process };
	case FIELD_CALLER: return (struct operand){ .number = event->caller };
	default: break;
	}
	const struct trace_value *value = &event->values[field];
	return (struct operand){ .text = value->text,
				 .length = value->text ? strlen(value->text) : 0,
				 .number = value->number };
}

static struct bytes text_of(const struct operand *operand, char spelled[24])
{
	if (operand->text)
		return (struct bytes){ (const uint8_t *)operand->text, operand->length };
	snprintf(spelled, 24, "%llu", (unsigned long long)operand->number);
	return bytes_of(spelled);
}

static bool number_of(const struct operand *operand, uint64_t *number)
{
	*number = operand->number;
	if (!operand->text)
		return true;
	*number = 0;
	for (size_t i = 0; i < operand->length; i++) {
		uint64_t digit = (uint64_t)(operand->text[i] - '0');
		if (operand->text[i] < '0' || digit > 9 || *number > (UINT64_MAX - digit) / 10)
			return false;
		*number = *number * 10 + digit;
	}
	return operand->length > 0;
}

static bool compare_texts(enum program_operation operation, const struct operand *a,
			  const struct operand *b)
{
	char a_spelled[24], b_spelled[24];
	struct bytes left = text_of(a, a_spelled), right = text_of(b, b_spelled);

	switch (operation) {
	case OPERATION_IS: return text_is(left, right);
	case OPERATION_CONTAINS: return text_contains(left, right);
	case OPERATION_STARTS: return text_starts(left, right);
	default: return text_ends(left, right);
	}
}

static bool compare_numbers(enum program_operation operation, const struct operand *a,
			    const struct operand *b)
{
	uint64_t left, right;

	if (!number_of(a, &left) || !number_of(b, &right))
		return false;
	switch (operation) {
	case OPERATION_EQUAL: return left == right;
	case OPERATION_LESS: return left < right;
	case OPERATION_LESS_EQUAL: return left <= right;
	case OPERATION_GREATER: return left > right;
	default: return left >= right;
	}
}

static bool in_list(const struct operand *value, const struct list *list)
{
	char spelled[24];
	struct bytes text = text_of(value, spelled);
	uint64_t number;
	bool is_number = number_of(value, &number);

	for (size_t i = 0; i < list->count; i++) {
		const struct list_item *item = &list->items[i];
		if (item->is_text ? text_like(text, &item->pattern)
				  : is_number && number >= item->low && number <= item->high)
			return true;
	}
	return false;
}

static bool inside(const struct operand *value, const struct prefix *prefix)
{
	struct address address;

	char text[ADDRESS_TEXT_SIZE];
	if (!value->text || value->length >= sizeof text)
		return false;
	memcpy(text, value->text, value->length);
	text[value->length] = 0;
	if (address_parse(text, &address) < 0 || address.family != prefix->address.family)
		return false;
	unsigned whole = prefix->bits / 8, rest = prefix->bits % 8;
	if (memcmp(address.bytes, prefix->address.bytes, whole) != 0)
		return false;
	return rest == 0 ||
	       (address.bytes[whole] ^ prefix->address.bytes[whole]) >> (8 - rest) == 0;
}

/* Parts of a Windows path; what has no separator is all name and no folder. */
static struct operand path_part(enum program_operation operation, struct operand path)
{
	if (!path.text)
		return path;
	size_t name = path.length;
	while (name && path.text[name - 1] != '\\' && path.text[name - 1] != '/')
		name--;
	if (operation == OPERATION_FOLDER) {
		path.length = name ? name - 1 : 0;
		return path;
	}
	path.text += name;
	path.length -= name;
	if (operation == OPERATION_FILE_NAME)
		return path;
	size_t dot = path.length;
	while (dot && path.text[dot - 1] != '.')
		dot--;
	if (dot == 0) /* no dot, no extension */
		dot = path.length;
	path.text += dot;
	path.length -= dot;
	return path;
}

/* The host of a URL, without user, port and the brackets of an IPv6 address; empty for what is no
 * URL. */
static struct operand host_part(struct operand url)
{
	const char *start = url.text ? strstr(url.text, "://") : NULL;

	if (!start)
		return (struct operand){ .text = "" };
	start += 3;
	size_t length = strcspn(start, "/?#\\");
	const char *user = memchr(start, '@', length);
	if (user) {
		length -= (size_t)(user + 1 - start);
		start = user + 1;
	}
	if (length && *start == '[') {
		length = strcspn(++start, "]/");
		return (struct operand){ .text = start, .length = length };
	}
	const char *port = memchr(start, ':', length);
	return (struct operand){ .text = start, .length = port ? (size_t)(port - start) : length };
}

static struct operand load(const struct program_view *view, enum program_operation operation,
			   size_t index)
{
	switch (operation) {
	case OPERATION_FIELD: return operand_of(view->event, (unsigned)index);
	case OPERATION_SLOT: return view->slots[index];
	case OPERATION_SELF: return view->self[index];
	case OPERATION_NUMBER: return (struct operand){ .number = view->set->numbers[index] };
	default:
		return (struct operand){ .text = view->set->texts[index],
					 .length = strlen(view->set->texts[index]) };
	}
}

bool program_test(const struct program_view *view, const struct pattern *pattern)
{
	const struct instruction *code = view->set->code + pattern->code;
	struct operand stack[PROGRAM_STACK + 1] = { 0 };
	struct operand *top = stack; /* stack[0] is never used: `top` is the last operand */
	bool truth = false;

	for (size_t at = 0; at < pattern->code_length; at++) {
		enum program_operation operation = (enum program_operation)code[at].operation;
		size_t index = code[at].index;
		switch (operation) {
		case OPERATION_FIELD:
		case OPERATION_SLOT:
		case OPERATION_SELF:
		case OPERATION_TEXT:
		case OPERATION_NUMBER: *++top = load(view, operation, index); continue;
		case OPERATION_FILE_NAME:
		case OPERATION_FOLDER:
		case OPERATION_EXTENSION: *top = path_part(operation, *top); continue;
		case OPERATION_HOST: *top = host_part(*top); continue;
		case OPERATION_IF_FALSE:
		case OPERATION_IF_TRUE:
			if ((operation == OPERATION_IF_TRUE) == (top->number != 0))
				at += index - 1;
			else
				top--;
			continue;
		case OPERATION_TRUE:
			truth = true;
			top++;
			break;
		case OPERATION_NOT: truth = top->number == 0; break;
		case OPERATION_IN: truth = in_list(top, &view->set->lists[index]); break;
		case OPERATION_INSIDE: truth = inside(top, &view->set->prefixes[index]); break;
		case OPERATION_IS:
		case OPERATION_CONTAINS:
		case OPERATION_STARTS:
		case OPERATION_ENDS:
			top--;
			truth = compare_texts(operation, top, top + 1);
			break;
		default:
			top--;
			truth = compare_numbers(operation, top, top + 1);
			break;
		}
		*top = (struct operand){ .number = truth };
	}
	return top->number != 0;
}
