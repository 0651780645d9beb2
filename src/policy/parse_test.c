/* Tests on the fields of one event: what stands between the parentheses behind its name. */
#include <string.h>

#include "policy/parser.h"

static int parse_or(struct parser *parser, struct test **test);

static struct test *new_test(struct parser *parser, enum test_kind kind)
{
	struct test *test = parser_new(parser, sizeof *test);
	if (test) {
		test->kind = kind;
		test->place = parser->token.place;
	}
	return test;
}

static int join(struct parser *parser, enum test_kind kind, struct test **test,
		int (*part)(struct parser *, struct test **))
{
	struct test *above = new_test(parser, kind);
	if (!above)
		return ERROR_LIMIT;
	int result = parser_join(parser);
	if (result == 0)
		result = parser_advance(parser);
	if (result < 0)
		return result;
	above->left = *test;
	*test = above;
	return part(parser, &above->right);
}

/* FIELD, LABEL.FIELD, self.path */
static int parse_name(struct parser *parser, struct value *value)
{
	const char *name;
	int result = parser_take_text(parser, &name);

	if (result < 0)
		return result;
	char *dot = strchr(name, '.');
	value->kind = dot ? VALUE_REFERENCE : VALUE_FIELD;
	value->text = dot ? dot + 1 : name;
	value->label = NULL;
	if (dot) {
		char *label =
			arena_copy(parser->syntax->arena,
				   (struct bytes){ (const uint8_t *)name, (size_t)(dot - name) });
		if (!label)
			return syntax_no_memory(parser->syntax);
		value->label = label;
	}
	return 0;
}

static int parse_value(struct parser *parser, struct value *value)
{
	static const char *const functions[] = { "file_name", "folder", "extension", "host", NULL };
	int result;

	value->place = parser->token.place;
	if (parser->token.kind == TOKEN_TEXT) {
		value->kind = VALUE_TEXT;
		return parser_take_text(parser, &value->text);
	}
	if (parser->token.kind == TOKEN_NUMBER) {
		value->kind = VALUE_NUMBER;
		value->number = parser->token.number;
		return parser_advance(parser);
	}
	if (parser->token.kind != TOKEN_WORD)
		return parser_unexpected(parser, "a field, a text or a number");
	struct token word = parser->token;
	if ((result = parse_name(parser, value)) < 0 || !parser_at(parser, "("))
		return result;
	for (int i = 0; functions[i]; i++)
		if (value->kind == VALUE_FIELD && strcmp(value->text, functions[i]) == 0)
			value->function = functions[i];
	if (!value->function) {
		parser->token = word;
		return parser_unknown_word(
			parser, "'file_name', 'folder', 'extension' or 'host' before '('",
			functions);
	}
	if ((result = parser_advance(parser)) < 0)
		return result;
	if (parser->token.kind != TOKEN_WORD)
		return parser_unexpected(parser, "a field");
	if ((result = parse_name(parser, value)) < 0)
		return result;
	return parser_expect(parser, ")");
}

struct operator
{
	const char *first, *second; /* words or mark; second NULL: none */
	enum comparison comparison;
	bool negated;
};

/* The negative forms of the words are made by "not" before them; "is not" reads better than "not
 * is". */
static const struct operator operators[] = {
	{ "is", "not", COMPARE_IS, true },	     { "is", NULL, COMPARE_IS, false },
	{ "like", NULL, COMPARE_LIKE, false },	     { "contains", NULL, COMPARE_CONTAINS, false },
	{ "starts", "with", COMPARE_STARTS, false }, { "ends", "with", COMPARE_ENDS, false },
	{ "in", NULL, COMPARE_IN, false },	     { "inside", NULL, COMPARE_INSIDE, false },
	{ "==", NULL, COMPARE_EQUAL, false },	     { "!=", NULL, COMPARE_EQUAL, true },
	{ "<", NULL, COMPARE_LESS, false },	     { "<=", NULL, COMPARE_LESS_EQUAL, false },
	{ ">", NULL, COMPARE_GREATER, false },	     { ">=", NULL, COMPARE_GREATER_EQUAL, false },
};

static int parse_operator(struct parser *parser, struct test *test, bool *negated)
{
	static const char *const words[] = { "is",   "is not", "like",	 "contains", "starts with",
					     "ends", "in",     "inside", "not",	     NULL };
	int result = parser_accept(parser, "not");
	if (result < 0)
		return result;
	*negated = result;
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
		const struct operator* each = & operators[i];
		if (!parser_at(parser, each->first))
			continue;
		if ((result = parser_advance(parser)) < 0)
			return result;
		if (each->second && each->comparison == COMPARE_IS) {
			if ((result = parser_accept(parser, "not")) < 0)
				return result;
			if (!result)
				each++; /* plain "is" */
		} else if (each->second && (result = parser_expect(parser, each->second)) < 0) {
			return result;
		}
		test->comparison = each->comparison;
		*negated ^= each->negated;
		return 0;
	}
	return parser_unknown_word(parser,
				   "a comparison ('is', 'like', 'contains', 'starts with', "
				   "'ends with', 'in', 'inside', '==', '<', …)",
				   words);
}

static int check_operand(struct parser *parser, const struct test *test)
{
	const struct value *b = &test->b;

	if ((test->comparison == COMPARE_LIKE || test->comparison == COMPARE_INSIDE) &&
	    b->kind != VALUE_TEXT)
		return syntax_error(parser->syntax, &b->place,
				    "expected a text in double quotes "
				    "behind '%s'",
				    test->comparison == COMPARE_LIKE ? "like" : "inside");
	if (test->comparison >= COMPARE_EQUAL && b->kind == VALUE_TEXT)
		return syntax_error(parser->syntax, &b->place,
				    "found a text, expected a number; "
				    "texts are compared with 'is' and 'is not'");
	return 0;
}

static int parse_comparison(struct parser *parser, struct test **test)
{
	struct test *compare = new_test(parser, TEST_COMPARE);
	bool negated;
	int result;

	if (!compare)
		return ERROR_LIMIT;
	*test = compare;
	if ((result = parse_value(parser, &compare->a)) < 0 ||
	    (result = parse_operator(parser, compare, &negated)) < 0)
		return result;
	if (negated) {
		struct test *negation = new_test(parser, TEST_NOT);
		if (!negation)
			return ERROR_LIMIT;
		negation->left = compare;
		*test = negation;
	}
	if (compare->comparison == COMPARE_IN)
		return parse_set(parser, &compare->set);
	if ((result = parse_value(parser, &compare->b)) < 0)
		return result;
	return check_operand(parser, compare);
}

static int parse_not(struct parser *parser, struct test **test)
{
	int result = parser_enter(parser);
	if (result < 0)
		return result;
	if (parser_at(parser, "not")) {
		struct test *negation = *test = new_test(parser, TEST_NOT);
		if (!negation)
			return ERROR_LIMIT;
		if ((result = parser_advance(parser)) == 0)
			result = parse_not(parser, &negation->left);
	} else if (parser_at(parser, "(")) {
		if ((result = parser_advance(parser)) == 0 &&
		    (result = parse_or(parser, test)) == 0)
			result = parser_expect(parser, ")");
	} else {
		result = parse_comparison(parser, test);
	}
	parser_leave(parser);
	return result;
}

static int parse_and(struct parser *parser, struct test **test)
{
	int result = parse_not(parser, test);
	while (result >= 0 && parser_at(parser, "and"))
		result = join(parser, TEST_AND, test, parse_not);
	return result;
}

static int parse_or(struct parser *parser, struct test **test)
{
	int result = parse_and(parser, test);
	while (result >= 0 && parser_at(parser, "or"))
		result = join(parser, TEST_OR, test, parse_and);
	return result;
}

/* A comma is an "and" that binds last. */
int parse_tests(struct parser *parser, struct test **test)
{
	if (parser_at(parser, ")"))
		return parser_advance(parser);
	int result = parse_or(parser, test);
	while (result >= 0 && parser_at(parser, ","))
		result = join(parser, TEST_AND, test, parse_or);
	if (result < 0)
		return result;
	if (!parser_at(parser, ")"))
		return parser_unexpected(parser, "',', 'and', 'or' or ')'");
	return parser_advance(parser);
}
