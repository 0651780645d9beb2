/* Splits policy text into words, quoted texts, numbers and marks. A backslash in a text stands for
 * itself, as Windows paths are full of them; a quote inside a text is written twice. */
#include <string.h>

#include "policy/syntax.h"

static int peek(const struct lexer *lexer, size_t ahead)
{
	return lexer->at + ahead < lexer->text.length ? lexer->text.data[lexer->at + ahead] : -1;
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static void skip_space(struct lexer *lexer)
{
	for (int c; (c = peek(lexer, 0)) >= 0; lexer->at++) {
		if (c == '\n') {
			lexer->line++;
			lexer->line_start = lexer->at + 1;
		} else if (c == '#') {
			while (peek(lexer, 1) >= 0 && peek(lexer, 1) != '\n')
				lexer->at++;
		} else if (c != ' ' && c != '\t' && c != '\r') {
			return;
		}
	}
}

/* Words may have dots inside (event names, label.field) and hyphens. */
static void take_word(struct lexer *lexer, struct token *token)
{
	size_t start = lexer->at;

	for (int c; (c = peek(lexer, 0)) >= 0; lexer->at++)
		if (!is_letter(c) && !is_digit(c) &&
		    !((c == '.' || c == '-') && is_letter(peek(lexer, 1))))
			break;
	token->kind = TOKEN_WORD;
	token->bytes = bytes_slice(lexer->text, start, lexer->at - start);
}

static int digit_value(int c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* Decimal or 0x…; underscores between digits are for the reader. */
static int take_number(struct lexer *lexer, struct token *token, const struct syntax *syntax)
{
	size_t start = lexer->at;
	unsigned base = 10;

	if (peek(lexer, 0) == '0' && (peek(lexer, 1) == 'x' || peek(lexer, 1) == 'X')) {
		base = 16;
		lexer->at += 2;
	}
	for (int c; (c = peek(lexer, 0)) >= 0; lexer->at++) {
		unsigned digit = (unsigned)digit_value(c);
		if (c == '_')
			continue;
		if (digit >= base)
			break;
		if (token->number > (UINT64_MAX - digit) / base)
			return syntax_error(syntax, &token->place,
					    "the number is larger than "
					    "18446744073709551615");
		token->number = token->number * base + digit;
	}
	token->kind = TOKEN_NUMBER;
	token->bytes = bytes_slice(lexer->text, start, lexer->at - start);
	if (is_letter(peek(lexer, 0)))
		return syntax_error(syntax, &token->place,
				    "found a letter right behind the number "
				    "'%.*s', expected a space",
				    (int)token->bytes.length, (const char *)token->bytes.data);
	return 0;
}

static int take_text(struct lexer *lexer, struct token *token, const struct syntax *syntax)
{
	size_t start = ++lexer->at;

	for (int c; (c = peek(lexer, 0)) >= 0 && c != '\n'; lexer->at++) {
		if (c == 0)
			break;
		if (c != '"')
			continue;
		if (peek(lexer, 1) == '"') {
			token->doubled = true;
			lexer->at++;
			continue;
		}
		token->kind = TOKEN_TEXT;
		token->bytes = bytes_slice(lexer->text, start, lexer->at - start);
		lexer->at++;
		return 0;
	}
	return syntax_error(syntax, &token->place,
			    "a text that begins here has no closing quote on "
			    "its line");
}

static int take_mark(struct lexer *lexer, struct token *token, const struct syntax *syntax)
{
	static const char *const marks[] = { "..", "==", "!=", "<=", ">=", "<", ">", "{",
					     "}",  "(",	 ")",  ",",  ":",  "=", NULL };
	struct bytes rest = bytes_slice(lexer->text, lexer->at, SIZE_MAX);

	for (size_t i = 0; marks[i]; i++) {
		if (!bytes_start_with(rest, marks[i]))
			continue;
		token->kind = TOKEN_MARK;
		token->bytes = bytes_slice(rest, 0, strlen(marks[i]));
		lexer->at += token->bytes.length;
		return 0;
	}
	int c = peek(lexer, 0);
	if (c > ' ' && c < 127)
		return syntax_error(syntax, &token->place,
				    "found '%c', which begins nothing in "
				    "this language",
				    c);
	return syntax_error(syntax, &token->place,
			    "found byte 0x%02x outside a text and outside a "
			    "comment",
			    (unsigned)c);
}

int lexer_next(struct lexer *lexer, struct token *token, const struct syntax *syntax)
{
	skip_space(lexer);
	*token = (struct token){ .place = { lexer->file, lexer->line,
					    (unsigned)(lexer->at - lexer->line_start) + 1 } };
	int c = peek(lexer, 0);
	if (c < 0)
		return 0;
	if (is_letter(c)) {
		take_word(lexer, token);
		return 0;
	}
	if (is_digit(c))
		return take_number(lexer, token, syntax);
	if (c == '"')
		return take_text(lexer, token, syntax);
	return take_mark(lexer, token, syntax);
}
