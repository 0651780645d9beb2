/* Where the code begins: earlier start points that do just as much belong to it too, unless they
 * are padding or text. */
#include "shellcode/search.h"

enum {
	MERGES = 4, /* instructions after which two ways that differ in where they begin are one */
	PROLOGUE = 18, /* bytes in which registers are kept */
	WORD = 16      /* bytes of text in which the last blank is looked for */
};

/* A push of letters that another push, or a look at the stack pointer, follows: a string that is
 * built, not the letter h. */
static bool builds_string(const struct search *search, size_t offset)
{
	struct bytes code = bytes_slice(search->piece, offset, 9);
	const uint8_t *data = code.data;
	size_t at = 0, length;

	if (code.length < 9)
		return false;
	if (data[at] == 0x66)
		at++;
	length = data[at] == 0x68 ? (at ? 3 : 5) : data[at] == 0x6a ? 2 : 0;
	if (length == 0)
		return false;
	at += length;
	if (data[at] == 0x48) /* REX.W */
		at++;
	return data[at] == 0x89 || data[at] == 0x54 ||
	       (length > 2 && (data[at] == 0x68 || (data[at] == 0x66 && data[at + 1] == 0x68)));
}

/* xor and sub of a register with itself: text has no such end. */
static bool clears(struct bytes instruction)
{
	size_t at = instruction.length == 3 && (instruction.data[0] & 0xf8) == 0x48 ? 1 : 0;
	uint8_t opcode, modrm;

	if (instruction.length != at + 2)
		return false;
	opcode = instruction.data[at];
	modrm = instruction.data[at + 1];
	return (opcode == 0x31 || opcode == 0x33 || opcode == 0x29 || opcode == 0x2b) &&
	       modrm >= 0xc0 && (modrm & 7) == (modrm >> 3 & 7);
}

/* Where a compiled function begins: endbr; pushes of registers, the last of them in front of what
 * takes or moves the stack pointer. */
static bool begins_function(const struct search *search, size_t offset)
{
	struct bytes code = bytes_slice(search->piece, offset, PROLOGUE);
	const uint8_t *data = code.data;
	size_t at = 0, pushes = 0;

	if (code.length < PROLOGUE)
		return false;
	if (data[0] == 0xf3 && data[1] == 0x0f && data[2] == 0x1e && (data[3] & 0xfe) == 0xfa)
		return true;
	for (; at + 4 < PROLOGUE; at++, pushes++) {
		if (data[at] == 0x41 && (data[at + 1] & 0xf8) == 0x50) /* r8 … r15 */
			at++;
		else if ((data[at] & 0xf8) != 0x50)
			break;
	}
	if ((data[at] & 0xf8) == 0x48) /* REX.W */
		at++;
	return pushes > 0 && ((data[at] == 0x89 && data[at + 1] == 0xe5) ||
			      (data[at] == 0x8b && data[at + 1] == 0xec) ||
			      ((data[at] & 0xfd) == 0x81 && data[at + 1] == 0xec));
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\r' || byte == '\n' || byte == '\t';
}

static bool is_text(uint8_t byte)
{
	return (byte >= 0x20 && byte < 0x7f) || is_blank(byte);
}

/* Padding, or the end of a word. */
static bool is_filler(const struct search *search, size_t offset, size_t length)
{
	struct bytes instruction = bytes_slice(search->piece, offset, length);

	size_t text = 0;

	if (builds_string(search, offset) || clears(instruction) || begins_function(search, offset))
		return false;
	while (text < instruction.length &&
	       (is_text(instruction.data[text]) || instruction.data[text] == 0x90))
		text++;
	/* mostly text with an end that is code, and a blank with what follows ("and" of bytes):
	 * more often the end of a word */
	return 3 * text >= 2 * instruction.length || (text >= 1 && instruction.data[0] == ' ');
}

static bool as_good(struct search *search, enum x86_mode mode, enum patience patience, size_t start,
		    const struct best *best, struct promise *promise)
{
	*promise = search_run(search, mode, start, best->convention, patience, SHARE_PROVE,
			      search->for_proof);
	return (promise->worlds & best->promise.worlds) && promise->score >= best->promise.score;
}

/* Does the instruction at `offset` go straight to `start`: fall into it, or jump there? */
static bool leads_to(struct search *search, enum x86_mode mode, size_t offset, size_t start)
{
	struct step step = sweep_step(search->detector->sweeps[mode], offset);

	if (step.length == 0)
		return false;
	if (step.flow == FLOW_JUMP)
		return (int64_t)offset + step.target == (int64_t)start;
	return step.flow != FLOW_RETURN && step.flow != FLOW_INDIRECT &&
	       offset + step.length == start;
}

/* An instruction before a start, and what a run from there does. */
struct predecessor {
	size_t start; /* SIZE_MAX: there is none */
	bool filler;
	struct promise promise;
};

/* The farthest instruction before `start` that leads to it and does just as much as `best`: fifteen
 * bytes back for those that fall into it, a window for those that jump; fillers only where there is
 * nothing else. What looks like text but makes the run do more is no filler. */
static struct predecessor predecessor(struct search *search, enum x86_mode mode,
				      enum patience patience, const struct best *best, size_t start)
{
	size_t reach = start < START_WINDOW ? start : START_WINDOW;
	struct predecessor filler = { .start = SIZE_MAX };

	for (size_t back = reach; back > 0; back--) {
		struct predecessor found = { .start = start - back };
		if (!leads_to(search, mode, found.start, start) ||
		    !as_good(search, mode, patience, found.start, best, &found.promise))
			continue;
		found.filler =
			found.promise.score <= best->promise.score &&
			is_filler(search, found.start,
				  sweep_step(search->detector->sweeps[mode], found.start).length);
		if (!found.filler)
			return found;
		if (filler.start == SIZE_MAX)
			filler = found;
	}
	return filler;
}

/* Where straight code goes on behind the instruction at `at`, as it is executed; `at`: nowhere, or
 * behind a system call, where another code may begin. */
static size_t next_of(struct search *search, enum x86_mode mode, size_t at)
{
	struct step step = sweep_step(search->detector->sweeps[mode], at);

	if (step.length == 0 || step.flow == FLOW_RETURN || step.flow == FLOW_INDIRECT ||
	    step.flow == FLOW_SYSTEM)
		return at;
	return step.flow == FLOW_JUMP && step.target > 0 ? at + (size_t)step.target
							 : at + step.length;
}

/* Its length; 0: there is none. */
static size_t system_call_at(struct search *search, enum x86_mode mode, size_t at)
{
	struct step step = sweep_step(search->detector->sweeps[mode], at);

	return step.flow == FLOW_SYSTEM ? step.length : 0;
}

/* Do the ways from both meet soon? */
static bool ways_meet(struct search *search, enum x86_mode mode, size_t one, size_t other)
{
	for (unsigned steps = 0; steps < 2 * MERGES && one != other; steps++) {
		size_t *behind = one < other ? &one : &other, next;
		if (*behind >= search->piece.length)
			return false;
		next = next_of(search, mode, *behind);
		if (next == *behind)
			next += system_call_at(search, mode, next);
		if (next == *behind)
			return false;
		*behind = next;
	}
	return one == other;
}

/* The last bytes of a line or a word often are an instruction that swallows the code's first one
 * ("\r\n\r\n" before cld is or eax, 0fc0a0d0ah). Code that begins like that, and is the same soon
 * when it begins behind the last blank, begins there, if it then does as much. */
static void cut_text(struct search *search, enum x86_mode mode, enum patience patience,
		     struct best *best)
{
	struct bytes text = bytes_slice(search->piece, best->start, WORD);
	struct promise promise;
	size_t start = best->start;

	for (size_t i = 0; i < text.length && is_text(text.data[i]); i++)
		if (is_blank(text.data[i]))
			start = best->start + i + 1;
	if (start != best->start && start < search->piece.length &&
	    !builds_string(search, best->start) && ways_meet(search, mode, best->start, start) &&
	    as_good(search, mode, patience, start, best, &promise)) {
		best->start = start;
		best->promise = promise;
	}
}

static void go_back(struct search *search, enum x86_mode mode, enum patience patience,
		    struct best *best)
{
	size_t start = best->start;

	for (unsigned steps = 0, fillers = 0; steps < 24 && fillers < 4; steps++) {
		struct predecessor found = predecessor(search, mode, patience, best, start);
		if (found.start == SIZE_MAX)
			return;
		start = found.start;
		if (found.filler) {
			fillers++;
			continue;
		}
		fillers = 0;
		best->start = start;
		best->promise = found.promise;
	}
}

bool search_begins_in_text(struct search *search, enum x86_mode mode, size_t start)
{
	return is_filler(search, start, sweep_step(search->detector->sweeps[mode], start).length);
}

void search_extend(struct search *search, enum x86_mode mode, enum patience patience,
		   struct best *best)
{
	uint64_t before = sweep_cost(search->detector->sweeps[mode]);

	search->for_proof = search->shares->left[SHARE_PROVE] / 4 * 3;
	if (search_is_weak(&best->promise) && search->for_proof < SEARCH_FOR_STRONG)
		search->for_proof = SEARCH_FOR_STRONG;
	if (search->shares->left[SHARE_PROVE] <= search->for_proof)
		return;
	go_back(search, mode, patience, best);
	cut_text(search, mode, patience, best);
	search_pay_sweep(search, mode, before, SHARE_PROVE);
}

/* Does code lead from `from` to where it goes on as from `to`, which may begin in the middle of an
 * instruction, with less text in it than else? */
static bool code_leads(struct search *search, enum x86_mode mode, size_t from, size_t to)
{
	struct sweep *sweep = search->detector->sweeps[mode];
	unsigned fillers = 0, steps = 0;

	for (size_t merges = 0; from != to;) {
		size_t *behind = from < to ? &from : &to, next;
		if (*behind >= search->piece.length)
			return false;
		if (behind == &from) {
			bool filler = is_filler(search, from, sweep_step(sweep, from).length);
			if (filler && steps == 0)
				return false;
			fillers += filler;
			steps++;
		} else if (++merges > MERGES) {
			return false;
		}
		next = next_of(search, mode, *behind);
		if (next == *behind)
			return false;
		*behind = next;
	}
	return 2 * fillers < steps;
}

bool search_reach_back(struct search *search, enum x86_mode mode, const struct start *starts,
		       const struct promise *promises, size_t count, struct best *best)
{
	uint64_t before = sweep_cost(search->detector->sweeps[mode]);
	bool reached = false;

	/* where a stream has much to prove, how it is told matters less */
	if (shares_low(search->shares, SHARE_PROVE))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (starts[i].offset >= best->start ||
		    search_covers(search, search->piece_offset + starts[i].offset) ||
		    !(promises[i].worlds & best->promise.worlds) ||
		    promise_worth(&promises[i]) < promise_worth(&best->promise) ||
		    !code_leads(search, mode, starts[i].offset, best->start))
			continue;
		best->start = starts[i].offset;
		best->promise = promises[i];
		reached = true;
	}
	search_pay_sweep(search, mode, before, SHARE_PROVE);
	return reached;
}
