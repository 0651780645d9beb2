/* What policies compile to: code for the tests of single events, and the plan that joins events to
 * a match.
 *
 * A policy is a list of alternatives. An alternative is at most eight steps; a step is one or more
 * event patterns and how often they must be seen; a step may require others to have happened before
 * it. A pattern is an event kind and straight-line code with forward jumps only, so every test ends
 * after at most as many instructions as it has. The verifier (verify.c) proves that before any
 * event is judged. */
#ifndef KENBI_POLICY_PROGRAM_H
#define KENBI_POLICY_PROGRAM_H

#include "policy/policy.h"
#include "policy/text.h"

#define PROGRAM_STEPS	     8	  /* of an alternative */
#define PROGRAM_SLOTS	     8	  /* values that an alternative remembers of its earlier events */
#define PROGRAM_WINDOWS	     4	  /* "within" of an alternative */
#define PROGRAM_ALTERNATIVES 32	  /* of a policy */
#define PROGRAM_PATTERNS     16	  /* of a step */
#define PROGRAM_PER	     2	  /* fields after "per" */
#define PROGRAM_STACK	     16	  /* operands of a test */
#define PROGRAM_COUNT	     1024 /* largest N of "at least N" */

/* Field numbers past those of the vocabulary: what every event has. */
enum { FIELD_TIME = TRACE_FIELDS, FIELD_PROCESS, FIELD_CALLER, FIELD_END };
enum { SELF_PATH, SELF_SHA256, SELF_END };

/* OPERATION(identifier, values popped, truths popped, what is pushed, what its index means). */
#define OPERATIONS(OPERATION)                                                              \
	OPERATION(FIELD, 0, 0, PUSH_VALUE, INDEX_FIELD)                                    \
	OPERATION(SLOT, 0, 0, PUSH_VALUE, INDEX_SLOT)                                      \
	OPERATION(SELF, 0, 0, PUSH_VALUE, INDEX_SELF)                                      \
	OPERATION(TEXT, 0, 0, PUSH_VALUE, INDEX_TEXT)                                      \
	OPERATION(NUMBER, 0, 0, PUSH_VALUE, INDEX_NUMBER)                                  \
	OPERATION(FILE_NAME, 1, 0, PUSH_VALUE, INDEX_NONE)                                 \
	OPERATION(FOLDER, 1, 0, PUSH_VALUE, INDEX_NONE)                                    \
	OPERATION(EXTENSION, 1, 0, PUSH_VALUE, INDEX_NONE)                                 \
	OPERATION(HOST, 1, 0, PUSH_VALUE, INDEX_NONE)                                      \
	OPERATION(IS, 2, 0, PUSH_TRUTH, INDEX_NONE)                                        \
	OPERATION(CONTAINS, 2, 0, PUSH_TRUTH, INDEX_NONE)                                  \
	OPERATION(STARTS, 2, 0, PUSH_TRUTH, INDEX_NONE)                                    \
	OPERATION(ENDS, 2, 0, PUSH_TRUTH, INDEX_NONE)                                      \
	OPERATION(EQUAL, 2, 0, PUSH_TRUTH, INDEX_NONE)                                     \
	OPERATION(LESS, 2, 0, PUSH_TRUTH, INDEX_NONE)                                      \
	OPERATION(LESS_EQUAL, 2, 0, PUSH_TRUTH, INDEX_NONE)                                \
	OPERATION(GREATER, 2, 0, PUSH_TRUTH, INDEX_NONE)                                   \
	OPERATION(GREATER_EQUAL, 2, 0, PUSH_TRUTH, INDEX_NONE)                             \
	OPERATION(IN, 1, 0, PUSH_TRUTH, INDEX_LIST)                                        \
	OPERATION(INSIDE, 1, 0, PUSH_TRUTH, INDEX_PREFIX)                                  \
	OPERATION(NOT, 0, 1, PUSH_TRUTH, INDEX_NONE)                                       \
	OPERATION(TRUE, 0, 0, PUSH_TRUTH, INDEX_NONE)                                      \
	/* Jumps forward by `index` instructions keeping the truth on top, or drops it. */ \
	OPERATION(IF_FALSE, 0, 1, PUSH_JUMP, INDEX_JUMP)                                   \
	OPERATION(IF_TRUE, 0, 1, PUSH_JUMP, INDEX_JUMP)

enum program_push { PUSH_VALUE, PUSH_TRUTH, PUSH_JUMP };
enum program_index {
	INDEX_NONE,
	INDEX_FIELD,
	INDEX_SLOT,
	INDEX_SELF,
	INDEX_TEXT,
	INDEX_NUMBER,
	INDEX_LIST,
	INDEX_PREFIX,
	INDEX_JUMP
};
enum program_operation {
#define OPERATION_ENUM(id, values, truths, push, index) OPERATION_##id,
	OPERATIONS(OPERATION_ENUM)
#undef OPERATION_ENUM
		OPERATION_COUNT
};

struct instruction {
	uint16_t operation;
	uint16_t index;
};

/* One element of a set: a pattern of texts, or the numbers low … high. */
struct list_item {
	bool is_text;
	struct text_pattern pattern;
	uint64_t low, high;
};

struct list {
	const struct list_item *items;
	size_t count;
};

struct prefix {
	struct address address;
	unsigned bits;
};

struct pattern {
	enum trace_kind kind;
	uint32_t code, code_length;
	bool needs_self;      /* compares with the program's own path or hash */
	uint16_t needs_steps; /* bit mask: steps whose values its code reads */
	/* Field numbers of this kind, -1: none. */
	int16_t capture[PROGRAM_SLOTS];
	int16_t distinct;
	int16_t per[PROGRAM_PER];
};

struct step {
	const struct pattern *patterns;
	size_t pattern_count;
	uint16_t requires; /* bit mask: steps that must have happened before */
	uint32_t at_least; /* 1: a single event */
	bool distinct;
	uint8_t per_count;
	uint64_t window;  /* of the count, in instructions; 0: none */
	uint32_t counter; /* number of its counter, when at_least > 1 */
};

struct window {
	uint16_t steps; /* bit mask: these happen within … */
	uint64_t instructions;
};

struct alternative {
	uint32_t rule;
	struct step steps[PROGRAM_STEPS];
	size_t step_count;
	struct window windows[PROGRAM_WINDOWS];
	size_t window_count;
	const struct pattern *unless;
	size_t unless_count;
	size_t slot_count;
};

struct rule {
	const char *name, *title, *reference;
	enum policy_severity severity;
};

/* Where an event kind is wanted. */
struct interest {
	uint32_t alternative;
	uint16_t step; /* step_count: the pattern is one of `unless` */
	uint16_t pattern;
};

struct policy_set {
	struct arena *arena;
	struct rule *rules;
	size_t rule_count;
	struct alternative *alternatives;
	size_t alternative_count;
	struct instruction *code;
	size_t code_length;
	const char **texts;
	size_t text_count;
	uint64_t *numbers;
	size_t number_count;
	struct list *lists;
	size_t list_count;
	struct prefix *prefixes;
	size_t prefix_count;
	uint32_t counter_count;
	struct {
		struct interest *entries;
		size_t count;
	} index[TRACE_KINDS];
};

/* Proves that every pattern's code stays inside its tables, its stack and itself, and yields one
 * truth. ERROR_INTERNAL says which instruction does not: the compiler is wrong then. */
MUST_CHECK int program_verify(const struct policy_set *set, struct error *error);

/* A value on the stack of a test, or kept of an earlier event. */
struct operand {
	const char *text; /* NULL: a number */
	size_t length;
	uint64_t number;
};

struct operand operand_of(const struct trace_event *event, unsigned field);

/* What a test can see. */
struct program_view {
	const struct policy_set *set;
	const struct trace_event *event;
	const struct operand *slots; /* PROGRAM_SLOTS values; NULL when nothing happened before */
	const struct operand *self;  /* SELF_END values */
};
bool program_test(const struct program_view *view, const struct pattern *pattern);

#endif
