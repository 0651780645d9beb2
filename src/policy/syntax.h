/* Policy text as a tree, and the parser that makes it. The grammar is in docs/policy-language.md.
 *
 * Everything lives in the compilation's arena. The parser knows words and shapes only; whether an
 * event has a field, or a name is defined, is found out by the stages after it (expand.c,
 * generate.c). */
#ifndef KENBI_POLICY_SYNTAX_H
#define KENBI_POLICY_SYNTAX_H

#include "policy/policy.h"

#define SYNTAX_DEPTH 48	 /* of nested parentheses, "not" and names that stand for conditions */
#define SYNTAX_JOINS 512 /* operators of one policy or definition */

struct place {
	const char *file;
	unsigned line, column;
};

/* --- tests on one event --- */

enum value_kind { VALUE_FIELD, VALUE_REFERENCE, VALUE_TEXT, VALUE_NUMBER };

struct value {
	enum value_kind kind;
	struct place place;
	const char *
		function; /* "file_name", "folder", "extension", "host" applied to it; NULL: none */
	const char *label; /* of a reference: "self", or the label of an earlier event */
	const char *text;  /* the text, or the field's name */
	uint64_t number;
};

enum comparison {
	COMPARE_IS,
	COMPARE_LIKE,
	COMPARE_CONTAINS,
	COMPARE_STARTS,
	COMPARE_ENDS,
	COMPARE_IN,
	COMPARE_INSIDE,
	COMPARE_EQUAL,
	COMPARE_LESS,
	COMPARE_LESS_EQUAL,
	COMPARE_GREATER,
	COMPARE_GREATER_EQUAL
};

struct set_item {
	struct set_item *next;
	struct place place;
	const char *text; /* NULL: numbers low … high */
	const char *set;  /* name of another set whose items belong to this one; NULL: none */
	uint64_t low, high;
};

enum test_kind { TEST_AND, TEST_OR, TEST_NOT, TEST_COMPARE };

struct test {
	enum test_kind kind;
	struct place place;
	struct test *left, *right;
	enum comparison comparison;
	struct value a, b;
	struct set_item *set; /* of COMPARE_IN */
};

/* --- conditions over events --- */

enum node_kind {
	NODE_EVENT,
	NODE_NAME,
	NODE_OR,
	NODE_AND,
	NODE_THEN,
	NODE_COUNT,
	NODE_WITHIN,
	NODE_UNLESS
};

struct node {
	enum node_kind kind;
	struct place place;
	const char *label; /* NULL: none */
	const char *name;  /* of a definition */
	enum trace_kind event;
	struct test *test; /* NULL: any such event */
	struct node *left, *right;
	uint64_t number;      /* of a count; instructions of "within" */
	const char *distinct; /* field name or NULL */
	struct place distinct_place;
	const char *per[2];
	struct place per_places[2];
	unsigned per_count;
};

/* --- what a file says --- */

struct definition {
	struct definition *next;
	struct place place;
	const char *name;
	struct set_item *set; /* "set": items; NULL for "define" */
	struct node *condition;
	bool visiting; /* on the way down through it: met again means a circle */
};

struct policy_text {
	struct policy_text *next;
	struct place place;
	const char *name, *title, *reference;
	enum policy_severity severity;
	struct node *condition;
};

struct syntax {
	struct arena *arena;
	struct definition *definitions;
	struct policy_text *policies, **last_policy;
	struct error *error;
};

/* Reads one file's text into the tree. 0, ERROR_INPUT, ERROR_LIMIT (nested too deep) or
 * ERROR_MEMORY. */
MUST_CHECK int syntax_parse(struct syntax *syntax, struct bytes text, const char *file);
struct definition *syntax_find(const struct syntax *syntax, const char *name);
/* "FILE:LINE:COLUMN: …"; returns ERROR_INPUT. */
int syntax_error(const struct syntax *syntax, const struct place *place, const char *format, ...)
	PRINTF_LIKE(3, 4);
int syntax_no_memory(const struct syntax *syntax);
/* "; did you mean 'X'?" or "" for what was written among `words`. Returns text. */
char *syntax_suggest(const char *written, const char *const *words, char *text, size_t size);

/* --- tokens --- */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_NUMBER, TOKEN_MARK };

struct token {
	enum token_kind kind;
	struct place place;
	struct bytes bytes; /* as written; of a text without its quotes */
	uint64_t number;
	bool doubled; /* the text holds "" that stand for one " */
};

struct lexer {
	const char *file;
	struct bytes text;
	size_t at;
	unsigned line;
	size_t line_start;
};

/* The next token. ERROR_INPUT for bytes that begin none. */
MUST_CHECK int lexer_next(struct lexer *lexer, struct token *token, const struct syntax *syntax);

#endif
