/* shellcode - finds, proves by execution, explains and names the kind of shellcode in bytes.
 *
 * Seeds (byte forms that position-independent code needs) choose where to look; execution from the
 * start points that can reach a seed decides; the verdict needs a conjunction of things that only
 * code does (runs what it wrote, reads itself, walks to kernel32 and calls an export, makes a
 * sensible system call). A detector is used by one thread; several may exist. */
#ifndef KENBI_SHELLCODE_H
#define KENBI_SHELLCODE_H

#include <jansson.h>

#include "base/base.h"
#include "trace/trace.h"

/* What execution showed; each is one word in records and one line in the manual. */
#define SHELLCODE_EVIDENCE(EVIDENCE)                                               \
	EVIDENCE(GETPC, "getpc", "computes its own address")                       \
	EVIDENCE(SELF_READ, "self-read", "reads its own bytes")                    \
	EVIDENCE(DECODES, "decodes", "executes what it wrote")                     \
	EVIDENCE(PEB, "peb", "walks from the PEB to loaded modules")               \
	EVIDENCE(EXPORTS, "exports", "searches export tables")                     \
	EVIDENCE(API, "api", "calls Windows functions with sensible arguments")    \
	EVIDENCE(SYSCALL, "syscall", "makes system calls with sensible arguments") \
	EVIDENCE(EGG_HUNT, "egg-hunt", "searches memory for a mark")               \
	EVIDENCE(STACK_STRING, "stack-string", "builds strings by pushing them")

enum shellcode_evidence {
#define SHELLCODE_EVIDENCE_BIT(id, name, meaning) SHELLCODE_##id##_BIT,
	SHELLCODE_EVIDENCE(SHELLCODE_EVIDENCE_BIT)
#undef SHELLCODE_EVIDENCE_BIT
		SHELLCODE_EVIDENCE_COUNT
};

struct shellcode_finding {
	char view[64];	   /* the decodings that it was found through, outermost first ("gzip
			      unescape"), "": none; offset and entry are those of the encoded bytes */
	size_t offset;	   /* where the code that belongs together begins in the bytes */
	size_t entry;	   /* where execution was started */
	const char *arch;  /* "x86", "x86_64" */
	const char *os;	   /* "windows", "linux", "freebsd", "solaris", "macos", "unknown" */
	unsigned evidence; /* 1 << enum shellcode_evidence */
	char kind[17];	   /* hexadecimal; the same payload under any encoding has the same kind */
	json_t *actions;   /* array of {"action":"download"|"connect"|"bind"|"execute"|…, …} */
	json_t *listing;   /* what was executed, with remarks ("listing" of docs/records.md); NULL
			      unless shellcode_explain asked for it */
	struct trace_log *trace; /* everything it did when run to its end */
	uint64_t instructions;
	const char *end; /* "exit", "idle", "budget", "fault" */
};

struct shellcode_detector;
MUST_CHECK int shellcode_new(struct shellcode_detector **detector, struct error *error);
void shellcode_free(struct shellcode_detector *detector);

/* From now on findings come with the listing of what was executed, which costs another run each. */
void shellcode_explain(struct shellcode_detector *detector, bool wanted);

/* `follow_up`: what the same sender said after these bytes or on connections to a port the code
 * opens; fed to code that reads a next stage from the wire. May be empty. Findings (at most
 * `capacity`, in order of offset, not overlapping) are returned owned: release each with
 * shellcode_finding_fini. Returns their number, or ERROR_MEMORY / ERROR_INTERNAL. Work is bounded
 * per byte of input; *exhausted (may be NULL) says that the budget ended the search early. */
MUST_CHECK int shellcode_scan(struct shellcode_detector *detector, struct bytes bytes,
			      struct bytes follow_up, struct shellcode_finding *findings,
			      size_t capacity, bool *exhausted, struct error *error);

/* Long files are scanned window by window. An executable that began in an earlier window is still
 * one: how far it reaches from `offset` of a window on, where the next one begins (0: not inside
 * one), is asked before that is scanned, and told for it; it counts until something else is told.
 */
uint64_t shellcode_image_behind(const struct shellcode_detector *detector, struct bytes bytes,
				size_t offset);
void shellcode_begins_inside_image(struct shellcode_detector *detector, uint64_t length);

/* A file that lies in the bytes as it is. */
struct shellcode_file {
	size_t offset, length;
};
/* The bytes of the next scan are what a conversation without deviations delivered, and these whole
 * files lie in them (none: delivered all the same, perhaps encoded). Compressed data of
 * pictures, sound, video and archives whose format is right to its end is then only asked for what
 * chance hardly makes (docs/shellcode-search.md, "Packed files"). Borrowed until that scan has
 * ended, and told for it alone. */
void shellcode_delivered(struct shellcode_detector *detector, const struct shellcode_file *files,
			 size_t count);

/* What was done since shellcode_new: how far the cheap judgements thin out what is executed. */
struct shellcode_work {
	uint64_t bytes;
	uint64_t seeds;	     /* byte forms found */
	uint64_t candidates; /* of these, what lies behind them uses what they give */
	uint64_t probes;     /* runs of start points */
	uint64_t proofs;     /* promising starts run to their end under observation */
	uint64_t spent;	     /* of the shares, in nanoseconds as counted */
	uint64_t untried;    /* seeds and candidates left out because a share was used up */
};
void shellcode_work(const struct shellcode_detector *detector, struct shellcode_work *work);

void shellcode_finding_fini(struct shellcode_finding *finding);
/* Word of evidence bit `index`; NULL past the end. */
const char *shellcode_evidence_name(unsigned index);

#endif
