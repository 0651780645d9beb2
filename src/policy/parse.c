/* The outer shape of a policy file: sets, definitions and policies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parser.h"
#include "policy/text.h"

/* --- errors and suggestions --- */

int syntax_error(const struct syntax *syntax, const struct place *place, const char *format, ...)
{
	char where[256], message[512];
	va_list list;

	snprintf(where, sizeof where, "%.200s:%u:%u", place->file, place->line, place->column);
	va_start(list, format);
	vsnprintf(message, sizeof message, format, list);
	va_end(list);
	return error_set(syntax->error, ERROR_INPUT, where, "%s", message);
}

int syntax_no_memory(const struct syntax *syntax)
{
	return error_set(syntax->error, ERROR_LIMIT, NULL,
			 "policies need more memory than a compilation may use");
}

char *syntax_suggest(const char *written, const char *const *words, char *text, size_t size)
{
	const char *word = text_suggestion(bytes_of(written), words);

	text[0] = 0;
	if (word)
		snprintf(text, size, "; did you mean '%s'?", word);
	return text;
}

struct definition *syntax_find(const struct syntax *syntax, const char *name)
{
	for (struct definition *each = syntax->definitions; each; each = each->next)
		if (strcmp(each->name, name) == 0)
			return each;
	return NULL;
}

/* --- the parser's hands --- */

int parser_advance(struct parser *parser)
{
	return lexer_next(&parser->lexer, &parser->token, parser->syntax);
}

bool parser_at(const struct parser *parser, const char *text)
{
	const struct token *token = &parser->token;
	return (token->kind == TOKEN_WORD || token->kind == TOKEN_MARK) &&
	       bytes_equal_text(token->bytes, text);
}

int parser_accept(struct parser *parser, const char *text)
{
	if (!parser_at(parser, text))
		return 0;
	int result = parser_advance(parser);
	return result < 0 ? result : 1;
}

int parser_expect(struct parser *parser, const char *text)
{
	char expected[64];

	int result = parser_accept(parser, text);
	if (result)
		return result < 0 ? result : 0;
	snprintf(expected, sizeof expected, "'%s'", text);
	return parser_unexpected(parser, expected);
}

/* What was found, fit to be shown: at most 40 bytes, nothing that a terminal would act on. */
static const char *found(const struct token *token, char text[64])
{
	char *to = text;
	bool quoted = token->kind == TOKEN_TEXT;

	if (token->kind == TOKEN_END)
		return "the end of the file";
	*to++ = quoted ? '"' : '\'';
	for (size_t i = 0; i < token->bytes.length && i < 40; i++) {
		uint8_t c = token->bytes.data[i];
		*to++ = c >= ' ' && c < 127 ? (char)c : '?';
	}
	if (token->bytes.length > 40)
		to += sprintf(to, "…");
	*to++ = quoted ? '"' : '\'';
	*to = 0;
	return text;
}

int parser_unexpected(struct parser *parser, const char *expected)
{
	char text[64];
	return syntax_error(parser->syntax, &parser->token.place, "found %s, expected %s",
			    found(&parser->token, text), expected);
}

int parser_unknown_word(struct parser *parser, const char *expected, const char *const *words)
{
	char text[64];
	const char *word = NULL;

	if (parser->token.kind == TOKEN_WORD)
		word = text_suggestion(parser->token.bytes, words);
	if (!word)
		return parser_unexpected(parser, expected);
	return syntax_error(parser->syntax, &parser->token.place,
			    "found %s, expected %s; did you mean '%s'?",
			    found(&parser->token, text), expected, word);
}

void *parser_new(struct parser *parser, size_t size)
{
	void *memory = arena_take(parser->syntax->arena, size);
	if (!memory)
		syntax_no_memory(parser->syntax);
	return memory;
}

int parser_take_text(struct parser *parser, const char **text)
{
	const struct token *token = &parser->token;
	char *copy = arena_copy(parser->syntax->arena, token->bytes);

	if (!copy)
		return syntax_no_memory(parser->syntax);
	if (token->doubled) {
		char *to = copy;
		for (const char *from = copy; *from; from++) {
			*to++ = *from;
			if (from[0] == '"' && from[1] == '"')
				from++;
		}
		*to = 0;
	}
	*text = copy;
	return parser_advance(parser);
}

int parser_take_name(struct parser *parser, const char *expected, const char **name)
{
	const struct token *token = &parser->token;

	if (token->kind != TOKEN_WORD || bytes_find(token->bytes, bytes_of("."), 0) != SIZE_MAX)
		return parser_unexpected(parser, expected);
	return parser_take_text(parser, name);
}

int parser_enter(struct parser *parser)
{
	if (++parser->depth > SYNTAX_DEPTH)
		return syntax_error(parser->syntax, &parser->token.place,
				    "nested more than %d deep", SYNTAX_DEPTH);
	return 0;
}

void parser_leave(struct parser *parser)
{
	parser->depth--;
}

int parser_join(struct parser *parser)
{
	if (++parser->joined > SYNTAX_JOINS)
		return syntax_error(parser->syntax, &parser->token.place,
				    "more than %d operators in one policy or definition",
				    SYNTAX_JOINS);
	return 0;
}

/* --- sets, definitions, policies --- */

static int parse_item(struct parser *parser, struct set_item *item)
{
	struct token *token = &parser->token;

	item->place = token->place;
	if (token->kind == TOKEN_TEXT)
		return parser_take_text(parser, &item->text);
	if (token->kind == TOKEN_WORD)
		return parser_take_name(parser, "the name of a set", &item->set);
	if (token->kind != TOKEN_NUMBER)
		return parser_unexpected(parser, "a text, a number or the name of a set");
	item->low = item->high = token->number;
	int result = parser_advance(parser);
	if (result < 0 || !parser_at(parser, ".."))
		return result;
	if ((result = parser_advance(parser)) < 0)
		return result;
	if (token->kind != TOKEN_NUMBER)
		return parser_unexpected(parser, "the last number of the range");
	if (token->number < item->low)
		return syntax_error(parser->syntax, &item->place,
				    "the range ends before it begins");
	item->high = token->number;
	return parser_advance(parser);
}

int parse_set(struct parser *parser, struct set_item **items)
{
	struct set_item **end = items;
	int result;

	if (parser->token.kind == TOKEN_WORD || parser->token.kind == TOKEN_NUMBER) {
		/* `in NAME`, `in 6660..6669`: a set of one item. */
		*items = parser_new(parser, sizeof **items);
		return *items ? parse_item(parser, *items) : ERROR_LIMIT;
	}
	if (!parser_at(parser, "{"))
		return parser_unexpected(parser, "a set: '{', its name, or a range of numbers");
	if ((result = parser_advance(parser)) < 0)
		return result;
	do {
		*end = parser_new(parser, sizeof **end);
		if (!*end)
			return ERROR_LIMIT;
		if ((result = parse_item(parser, *end)) < 0)
			return result;
		end = &(*end)->next;
		if ((result = parser_accept(parser, ",")) < 0)
			return result;
	} while (result && !parser_at(parser, "}"));
	if (!parser_at(parser, "}"))
		return parser_unexpected(parser, "',' or '}'");
	return parser_advance(parser);
}

static int parse_definition(struct parser *parser, bool is_set)
{
	struct syntax *syntax = parser->syntax;
	struct definition *definition = parser_new(parser, sizeof *definition);
	int result;

	if (!definition)
		return ERROR_LIMIT;
	if ((result = parser_advance(parser)) < 0)
		return result;
	definition->place = parser->token.place;
	if ((result = parser_take_name(parser, "a name", &definition->name)) < 0)
		return result;
	struct definition *other = syntax_find(syntax, definition->name);
	if (other)
		return syntax_error(syntax, &definition->place,
				    "'%.60s' is defined already, at %.100s:%u", definition->name,
				    other->place.file, other->place.line);
	if ((result = parser_expect(parser, "=")) < 0)
		return result;
	result = is_set ? parse_set(parser, &definition->set)
			: parse_condition(parser, &definition->condition);
	if (result < 0)
		return result;
	definition->next = syntax->definitions;
	syntax->definitions = definition;
	return 0;
}

static int parse_severity(struct parser *parser, enum policy_severity *severity)
{
	static const char *const names[] = { "note", "suspicious", "malicious", NULL };

	for (int i = 0; names[i]; i++) {
		int result = parser_accept(parser, names[i]);
		if (result < 0)
			return result;
		if (result) {
			*severity = (enum policy_severity)i;
			return 0;
		}
	}
	return parser_unknown_word(parser, "'note', 'suspicious' or 'malicious'", names);
}

static int parse_quoted(struct parser *parser, const char **text)
{
	if (parser->token.kind != TOKEN_TEXT)
		return parser_unexpected(parser, "a text in double quotes");
	return parser_take_text(parser, text);
}

/* title, severity, reference in any order, each at most once; "when" ends them. */
static int parse_attributes(struct parser *parser, struct policy_text *policy)
{
	static const char *const words[] = { "title", "severity", "reference", "when", NULL };
	bool severity = false;
	int result = 0;

	while (result >= 0 && !parser_at(parser, "when")) {
		bool title = parser_at(parser, "title"), again = false;
		if (title || parser_at(parser, "reference")) {
			const char **text = title ? &policy->title : &policy->reference;
			again = *text != NULL;
			if (!again && (result = parser_advance(parser)) == 0)
				result = parse_quoted(parser, text);
		} else if (parser_at(parser, "severity")) {
			again = severity;
			severity = true;
			if (!again && (result = parser_advance(parser)) == 0)
				result = parse_severity(parser, &policy->severity);
		} else {
			return parser_unknown_word(
				parser, "'title', 'severity', 'reference' or 'when'", words);
		}
		if (again)
			return syntax_error(parser->syntax, &parser->token.place,
					    "'%.*s' is given twice",
					    (int)parser->token.bytes.length,
					    (const char *)parser->token.bytes.data);
	}
	if (result < 0)
		return result;
	if (!policy->title || !severity)
		return syntax_error(parser->syntax, &policy->place, "policy '%.60s' has no %s",
				    policy->name, policy->title ? "severity" : "title");
	return 0;
}

static int parse_policy(struct parser *parser)
{
	struct syntax *syntax = parser->syntax;
	struct policy_text *policy = parser_new(parser, sizeof *policy);
	int result;

	if (!policy)
		return ERROR_LIMIT;
	if ((result = parser_advance(parser)) < 0)
		return result;
	policy->place = parser->token.place;
	if ((result = parser_take_name(parser, "the policy's name", &policy->name)) < 0)
		return result;
	for (struct policy_text *other = syntax->policies; other; other = other->next)
		if (strcmp(other->name, policy->name) == 0)
			return syntax_error(syntax, &policy->place,
					    "policy '%.60s' exists already, at %.100s:%u",
					    policy->name, other->place.file, other->place.line);
	if ((result = parser_expect(parser, "{")) < 0 ||
	    (result = parse_attributes(parser, policy)) < 0 ||
	    (result = parser_expect(parser, "when")) < 0 ||
	    (result = parse_condition(parser, &policy->condition)) < 0)
		return result;
	if (!parser_at(parser, "}"))
		return parser_unexpected(
			parser, "'then', 'and', 'or', 'within', 'unless' or the closing '}'");
	if ((result = parser_advance(parser)) < 0)
		return result;
	*syntax->last_policy = policy;
	syntax->last_policy = &policy->next;
	return 0;
}

int syntax_parse(struct syntax *syntax, struct bytes text, const char *file)
{
	static const char *const words[] = { "policy", "set", "define", NULL };
	struct parser parser = { .syntax = syntax,
				 .lexer = { .file = file, .text = text, .line = 1 } };

	int result = parser_advance(&parser);
	while (result >= 0 && parser.token.kind != TOKEN_END) {
		parser.joined = 0;
		if (parser_at(&parser, "policy"))
			result = parse_policy(&parser);
		else if (parser_at(&parser, "set") || parser_at(&parser, "define"))
			result = parse_definition(&parser, parser_at(&parser, "set"));
		else
			result = parser_unknown_word(&parser, "'policy', 'set' or 'define'", words);
	}
	return result;
}
