/* The parser's hands: one token of look-ahead, and an error that stops everything. Used by the
 * files that read one part of the grammar each (parse.c, parse_condition.c, parse_test.c). */
#ifndef KENBI_POLICY_PARSER_H
#define KENBI_POLICY_PARSER_H

#include "policy/syntax.h"

struct parser {
	struct syntax *syntax;
	struct lexer lexer;
	struct token token; /* not yet consumed */
	unsigned depth;
	unsigned joined; /* operators of the present policy or definition */
};

int parser_advance(struct parser *parser);
/* Is the present token this word or mark? */
bool parser_at(const struct parser *parser, const char *text);
/* 1 and advanced when it is, 0 when not, <0: error. */
int parser_accept(struct parser *parser, const char *text);
int parser_expect(struct parser *parser, const char *text);
/* ERROR_INPUT: "found X, expected `expected`". */
int parser_unexpected(struct parser *parser, const char *expected);
/* The same for a word that should have been one of `words`, with a suggestion. */
int parser_unknown_word(struct parser *parser, const char *expected, const char *const *words);
/* Copies the present token's text (quotes undoubled) and advances. NULL: error is set. */
int parser_take_text(struct parser *parser, const char **text);
/* A plain name: a word without dots. */
int parser_take_name(struct parser *parser, const char *expected, const char **name);
void *parser_new(struct parser *parser, size_t size);
int parser_enter(struct parser *parser);
void parser_leave(struct parser *parser);
/* Counts one operator: chains make trees as deep as they are long. */
int parser_join(struct parser *parser);

int parse_condition(struct parser *parser, struct node **node);
/* The tests between the parentheses of an event, up to and with ")". */
int parse_tests(struct parser *parser, struct test **test);
/* "{" items "}", or the name of a set. */
int parse_set(struct parser *parser, struct set_item **items);

#endif
