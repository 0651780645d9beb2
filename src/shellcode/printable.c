/* Runs are counted by vectors, instructions by tables of the first byte and of ModRM: text without
 * blanks, above all base64, asks this of every line, and nothing else of most. */
#include "shellcode/printable.h"

#include <string.h>

#include "shellcode/glance_form.h"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#define WITH_AVX2 1
#endif

enum {
	LOOK = 160, /* instructions: alphanumeric decoders build themselves at length */
	SHORTEST = 20,
	KINDS = 8,   /* different opcodes in a decoder at least */
	PATCHES = 2, /* and changes of what lies behind it */
	PUSHES = 3,  /* words that code built on the stack has at least */
	SUMS = 2 * PUSHES,
	BLOCK = 64,   /* bytes that are counted at once */
	PREFIXES = 3, /* before an instruction that is known here */
	EITHER = 1 << X86_MODE_32 | 1 << X86_MODE_64,
	WALK_COST = 4 /* of an instruction, in nanoseconds, see share.h */
};

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

/* Marks of a block, which one more byte follows. */
static struct marks marks_plainly(const uint8_t *data)
{
	struct marks marks = { 0 };

	for (unsigned i = 0; i < BLOCK; i++) {
		uint8_t byte = data[i], next = data[i + 1];
		bool patch = (byte | 1) == 0x31 && (next & 0xc0) == 0x40 && (next & 7) != 4;
		marks.patches |= (uint64_t)patch << i;
		marks.sums |= (uint64_t)(byte == 0x25 || byte == 0x2d || byte == 0x35) << i;
		marks.pushes |= (uint64_t)(byte == 0x50) << i;
	}
	return marks;
}

static void count(struct ingredients *seen, struct marks marks, uint64_t which)
{
	seen->patches += ones(marks.patches & which);
	seen->sums += ones(marks.sums & which);
	seen->pushes += ones(marks.pushes & which);
}

#ifdef WITH_AVX2
__attribute__((target("avx2"))) static uint64_t equal(__m256i bytes, uint8_t byte)
{
	return (uint32_t)_mm256_movemask_epi8(
		_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8((char)byte)));
}

__attribute__((target("avx2"))) static uint64_t with_bits(__m256i bytes, uint8_t mask, uint8_t byte)
{
	return equal(_mm256_and_si256(bytes, _mm256_set1_epi8((char)mask)), byte);
}

__attribute__((target("avx2"))) static struct marks half_by_avx2(const uint8_t *data)
{
	__m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)data);
	__m256i next = _mm256_loadu_si256((const __m256i *)(const void *)(data + 1));

	return (struct marks){ .patches = with_bits(bytes, 0xfe, 0x30) &
					  with_bits(next, 0xc0, 0x40) & ~with_bits(next, 7, 4),
			       .sums = equal(bytes, 0x25) | equal(bytes, 0x2d) | equal(bytes, 0x35),
			       .pushes = equal(bytes, 0x50) };
}

/* The two halves of a block, as far as they are asked for. */
__attribute__((target("avx2,popcnt"))) static void
count_by_avx2(struct ingredients *seen, const uint8_t *data, uint64_t which)
{
	for (; which; which >>= BLOCK / 2, data += BLOCK / 2)
		if ((uint32_t)which)
			count(seen, half_by_avx2(data), (uint32_t)which);
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}
#else
static void count_by_avx2(struct ingredients *seen, const uint8_t *data, uint64_t which)
{
	(void)seen, (void)data, (void)which;
}

static bool has_avx2(void)
{
	return false;
}
#endif

static void count_block(struct ingredients *seen, const uint8_t *data, uint64_t which)
{
	if (has_avx2())
		count_by_avx2(seen, data, which);
	else
		count(seen, marks_plainly(data), which);
}

/* The bytes from `at` on: fewer than a block, and one that nothing follows. */
static void count_rest(struct ingredients *seen, struct bytes run, size_t at)
{
	uint8_t last[BLOCK + 1] = { 0 }; /* zeros are nothing of it */
	size_t length = run.length - at;

	memcpy(last, run.data + at, length);
	count_block(seen, last, ~(uint64_t)0);
}

enum printable printable_run(struct bytes run)
{
	struct ingredients seen = { 0 };
	size_t at = 0;

	for (; at + BLOCK < run.length && !builds(&seen); at += BLOCK)
		count_block(&seen, run.data + at, ~(uint64_t)0);
	if (at < run.length && !builds(&seen))
		count_rest(&seen, run, at);
	return builds(&seen)		 ? PRINTABLE_BUILDS
	       : seen.patches >= PATCHES ? PRINTABLE_WRITES
					 : PRINTABLE_NOT;
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
	/* 60 */ old, old, N, arpl, P | 1, P | 1, P | A | 1, A, Z, M | Z, 2, M | 2, N, N, N, N, \
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

unsigned printable_length(enum x86_mode mode, const uint8_t *at)
{
	unsigned end = 0, form = forms[mode][at[0]], immediate;
	bool narrow = false, rex = false, wide = false;

	for (; form & P; form = forms[mode][at[++end]]) {
		if (end == PREFIXES || (rex && !is_rex(mode, at[end])))
			return INSTRUCTION_MAX + 1;
		narrow |= at[end] == 0x66;
		rex = is_rex(mode, at[end]);
		wide = rex && at[end] & 8; /* the last REX counts */
	}
	if (form == N)
		return 0;
	if (form & A || (narrow && at[end] >= 0x70))
		return INSTRUCTION_MAX + 1;
	immediate = (form & SIZE) == Z && narrow && !wide ? 2 : (form & SIZE) - 1;
	end++;
	return end + immediate + (form & M ? form_quick_address(at + end) : 0);
}

unsigned printable_widths(struct bytes bytes, size_t offset, uint64_t *cost)
{
	const uint8_t *narrow = bytes.data + offset, *wide = narrow;
	unsigned narrow_length = 1, wide_length = 1, steps = 0;

	if (bytes.length - offset < (SHORTEST + 1) * INSTRUCTION_MAX)
		return EITHER;
	/* one that ends has the length 0, and stays there */
	for (; steps < SHORTEST && (narrow_length | wide_length); steps++) {
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
	*cost += (uint64_t)WALK_COST * steps;
	return (narrow_length ? 1u << X86_MODE_32 : 0) | (wide_length ? 1u << X86_MODE_64 : 0);
}

/* Most have no prefix. */
static unsigned length_of(enum x86_mode mode, const uint8_t *at)
{
	unsigned length = forms[mode][at[0]] & P ? A : quick_length(mode, at);

	return length & A ? printable_length(mode, at) : length;
}

struct straight {
	struct ingredients seen;
	uint64_t kinds[4]; /* opcodes or prefixes, one bit each */
	unsigned kinds_count, steps;
};

static void count_instruction(struct straight *straight, uint8_t first, unsigned length)
{
	uint64_t *kinds = &straight->kinds[first >> 6], bit = (uint64_t)1 << (first & 63);

	straight->kinds_count += !(*kinds & bit);
	*kinds |= bit;
	straight->seen.patches += (first | 1) == 0x31 && length == 3;
	straight->seen.sums += first == 0x25 || first == 0x2d || first == 0x35;
	straight->seen.pushes += first == 0x50;
	straight->steps++;
}

static bool enough(const struct straight *straight)
{
	const struct ingredients *seen = &straight->seen;

	return straight->steps >= SHORTEST &&
	       (builds(seen) || (seen->patches >= PATCHES && straight->kinds_count >= KINDS));
}

bool printable_works(struct sweep *sweep, enum x86_mode mode, size_t offset)
{
	struct bytes bytes = sweep_bytes(sweep);
	struct straight straight = { .steps = 0 };

	while (straight.steps < LOOK && offset < bytes.length) {
		uint8_t first = bytes.data[offset];
		unsigned length = offset + INSTRUCTION_MAX < bytes.length
					  ? length_of(mode, bytes.data + offset)
					  : INSTRUCTION_MAX + 1;
		if (length > INSTRUCTION_MAX) {
			struct step step = sweep_pass(sweep, offset);
			if (step.flow != FLOW_NEXT && step.flow != FLOW_BRANCH)
				break;
			length = step.length;
		}
		if (length == 0)
			break;
		count_instruction(&straight, first, length);
		if (enough(&straight))
			break;
		offset += length;
	}
	sweep_pay(sweep, (uint64_t)WALK_COST * straight.steps);
	return enough(&straight);
}
