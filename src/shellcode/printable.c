/* Runs are counted by vectors (AVX-512 where the processor has it), instructions by tables of the
 * first byte and of ModRM: text without blanks, above all base64, asks this of every line, and
 * nothing else of most. */
#include "shellcode/printable.h"

#include <string.h>

#include "shellcode/glance_form.h"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#define WITH_AVX512 1
#endif

enum {
	LOOK = 160, /* instructions: alphanumeric decoders build themselves at length */
	SHORTEST = 20,
	KINDS = 8,   /* different opcodes in a decoder at least */
	PATCHES = 2, /* and changes of what lies behind it */
	PUSHES = 3,  /* words that code built on the stack has at least */
	SUMS = 2 * PUSHES,
	LANE = 16,    /* bytes to a vector of every processor */
	BLOCK = 64,   /* bytes that are counted at once */
	PREFIXES = 3, /* before an instruction that is known here */
	EITHER = 1 << X86_MODE_32 | 1 << X86_MODE_64,
	WALK_COST = 4 /* of an instruction, in nanoseconds, see share.h */
};

typedef uint8_t lane __attribute__((vector_size(LANE)));

/* --- what a run holds, by bytes alone --- */

struct ingredients {
	unsigned patches; /* xor [register + distance], register */
	unsigned sums;	  /* eax combined with 32 bits: that is how any value is made */
	unsigned pushes;
};

static bool builds(const struct ingredients *seen)
{
	return seen->sums >= SUMS && seen->pushes >= PUSHES;
}

/* One bit for each of BLOCK bytes. */
struct marks {
	uint64_t patches, sums, pushes;
};

static unsigned ones(uint64_t bits)
{
	return (unsigned)__builtin_popcountll(bits);
}

/* Marks of at most BLOCK bytes at the beginning of a run. */
typedef struct marks marks_of_function(struct bytes run);

/* A bit for each of sixteen bytes, from masks. */
static uint64_t bits_of(lane masks)
{
	uint64_t words[2];

	masks &= 1;
	memcpy(words, &masks, sizeof words);
	return words[0] * 0x0102040810204080u >> 56 | words[1] * 0x0102040810204080u >> 56 << 8;
}

static lane lane_at(const uint8_t *data)
{
	lane value;

	memcpy(&value, data, sizeof value);
	return value;
}

static struct marks marks_plainly(struct bytes run)
{
	uint8_t block[BLOCK + 1] = { 0 }; /* zeros are nothing of it */
	struct marks marks = { 0 };

	memcpy(block, run.data, run.length < sizeof block ? run.length : sizeof block);
	for (unsigned i = 0; i < BLOCK; i += LANE) {
		lane bytes = lane_at(block + i), next = lane_at(block + i + 1);
		marks.patches |= bits_of((lane)((bytes | 1) == 0x31) &
					 (lane)((next & 0xc0) == 0x40) & (lane)((next & 7) != 4))
				 << i;
		marks.sums |= bits_of((lane)(bytes == 0x25) | (lane)(bytes == 0x2d) |
				      (lane)(bytes == 0x35))
			      << i;
		marks.pushes |= bits_of((lane)(bytes == 0x50)) << i;
	}
	return marks;
}

static inline void count(struct ingredients *seen, struct marks marks)
{
	seen->patches += ones(marks.patches);
	seen->sums += ones(marks.sums);
	seen->pushes += ones(marks.pushes);
}

/* Counts what a run has, until it builds. */
static inline __attribute__((always_inline)) struct ingredients
count_run(marks_of_function *marks_of, struct bytes run)
{
	struct ingredients seen = { 0 };

	for (; run.length > BLOCK && !builds(&seen); run.data += BLOCK, run.length -= BLOCK)
		count(&seen, marks_of(run));
	if (run.length && !builds(&seen))
		count(&seen, marks_of(run));
	return seen;
}

#ifdef WITH_AVX512
#define WIDE __attribute__((target("avx512f,avx512bw,popcnt")))

WIDE static __m512i block_at(const uint8_t *data, size_t length)
{
	return _mm512_maskz_loadu_epi8(length < BLOCK ? ((uint64_t)1 << length) - 1 : UINT64_MAX,
				       data);
}

WIDE static __m512i all(uint8_t byte)
{
	return _mm512_set1_epi8((char)byte);
}

/* Of printable bytes, and zeros behind these. */
WIDE static inline struct marks marks_by_avx512(struct bytes run)
{
	__m512i bytes = block_at(run.data, run.length);
	__m512i next = block_at(run.data + 1, run.length - 1);
	uint64_t changes = _mm512_cmpeq_epi8_mask(_mm512_or_si512(bytes, all(1)), all(0x31));
	uint64_t distance = _mm512_test_epi8_mask(next, all(0x40));
	uint64_t base = _mm512_test_epi8_mask(_mm512_xor_si512(next, all(4)), all(7));
	uint64_t sums = _mm512_cmpeq_epi8_mask(_mm512_or_si512(bytes, all(8)), all(0x2d)) |
			_mm512_cmpeq_epi8_mask(bytes, all(0x35));

	return (struct marks){ .patches = changes & distance & base,
			       .sums = sums,
			       .pushes = _mm512_cmpeq_epi8_mask(bytes, all(0x50)) };
}

WIDE static struct ingredients count_by_avx512(struct bytes run)
{
	return count_run(marks_by_avx512, run);
}
#endif

static enum printable verdict_of(const struct ingredients *seen)
{
	return builds(seen)		  ? PRINTABLE_BUILDS
	       : seen->patches >= PATCHES ? PRINTABLE_WRITES
					  : PRINTABLE_NOT;
}

enum printable printable_run_plainly(struct bytes run)
{
	struct ingredients seen = count_run(marks_plainly, run);

	return verdict_of(&seen);
}

enum printable printable_run(struct bytes run)
{
#ifdef WITH_AVX512
	if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("popcnt")) {
		struct ingredients seen = count_by_avx512(run);
		return verdict_of(&seen);
	}
#endif
	return printable_run_plainly(run);
}

/* --- its instructions --- */

/* What a first byte begins: the bytes that it has with its immediate (0: what nobody writes), and
 * what else there is to it. */
enum {
	N = 0,	   /* nobody's: privileged, bound; arpl, which is movsxd in 64-bit mode */
	M = 0x10,  /* ModRM follows, and what that asks for */
	P = 0x20,  /* prefix */
	A = 0x40,  /* needs a closer look */
	Z = 5,	   /* an immediate of the operand size, 32 bits at most */
	SIZE = 0xf /* the bytes */
};

/* clang-format off */
#define FOUR(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__
#define EIGHT(...) FOUR(__VA_ARGS__), FOUR(__VA_ARGS__)
#define SIXTEEN(...) EIGHT(__VA_ARGS__), EIGHT(__VA_ARGS__)
#define ARITHMETIC M | 1, M | 1, M | 1, M | 1, 2, Z
/* By what is valid in 32-bit mode only, what 40 to 4f are, and 63. */
#define FORMS(old, increments, arpl) { \
	/* 00 */ ARITHMETIC, old, old, ARITHMETIC, old, A, \
	/* 10 */ ARITHMETIC, old, old, ARITHMETIC, old, old, \
	/* 20 */ ARITHMETIC, P | 1, old, ARITHMETIC, P | 1, old, \
	/* 30 */ ARITHMETIC, P | 1, old, ARITHMETIC, P | 1, old, \
	/* 40 */ SIXTEEN(increments), \
	/* 50 */ SIXTEEN(1), \
	/* 60 */ old, old, N, arpl, P | 1, P | 1, P | A | 1, P | A | 1, Z, M | Z, 2, M | 2, N, N, N, N, \
	/* 70 */ SIXTEEN(2), \
	/* 80 */ SIXTEEN(A), SIXTEEN(A), SIXTEEN(A), SIXTEEN(A), \
	/* c0 */ SIXTEEN(A), SIXTEEN(A), SIXTEEN(A), SIXTEEN(A) }

static const uint8_t forms[2][256] = {
	[X86_MODE_32] = FORMS(1, 1, N),
	[X86_MODE_64] = FORMS(N, P | 1, M | 1),
};

/* Bytes of ModRM, SIB and distance by ModRM; A: SIB may have no base, and more distance. */
#define BASES(size, sib, bare) FOUR(size), sib, bare, size, size
static const uint8_t addresses[256] = {
	/* 00 */ EIGHT(BASES(1, A, 5)),
	/* 40 */ EIGHT(BASES(2, 3, 2)),
	/* 80 */ EIGHT(BASES(5, 6, 5)),
	/* c0 */ EIGHT(BASES(1, 1, 1)),
};
/* clang-format on */

/* The length by the first two bytes, a prefix being an instruction of its own; with A: they do not
 * tell. */
static inline unsigned quick_length(enum x86_mode mode, const uint8_t *at)
{
	unsigned form = forms[mode][at[0]], modrm = 0u - (form / M & 1);

	return (form & (SIZE | A)) + (addresses[at[1]] & modrm);
}

static bool is_rex(enum x86_mode mode, uint8_t byte)
{
	return mode == X86_MODE_64 && (byte & 0xf0) == 0x40;
}

/* ModRM with a distance of 16 bits (SDM vol. 2, table 2-1). */
static unsigned narrow_address(uint8_t modrm)
{
	static const uint8_t sizes[4] = { 1, 2, 3, 1 };

	return modrm < 0x40 && (modrm & 7) == 6 ? 3 : sizes[modrm >> 6];
}

unsigned printable_length(enum x86_mode mode, const uint8_t *at)
{
	unsigned end = 0, form = forms[mode][at[0]], immediate, address = 0;
	bool narrow = false, rex = false, wide = false, narrows_address = false;

	for (; form & P; form = forms[mode][at[++end]]) {
		if (end == PREFIXES || (rex && !is_rex(mode, at[end])))
			return INSTRUCTION_MAX + 1;
		narrow |= at[end] == 0x66;
		narrows_address |= at[end] == 0x67 && mode == X86_MODE_32;
		rex = is_rex(mode, at[end]);
		wide = rex && at[end] & 8; /* the last REX counts */
	}
	if (form == N)
		return 0;
	if (form & A || (narrow && at[end] >= 0x70))
		return INSTRUCTION_MAX + 1;
	immediate = (form & SIZE) == Z && narrow && !wide ? 2 : (form & SIZE) - 1;
	end++;
	if (form & M)
		address = narrows_address ? narrow_address(at[end]) : form_quick_address(at + end);
	return end + immediate + address;
}

/* The length at `offset`, with whatever help it needs; 0: it does not go on behind itself. A prefix
 * may be an instruction of its own. */
static unsigned length_at(enum x86_mode mode, struct bytes bytes, size_t offset)
{
	unsigned length = A;
	struct step step;

	if (offset + INSTRUCTION_MAX < bytes.length) {
		length = quick_length(mode, bytes.data + offset);
		if (length & A)
			length = printable_length(mode, bytes.data + offset);
	}
	if (length <= INSTRUCTION_MAX)
		return length;
	step = glance_length(mode, bytes_slice(bytes, offset, INSTRUCTION_MAX));
	return step.flow == FLOW_NEXT || step.flow == FLOW_BRANCH ? step.length : 0;
}

/* The widths in which the way from `offset` on comes to its twentieth instruction. Both ways are
 * gone together, so that neither waits for the other's lengths. */
static unsigned go_on(struct bytes bytes, size_t offset, unsigned *steps)
{
	const uint8_t *narrow = bytes.data + offset, *wide = narrow;
	unsigned narrow_length = 1, wide_length = 1;

	if (bytes.length - offset < (SHORTEST + 1) * INSTRUCTION_MAX)
		return EITHER;
	/* one that ends has the length 0, and stays there */
	for (; *steps < SHORTEST && (narrow_length | wide_length); ++*steps) {
		narrow_length = quick_length(X86_MODE_32, narrow);
		wide_length = quick_length(X86_MODE_64, wide);
		if (narrow_length & A)
			narrow_length = printable_length(X86_MODE_32, narrow);
		if (wide_length & A)
			wide_length = printable_length(X86_MODE_64, wide);
		if (narrow_length > INSTRUCTION_MAX || wide_length > INSTRUCTION_MAX)
			break;
		narrow += narrow_length;
		wide += wide_length;
	}
	return (narrow_length ? 1u << X86_MODE_32 : 0) | (wide_length ? 1u << X86_MODE_64 : 0);
}

struct straight {
	struct ingredients seen;
	uint64_t kinds[4]; /* opcodes and prefixes, one bit each */
	unsigned steps;
};

static void count_instruction(struct straight *straight, uint8_t first, unsigned length)
{
	straight->kinds[first / 64] |= (uint64_t)1 << first % 64;
	straight->seen.patches += (first | 1) == 0x31 && length == 3;
	straight->seen.sums += first == 0x25 || first == 0x2d || first == 0x35;
	straight->seen.pushes += first == 0x50;
	straight->steps++;
}

static bool enough(const struct straight *straight)
{
	const struct ingredients *seen = &straight->seen;

	if (straight->steps < SHORTEST || (seen->patches < PATCHES && !builds(seen)))
		return false;
	return builds(seen) || ones(straight->kinds[0]) + ones(straight->kinds[1]) +
					       ones(straight->kinds[2]) +
					       ones(straight->kinds[3]) >=
				       KINDS;
}

/* Do the instructions of the run go straight through enough of what code needs? */
static bool holds_enough(enum x86_mode mode, struct bytes bytes, size_t start, size_t end,
			 unsigned *steps)
{
	struct straight straight = { .steps = 0 };

	for (size_t at = start; straight.steps < LOOK && at < end && !enough(&straight);) {
		unsigned length = length_at(mode, bytes, at);
		if (length == 0)
			break;
		count_instruction(&straight, bytes.data[at], length);
		at += length;
	}
	*steps += straight.steps;
	return enough(&straight);
}

unsigned printable_widths(struct bytes bytes, size_t start, size_t end, uint64_t *cost)
{
	unsigned steps = 0, widths = go_on(bytes, start, &steps);

	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++)
		if (widths >> mode & 1 && !holds_enough(mode, bytes, start, end, &steps))
			widths &= ~(1u << mode);
	*cost += (uint64_t)WALK_COST * steps;
	return widths;
}
