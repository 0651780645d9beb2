/* The string comparisons of SSE4.2: pcmpestri, pcmpestrm, pcmpistri, pcmpistrm.
 *
 * The immediate says what the elements are, how the second operand's are tested against the
 * first's, whether the answers are negated, and which form the result takes. SDM vol. 1, 14.5 (the
 * steps and the names of the intermediate results) and table 14-3 (what comparisons with elements
 * behind the end of a string give). */
#include "x86/handlers.h"
#include "x86/simd.h"

enum text_aggregate { EQUAL_ANY, RANGES, EQUAL_EACH, EQUAL_ORDERED };

struct text {
	int64_t elements[16];
	unsigned length; /* elements that are valid */
};

struct comparison {
	struct text first, second;
	unsigned count;	 /* elements in an operand: 8 words or 16 bytes */
	unsigned result; /* a bit for each element of the second operand: IntRes2 */
};

static void text_elements(struct text *text, const union xmm *from, unsigned format)
{
	for (unsigned i = 0; i < (format & 1 ? 8 : 16); i++)
		switch (format) {
		case 0: text->elements[i] = from->u8[i]; break;
		case 1: text->elements[i] = from->u16[i]; break;
		case 2: text->elements[i] = from->s8[i]; break;
		default: text->elements[i] = from->s16[i]; break;
		}
}

/* Up to the first zero, or as long as a register says: the amount, at most `count`. */
static void implicit_length(struct text *text, unsigned count)
{
	text->length = 0;
	while (text->length < count && text->elements[text->length] != 0)
		text->length++;
}

static void explicit_length(const struct x86 *cpu, const struct operation *op,
			    enum x86_register reg, struct text *text, unsigned count)
{
	unsigned size = op->width == 8 ? 8 : 4;
	int64_t length = (int64_t)sign_extend(get(cpu, reg, size), size);

	if (length > (int64_t)count || length < -(int64_t)count)
		length = count;
	text->length = (unsigned)(length < 0 ? -length : length);
}

/* Is the element one of the set? */
static bool equal_any(const struct text *set, int64_t element)
{
	for (unsigned i = 0; i < set->length; i++)
		if (set->elements[i] == element)
			return true;
	return false;
}

/* Does it lie in one of the ranges, of which each is two elements? */
static bool in_ranges(const struct text *ranges, int64_t element)
{
	for (unsigned i = 0; i + 1 < ranges->length; i += 2)
		if (element >= ranges->elements[i] && element <= ranges->elements[i + 1])
			return true;
	return false;
}

/* Does the first string begin at `at` of the second? What is behind the operand is not looked at.
 */
static bool begins_at(const struct comparison *texts, unsigned at)
{
	for (unsigned i = 0; i < texts->first.length && at + i < texts->count; i++)
		if (at + i >= texts->second.length ||
		    texts->first.elements[i] != texts->second.elements[at + i])
			return false;
	return true;
}

static bool aggregate(const struct comparison *texts, enum text_aggregate how, unsigned i)
{
	bool valid = i < texts->second.length;

	switch (how) {
	case EQUAL_ANY: return valid && equal_any(&texts->first, texts->second.elements[i]);
	case RANGES: return valid && in_ranges(&texts->first, texts->second.elements[i]);
	case EQUAL_EACH:
		if (valid != (i < texts->first.length))
			return false;
		return !valid || texts->first.elements[i] == texts->second.elements[i];
	default: return begins_at(texts, i);
	}
}

/* Bit 4 of the immediate negates; with bit 5 only where the second string is valid. */
static void compare_texts(struct comparison *texts, unsigned control)
{
	texts->result = 0;
	for (unsigned i = 0; i < texts->count; i++) {
		bool answer = aggregate(texts, (enum text_aggregate)(control >> 2 & 3), i);
		if (control & 0x10 && (!(control & 0x20) || i < texts->second.length))
			answer = !answer;
		texts->result |= (unsigned)answer << i;
	}
}

static bool compare_operands(struct x86 *cpu, struct operation *op, bool explicit_lengths,
			     struct comparison *texts)
{
	unsigned control = op->immediate & 0xff;
	const union xmm target = simd_target(cpu, op);
	union xmm source;

	if (!simd_source_unaligned(cpu, op, &source))
		return false;
	texts->count = control & 1 ? 8 : 16;
	text_elements(&texts->first, &target, control & 3);
	text_elements(&texts->second, &source, control & 3);
	if (explicit_lengths) {
		explicit_length(cpu, op, X86_AX, &texts->first, texts->count);
		explicit_length(cpu, op, X86_DX, &texts->second, texts->count);
	} else {
		implicit_length(&texts->first, texts->count);
		implicit_length(&texts->second, texts->count);
	}
	compare_texts(texts, control);
	flags_set_arithmetic(cpu, (texts->result ? X86_FLAG_CF : 0u) |
					  (texts->second.length < texts->count ? X86_FLAG_ZF : 0u) |
					  (texts->first.length < texts->count ? X86_FLAG_SF : 0u) |
					  (texts->result & 1 ? X86_FLAG_OF : 0u));
	return true;
}

/* The first or (bit 6) the last element of which the answer is yes; their number if there is none.
 */
static struct operation *text_index(struct x86 *cpu, struct operation *op, bool explicit_lengths)
{
	struct comparison texts;
	unsigned index;

	if (!compare_operands(cpu, op, explicit_lengths, &texts))
		return NULL;
	index = texts.count;
	if (texts.result)
		index = (unsigned)(op->immediate & 0x40 ? 31 - __builtin_clz(texts.result)
							: __builtin_ctz(texts.result));
	put(cpu, X86_CX, 4, index);
	return done(op);
}

/* All answers: as bits, or (bit 6) as elements of ones. */
static struct operation *text_mask(struct x86 *cpu, struct operation *op, bool explicit_lengths)
{
	union xmm *mask = &cpu->registers.xmm[0];
	struct comparison texts;

	if (!compare_operands(cpu, op, explicit_lengths, &texts))
		return NULL;
	*mask = (union xmm){ .u64 = { texts.result, 0 } };
	if (op->immediate & 0x40)
		for (unsigned i = 0; i < 16; i++)
			mask->u8[i] = texts.result >> i * texts.count / 16 & 1 ? 0xff : 0;
	return done(op);
}

struct operation *run_pcmpestri(struct x86 *cpu, struct operation *op)
{
	return text_index(cpu, op, true);
}

struct operation *run_pcmpestrm(struct x86 *cpu, struct operation *op)
{
	return text_mask(cpu, op, true);
}

struct operation *run_pcmpistri(struct x86 *cpu, struct operation *op)
{
	return text_index(cpu, op, false);
}

struct operation *run_pcmpistrm(struct x86 *cpu, struct operation *op)
{
	return text_mask(cpu, op, false);
}
