/* Conditions over events: or, and, then, within, unless, counts, labels. */
#include <string.h>

#include "policy/parser.h"
#include "policy/program.h"

static int parse_primary(struct parser *parser, struct node **node);

static struct node *new_node(struct parser *parser, enum node_kind kind)
{
	struct node *node = parser_new(parser, sizeof *node);
	if (node) {
		node->kind = kind;
		node->place = parser->token.place;
	}
	return node;
}

/* Puts a node of two branches above *node; its right branch is read by `part`. */
static int parse_right(struct parser *parser, enum node_kind kind, struct node **node,
		       int (*part)(struct parser *, struct node **))
{
	struct node *above = new_node(parser, kind);
	if (!above)
		return ERROR_LIMIT;
	int result = parser_join(parser);
	if (result == 0)
		result = parser_advance(parser);
	if (result < 0)
		return result;
	above->left = *node;
	*node = above;
	return part(parser, &above->right);
}

static int parse_within(struct parser *parser, struct node **node)
{
	struct node *within = new_node(parser, NODE_WITHIN);
	if (!within)
		return ERROR_LIMIT;
	int result = parser_join(parser);
	if (result == 0)
		result = parser_advance(parser);
	if (result < 0)
		return result;
	if (parser->token.kind != TOKEN_NUMBER)
		return parser_unexpected(parser, "a number of instructions");
	within->number = parser->token.number;
	within->left = *node;
	*node = within;
	if ((result = parser_advance(parser)) < 0)
		return result;
	return parser_expect(parser, "instructions");
}

static int parse_guarded(struct parser *parser, struct node **node)
{
	int result = parse_primary(parser, node);

	while (result >= 0) {
		if (parser_at(parser, "within"))
			result = parse_within(parser, node);
		else if (parser_at(parser, "unless"))
			result = parse_right(parser, NODE_UNLESS, node, parse_primary);
		else
			break;
	}
	return result;
}

/* The three binary levels bind in this order: then, and, or. */
static int parse_then(struct parser *parser, struct node **node)
{
	int result = parse_guarded(parser, node);
	while (result >= 0 && parser_at(parser, "then"))
		result = parse_right(parser, NODE_THEN, node, parse_guarded);
	return result;
}

static int parse_and(struct parser *parser, struct node **node)
{
	int result = parse_then(parser, node);
	while (result >= 0 && parser_at(parser, "and"))
		result = parse_right(parser, NODE_AND, node, parse_then);
	return result;
}

int parse_condition(struct parser *parser, struct node **node)
{
	int result = parse_and(parser, node);
	while (result >= 0 && parser_at(parser, "or"))
		result = parse_right(parser, NODE_OR, node, parse_and);
	return result;
}

static int parse_per(struct parser *parser, struct node *count)
{
	int result;

	do {
		if (count->per_count == PROGRAM_PER)
			return syntax_error(parser->syntax, &parser->token.place,
					    "at most %d fields may follow 'per'", PROGRAM_PER);
		if ((result = parser_advance(parser)) < 0)
			return result;
		count->per_places[count->per_count] = parser->token.place;
		result = parser_take_name(parser, "the name of a field",
					  &count->per[count->per_count++]);
	} while (result >= 0 && parser_at(parser, ","));
	return result;
}

/* at least N [distinct FIELD] [of] EVENTS [per FIELD, FIELD] */
static int parse_count(struct parser *parser, struct node **node)
{
	struct node *count = *node = new_node(parser, NODE_COUNT);
	int result;

	if (!count)
		return ERROR_LIMIT;
	if ((result = parser_expect(parser, "at")) < 0 ||
	    (result = parser_expect(parser, "least")) < 0)
		return result;
	if (parser->token.kind != TOKEN_NUMBER)
		return parser_unexpected(parser, "how many");
	count->number = parser->token.number;
	if (count->number < 2 || count->number > PROGRAM_COUNT)
		return syntax_error(parser->syntax, &parser->token.place,
				    "a count goes from 2 to %d", PROGRAM_COUNT);
	if ((result = parser_advance(parser)) < 0 ||
	    (result = parser_accept(parser, "distinct")) < 0)
		return result;
	if (result) {
		count->distinct_place = parser->token.place;
		result = parser_take_name(parser, "the field whose values must differ",
					  &count->distinct);
		if (result < 0)
			return result;
	}
	if ((result = parser_accept(parser, "of")) < 0 ||
	    (result = parse_primary(parser, &count->left)) < 0)
		return result;
	return parser_at(parser, "per") ? parse_per(parser, count) : 0;
}

/* Errors for a word that is neither an event nor (as it has a dot) can be a definition. */
static int no_such_event(struct parser *parser)
{
	const char *names[TRACE_KINDS + 1] = { NULL };

	for (int kind = 0; kind < TRACE_KINDS; kind++)
		names[kind] = trace_kind_name((enum trace_kind)kind);
	return parser_unknown_word(parser, "an event", names);
}

static int parse_event(struct parser *parser, struct node **node)
{
	struct token *token = &parser->token;
	struct node *event = *node = new_node(parser, NODE_EVENT);
	const char *name;

	if (!event)
		return ERROR_LIMIT;
	struct token word = *token;
	int result = parser_take_text(parser, &name);
	if (result < 0)
		return result;
	int kind = trace_kind_find(name);
	if (kind < 0) {
		/* A definition; when there is none of that name the next stage says so, as it may
		 * follow. */
		event->kind = NODE_NAME;
		event->name = name;
		if (!strchr(name, '.') && !parser_at(parser, "("))
			return 0;
		*token = word;
		return no_such_event(parser);
	}
	event->event = (enum trace_kind)kind;
	if ((result = parser_accept(parser, "(")) <= 0)
		return result;
	return parse_tests(parser, &event->test);
}

static bool is_reserved(const struct parser *parser)
{
	static const char *const words[] = { "and",    "or",	"then",	   "not",  "within",
					     "unless", "per",	"policy",  "when", "set",
					     "define", "least", "distinct" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (parser_at(parser, words[i]))
			return true;
	return false;
}

static int parse_primary(struct parser *parser, struct node **node)
{
	const char *label = NULL;
	int result;

	if (parser->token.kind == TOKEN_WORD && !is_reserved(parser)) {
		/* LABEL ":" needs a second token of look-ahead; the lexer is small enough to be
		 * copied. */
		struct lexer ahead = parser->lexer;
		struct token next;
		struct error ignored;
		struct syntax quiet = *parser->syntax;
		quiet.error = &ignored;
		if (lexer_next(&ahead, &next, &quiet) == 0 && next.kind == TOKEN_MARK &&
		    bytes_equal_text(next.bytes, ":")) {
			if (parser_at(parser, "self"))
				return syntax_error(parser->syntax, &parser->token.place,
						    "'self' is the program itself and can't be "
						    "a label");
			if ((result = parser_take_name(parser, "a label", &label)) < 0 ||
			    (result = parser_expect(parser, ":")) < 0)
				return result;
		}
	}
	if ((result = parser_enter(parser)) < 0)
		return result;
	if (parser_at(parser, "(")) {
		if ((result = parser_advance(parser)) == 0 &&
		    (result = parse_condition(parser, node)) == 0)
			result = parser_expect(parser, ")");
	} else if (parser_at(parser, "at")) {
		result = parse_count(parser, node);
	} else if (parser->token.kind == TOKEN_WORD && !is_reserved(parser)) {
		result = parse_event(parser, node);
	} else {
		result = parser_unexpected(parser, "an event, 'at least', or '('");
	}
	parser_leave(parser);
	if (result >= 0 && label)
		(*node)->label = label;
	return result;
}
