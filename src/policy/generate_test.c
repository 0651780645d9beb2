#include "policy/generate_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_ITEMS 4096 /* of one set, with the sets that it contains */

static int too_large(const struct generator *generator)
{
	return error_set(generator->syntax->error, ERROR_LIMIT, NULL,
			 "the policies make more than 65,535 texts, numbers or sets, or more than "
			 "4,294,967,295 instructions");
}

static int emit(struct generator *generator, enum program_operation operation, size_t index)
{
	struct policy_set *set = generator->set;

	if (index > UINT16_MAX || set->code_length >= UINT32_MAX)
		return too_large(generator);
	struct instruction *code = generate_grow(set->code, set->code_length, sizeof *code);
	if (!code)
		return syntax_no_memory(generator->syntax);
	set->code = code;
	code[set->code_length++] = (struct instruction){ (uint16_t)operation, (uint16_t)index };
	return 0;
}

static int emit_text(struct generator *generator, const char *text)
{
	struct policy_set *set = generator->set;
	const char **texts = generate_grow(set->texts, set->text_count, sizeof *texts);

	if (!texts)
		return syntax_no_memory(generator->syntax);
	set->texts = texts;
	texts[set->text_count] = arena_copy(set->arena, bytes_of(text));
	if (!texts[set->text_count])
		return syntax_no_memory(generator->syntax);
	return emit(generator, OPERATION_TEXT, set->text_count++);
}

static int emit_number(struct generator *generator, uint64_t number)
{
	struct policy_set *set = generator->set;
	uint64_t *numbers = generate_grow(set->numbers, set->number_count, sizeof *numbers);

	if (!numbers)
		return syntax_no_memory(generator->syntax);
	set->numbers = numbers;
	numbers[set->number_count] = number;
	return emit(generator, OPERATION_NUMBER, set->number_count++);
}

/* --- references to the program itself and to earlier events --- */

static int emit_self(struct generator *generator, const struct value *value)
{
	static const char *const fields[] = { "path", "sha256", NULL };
	char hint[100];

	generator->pattern->needs_self = true;
	for (size_t i = 0; fields[i]; i++)
		if (strcmp(value->text, fields[i]) == 0)
			return emit(generator, OPERATION_SELF, i);
	return syntax_error(generator->syntax, &value->place,
			    "'self' has no '%.60s', expected 'self.path' or 'self.sha256'%s",
			    value->text, syntax_suggest(value->text, fields, hint, sizeof hint));
}

static int no_such_label(const struct generator *generator, const struct value *value)
{
	const char *labels[PROGRAM_STEPS + 2];
	char hint[100];
	size_t count = 0;

	for (size_t i = 0; i < generator->draft->step_count; i++)
		if (generator->draft->steps[i].label)
			labels[count++] = generator->draft->steps[i].label;
	labels[count++] = "self";
	labels[count] = NULL;
	return syntax_error(generator->syntax, &value->place, "no event is called '%.60s' here%s",
			    value->label, syntax_suggest(value->label, labels, hint, sizeof hint));
}

static int new_slot(struct generator *generator, size_t step, const struct value *value)
{
	struct alternative *alternative = generator->alternative;
	const struct step *source = &alternative->steps[step];
	size_t slot = alternative->slot_count;

	if (slot == PROGRAM_SLOTS)
		return syntax_error(generator->syntax, &value->place,
				    "more than %d values of earlier events are used",
				    PROGRAM_SLOTS);
	for (size_t i = 0; i < source->pattern_count; i++) {
		struct pattern *pattern = (struct pattern *)(uintptr_t)&source->patterns[i];
		int field = generate_field(generator->syntax, pattern->kind, value->text,
					   &value->place);
		if (field < 0)
			return field;
		pattern->capture[slot] = (int16_t)field;
	}
	generator->slots[slot].step = step;
	generator->slots[slot].field = value->text;
	return (int)alternative->slot_count++;
}

static int emit_reference(struct generator *generator, const struct value *value)
{
	const struct draft *draft = generator->draft;
	size_t step = 0, slot = 0;

	if (strcmp(value->label, "self") == 0)
		return emit_self(generator, value);
	while (step < draft->step_count &&
	       (!draft->steps[step].label || strcmp(draft->steps[step].label, value->label) != 0))
		step++;
	if (step == draft->step_count)
		return no_such_label(generator, value);
	if (!(generator->visible & 1u << step))
		return syntax_error(generator->syntax, &value->place,
				    "'%.60s' has not happened yet at this place; join the events "
				    "by 'then'",
				    value->label);
	while (slot < generator->alternative->slot_count &&
	       (generator->slots[slot].step != step ||
		strcmp(generator->slots[slot].field, value->text) != 0))
		slot++;
	if (slot == generator->alternative->slot_count) {
		int made = new_slot(generator, step, value);
		if (made < 0)
			return made;
	}
	generator->pattern->needs_steps |= (uint16_t)(1u << step);
	return emit(generator, OPERATION_SLOT, slot);
}

static int emit_value(struct generator *generator, const struct value *value)
{
	int result = 0;

	switch (value->kind) {
	case VALUE_FIELD:
		result = generate_field(generator->syntax, generator->pattern->kind, value->text,
					&value->place);
		if (result >= 0)
			result = emit(generator, OPERATION_FIELD, (size_t)result);
		break;
	case VALUE_REFERENCE: result = emit_reference(generator, value); break;
	case VALUE_TEXT: result = emit_text(generator, value->text); break;
	case VALUE_NUMBER: result = emit_number(generator, value->number); break;
	}
	if (result < 0 || !value->function)
		return result;
	if (strcmp(value->function, "file_name") == 0)
		return emit(generator, OPERATION_FILE_NAME, 0);
	if (strcmp(value->function, "host") == 0)
		return emit(generator, OPERATION_HOST, 0);
	return emit(generator,
		    strcmp(value->function, "folder") == 0 ? OPERATION_FOLDER : OPERATION_EXTENSION,
		    0);
}

/* --- sets and address prefixes --- */

static int add_items(struct generator *generator, const struct set_item *item,
		     struct list_item **items, size_t *count)
{
	const struct syntax *syntax = generator->syntax;

	for (int result; item; item = item->next) {
		if (item->set) {
			struct definition *set = syntax_find(syntax, item->set);
			if (!set || !set->set)
				return syntax_error(syntax, &item->place, "'%.60s' is not a set%s",
						    item->set, set ? " but a condition" : "");
			if (set->visiting)
				return syntax_error(syntax, &set->place,
						    "the set '%.60s' contains itself", set->name);
			set->visiting = true;
			result = add_items(generator, set->set, items, count);
			set->visiting = false;
			if (result < 0)
				return result;
			continue;
		}
		if (*count == LIST_ITEMS)
			return syntax_error(syntax, &item->place, "a set has at most %d items",
					    LIST_ITEMS);
		struct list_item *grown = generate_grow(*items, *count, sizeof *grown);
		if (!grown)
			return syntax_no_memory(syntax);
		*items = grown;
		struct list_item *made = &grown[(*count)++];
		*made = (struct list_item){ .low = item->low, .high = item->high };
		if (!item->text)
			continue;
		const char *text = arena_copy(generator->set->arena, bytes_of(item->text));
		if (!text)
			return syntax_no_memory(syntax);
		made->is_text = true;
		made->pattern = text_pattern_of(text);
	}
	return 0;
}

static int emit_in(struct generator *generator, const struct set_item *set_items)
{
	struct policy_set *set = generator->set;
	struct list_item *items = NULL;
	size_t count = 0;

	int result = add_items(generator, set_items, &items, &count);
	if (result == 0) {
		struct list_item *kept = arena_take(set->arena, count * sizeof *kept);
		struct list *lists = generate_grow(set->lists, set->list_count, sizeof *lists);
		if (lists)
			set->lists = lists;
		if (kept && lists && items) {
			memcpy(kept, items, count * sizeof *kept);
			lists[set->list_count] = (struct list){ kept, count };
			result = emit(generator, OPERATION_IN, set->list_count++);
		} else {
			result = syntax_no_memory(generator->syntax);
		}
	}
	free(items);
	return result;
}

static int emit_inside(struct generator *generator, const struct value *value)
{
	struct policy_set *set = generator->set;
	struct prefix prefix = { 0 };
	char address[ADDRESS_TEXT_SIZE + 1];
	const char *slash = strchr(value->text, '/');
	size_t length = slash ? (size_t)(slash - value->text) : 0;

	if (length > 0 && length < sizeof address) {
		memcpy(address, value->text, length);
		address[length] = 0;
		char *end;
		unsigned long bits = strtoul(slash + 1, &end, 10);
		if (address_parse(address, &prefix.address) == 0 && end != slash + 1 && !*end &&
		    bits <= (prefix.address.family == 4 ? 32 : 128)) {
			prefix.bits = (unsigned)bits;
			struct prefix *all =
				generate_grow(set->prefixes, set->prefix_count, sizeof *all);
			if (!all)
				return syntax_no_memory(generator->syntax);
			set->prefixes = all;
			all[set->prefix_count] = prefix;
			return emit(generator, OPERATION_INSIDE, set->prefix_count++);
		}
	}
	return syntax_error(generator->syntax, &value->place,
			    "\"%.60s\" is no address block, expected one like \"10.0.0.0/8\"",
			    value->text);
}

/* --- tests --- */

static int emit_comparison(struct generator *generator, const struct test *test)
{
	static const enum program_operation operations[] = {
		[COMPARE_IS] = OPERATION_IS,
		[COMPARE_CONTAINS] = OPERATION_CONTAINS,
		[COMPARE_STARTS] = OPERATION_STARTS,
		[COMPARE_ENDS] = OPERATION_ENDS,
		[COMPARE_EQUAL] = OPERATION_EQUAL,
		[COMPARE_LESS] = OPERATION_LESS,
		[COMPARE_LESS_EQUAL] = OPERATION_LESS_EQUAL,
		[COMPARE_GREATER] = OPERATION_GREATER,
		[COMPARE_GREATER_EQUAL] = OPERATION_GREATER_EQUAL
	};

	int result = emit_value(generator, &test->a);
	if (result < 0)
		return result;
	if (test->comparison == COMPARE_IN)
		return emit_in(generator, test->set);
	if (test->comparison == COMPARE_LIKE) {
		/* A set of one pattern. */
		struct set_item item = { .place = test->b.place, .text = test->b.text };
		return emit_in(generator, &item);
	}
	if (test->comparison == COMPARE_INSIDE)
		return emit_inside(generator, &test->b);
	if ((result = emit_value(generator, &test->b)) < 0)
		return result;
	return emit(generator, operations[test->comparison], 0);
}

static int emit_test(struct generator *generator, const struct test *test)
{
	int result;

	if (test->kind == TEST_COMPARE)
		return emit_comparison(generator, test);
	if ((result = emit_test(generator, test->left)) < 0)
		return result;
	if (test->kind == TEST_NOT)
		return emit(generator, OPERATION_NOT, 0);
	/* The left truth decides, or is dropped and the right one does. */
	size_t jump = generator->set->code_length;
	result =
		emit(generator, test->kind == TEST_AND ? OPERATION_IF_FALSE : OPERATION_IF_TRUE, 0);
	if (result < 0 || (result = emit_test(generator, test->right)) < 0)
		return result;
	size_t distance = generator->set->code_length - jump;
	if (distance > UINT16_MAX)
		return too_large(generator);
	generator->set->code[jump].index = (uint16_t)distance;
	return 0;
}

int generate_test(struct generator *generator, const struct test *test)
{
	struct pattern *pattern = generator->pattern;

	pattern->code = (uint32_t)generator->set->code_length;
	int result = test ? emit_test(generator, test) : emit(generator, OPERATION_TRUE, 0);
	pattern->code_length = (uint32_t)(generator->set->code_length - pattern->code);
	return result;
}
