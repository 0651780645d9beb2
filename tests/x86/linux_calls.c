/* The system calls of linux_guest.h, one table for both number spaces (asm/unistd_32.h,
 * asm/unistd_64.h). */
#include "linux_guest.h"

#include <errno.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PAGE 4096u

struct call {
	uint64_t arguments[6];
	bool wide;
};

typedef int64_t call_handler(struct linux_guest *guest, const struct call *call);

static uint64_t page_up(uint64_t address)
{
	return (address + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

/* --- output --- */

static int64_t append_output(struct linux_guest *guest, uint64_t descriptor, uint64_t address,
			     uint64_t length)
{
	uint8_t bytes[PAGE];
	uint64_t done = 0;

	if (descriptor != 1 && descriptor != 2)
		return -EBADF;
	while (done < length) {
		size_t part = length - done < sizeof bytes ? (size_t)(length - done) : sizeof bytes;
		if (x86_read(guest->machine, address + done, bytes, part) < 0)
			return -EFAULT;
		if (buffer_append(&guest->output, bytes, part) < 0)
			return -EIO;
		done += part;
	}
	return (int64_t)length;
}

static int64_t call_write(struct linux_guest *guest, const struct call *call)
{
	return append_output(guest, call->arguments[0], call->arguments[1], call->arguments[2]);
}

static int64_t call_writev(struct linux_guest *guest, const struct call *call)
{
	unsigned width = call->wide ? 8 : 4;
	int64_t sum = 0;

	for (uint64_t i = 0; i < call->arguments[2] && i < 1024; i++) {
		uint64_t part[2] = { 0, 0 };
		for (unsigned k = 0; k < 2; k++)
			if (x86_read(guest->machine, call->arguments[1] + (2 * i + k) * width,
				     &part[k], width) < 0)
				return -EFAULT;
		int64_t wrote = append_output(guest, call->arguments[0], part[0], part[1]);
		if (wrote < 0)
			return wrote;
		sum += wrote;
	}
	return sum;
}

static int64_t call_end_of_file(struct linux_guest *guest, const struct call *call)
{
	(void)guest;
	(void)call;
	return 0;
}

static int64_t call_succeed(struct linux_guest *guest, const struct call *call)
{
	(void)guest;
	(void)call;
	return 0;
}

static int64_t call_no_terminal(struct linux_guest *guest, const struct call *call)
{
	(void)guest;
	(void)call;
	return -ENOTTY;
}

static int64_t call_no_entry(struct linux_guest *guest, const struct call *call)
{
	(void)guest;
	(void)call;
	return -ENOENT;
}

static int64_t call_no_seek(struct linux_guest *guest, const struct call *call)
{
	(void)guest;
	(void)call;
	return -ESPIPE;
}

static int64_t call_no_memory(struct linux_guest *guest, const struct call *call)
{
	(void)guest;
	(void)call;
	return -ENOMEM;
}

static int64_t call_no_such_call(struct linux_guest *guest, const struct call *call)
{
	(void)guest;
	(void)call;
	return -ENOSYS;
}

static int64_t call_one(struct linux_guest *guest, const struct call *call)
{
	(void)guest;
	(void)call;
	return 1;
}

/* Every descriptor is a pipe, as the native run's are. */
static int64_t pipe_status(struct linux_guest *guest, uint64_t into)
{
	struct stat status = { .st_mode = S_IFIFO | 0600, .st_nlink = 1, .st_blksize = PAGE };

	return x86_write(guest->machine, into, &status, sizeof status) < 0 ? -EFAULT : 0;
}

static int64_t call_fstat(struct linux_guest *guest, const struct call *call)
{
	return pipe_status(guest, call->arguments[1]);
}

static int64_t call_newfstatat(struct linux_guest *guest, const struct call *call)
{
	return pipe_status(guest, call->arguments[2]);
}

static int64_t call_statx(struct linux_guest *guest, const struct call *call)
{
	struct statx status = { .stx_mask = STATX_BASIC_STATS,
				.stx_mode = S_IFIFO | 0600,
				.stx_nlink = 1,
				.stx_blksize = PAGE };

	return x86_write(guest->machine, call->arguments[4], &status, sizeof status) < 0 ? -EFAULT
											 : 0;
}

/* --- memory --- */

static unsigned protection_of(uint64_t bits)
{
	return (bits & PROT_READ ? X86_READ : 0) | (bits & PROT_WRITE ? X86_WRITE : 0) |
	       (bits & PROT_EXEC ? X86_EXECUTE : 0);
}

static int64_t call_brk(struct linux_guest *guest, const struct call *call)
{
	uint64_t wanted = call->arguments[0];

	if (wanted < guest->brk_start || wanted - guest->brk_start > (64u << 20))
		return (int64_t)guest->brk;
	uint64_t old_end = page_up(guest->brk), new_end = page_up(wanted);
	if (new_end > old_end &&
	    x86_map(guest->machine, old_end, new_end - old_end, X86_READ | X86_WRITE) < 0)
		return (int64_t)guest->brk;
	if (new_end < old_end && x86_unmap(guest->machine, new_end, old_end - new_end) < 0)
		return (int64_t)guest->brk;
	guest->brk = wanted;
	return (int64_t)wanted;
}

/* Anonymous memory only: these programs open no files. */
static int64_t call_mmap(struct linux_guest *guest, const struct call *call)
{
	uint64_t address = call->arguments[0], length = page_up(call->arguments[1]);
	uint64_t flags = call->arguments[3];

	if (!(flags & MAP_ANONYMOUS))
		return -EBADF;
	if (length == 0 || length > (64u << 20))
		return length == 0 ? -EINVAL : -ENOMEM;
	if (!(flags & MAP_FIXED)) {
		guest->map_next -= length;
		address = guest->map_next;
	}
	if (x86_map(guest->machine, address, length, protection_of(call->arguments[2])) < 0)
		return -ENOMEM;
	return (int64_t)address;
}

static int64_t call_munmap(struct linux_guest *guest, const struct call *call)
{
	return x86_unmap(guest->machine, call->arguments[0], call->arguments[1]) < 0 ? -EINVAL : 0;
}

static int64_t call_mprotect(struct linux_guest *guest, const struct call *call)
{
	return x86_protect(guest->machine, call->arguments[0], call->arguments[1],
			   protection_of(call->arguments[2])) < 0
		       ? -ENOMEM
		       : 0;
}

/* --- the thread, the machine, the clock --- */

/* ARCH_SET_FS and ARCH_SET_GS of asm/prctl.h. */
static int64_t call_arch_prctl(struct linux_guest *guest, const struct call *call)
{
	if (call->arguments[0] != 0x1002 && call->arguments[0] != 0x1001)
		return -EINVAL;
	x86_set_segment(guest->machine, call->arguments[0] == 0x1002 ? X86_FS : X86_GS, 0,
			call->arguments[1]);
	return 0;
}

/* struct user_desc of asm/ldt.h: entry_number, base_addr, limit, flags. The first free entry of the
 * table is 12; its selector becomes known to the machine, and the program loads it. */
static int64_t call_set_thread_area(struct linux_guest *guest, const struct call *call)
{
	const uint32_t entry = 12;
	uint32_t base;

	if (x86_read(guest->machine, call->arguments[0] + 4, &base, sizeof base) < 0 ||
	    x86_write(guest->machine, call->arguments[0], &entry, sizeof entry) < 0)
		return -EFAULT;
	x86_set_segment(guest->machine, X86_GS, entry << 3 | 3, base);
	return 0;
}

static int64_t call_uname(struct linux_guest *guest, const struct call *call)
{
	char fields[6][65] = { "Linux", "guest", "6.1.0", "#1", "", "" };

	strcpy(fields[4], call->wide ? "x86_64" : "i686");
	return x86_write(guest->machine, call->arguments[0], fields, sizeof fields) < 0 ? -EFAULT
											: 0;
}

static int64_t call_getrandom(struct linux_guest *guest, const struct call *call)
{
	uint64_t length = call->arguments[1] < 256 ? call->arguments[1] : 256;

	for (uint64_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)(i * 29 + 7);
		if (x86_write(guest->machine, call->arguments[0] + i, &byte, 1) < 0)
			return -EFAULT;
	}
	return (int64_t)length;
}

/* Seconds and nanoseconds of `width` bytes each: the instruction count is the clock. */
static int64_t put_time(struct linux_guest *guest, uint64_t into, unsigned width, uint64_t divisor)
{
	uint64_t now = x86_instructions(guest->machine);
	uint64_t seconds = 1000000000 + now / 1000000000, part = now % 1000000000 / divisor;

	return x86_write(guest->machine, into, &seconds, width) < 0 ||
			       x86_write(guest->machine, into + width, &part, width) < 0
		       ? -EFAULT
		       : 0;
}

static int64_t call_clock_gettime(struct linux_guest *guest, const struct call *call)
{
	return put_time(guest, call->arguments[1], call->wide ? 8 : 4, 1);
}

static int64_t call_clock_gettime64(struct linux_guest *guest, const struct call *call)
{
	return put_time(guest, call->arguments[1], 8, 1);
}

static int64_t call_gettimeofday(struct linux_guest *guest, const struct call *call)
{
	return put_time(guest, call->arguments[0], call->wide ? 8 : 4, 1000);
}

/* prlimit64: every limit is 8 MiB. */
static int64_t call_prlimit(struct linux_guest *guest, const struct call *call)
{
	const uint64_t limit[2] = { 8u << 20, 8u << 20 };

	if (call->arguments[3] == 0)
		return 0;
	return x86_write(guest->machine, call->arguments[3], limit, sizeof limit) < 0 ? -EFAULT : 0;
}

/* ugetrlimit of IA-32, likewise. */
static int64_t call_getrlimit(struct linux_guest *guest, const struct call *call)
{
	const uint32_t limit[2] = { 8u << 20, 8u << 20 };

	return x86_write(guest->machine, call->arguments[1], limit, sizeof limit) < 0 ? -EFAULT : 0;
}

/* sysinfo: 1 GiB of memory, half of it free (qsort asks before it takes room). The fields are longs
 * behind the uptime and three load averages; the unit comes behind eight more of them. */
static int64_t call_sysinfo(struct linux_guest *guest, const struct call *call)
{
	const unsigned width = call->wide ? 8 : 4;
	const uint64_t total = 1u << 30, free = total / 2;
	const uint32_t unit = 1;
	uint8_t info[112] = { 0 };

	memcpy(info + 4 * width, &total, width);
	memcpy(info + 5 * width, &free, width);
	memcpy(info + (call->wide ? 104 : 52), &unit, sizeof unit);
	return x86_write(guest->machine, call->arguments[0], info, call->wide ? 112 : 64) < 0
		       ? -EFAULT
		       : 0;
}

static int64_t call_exit(struct linux_guest *guest, const struct call *call)
{
	guest->exited = true;
	guest->status = (int)(call->arguments[0] & 0xff);
	return 0;
}

enum { ABSENT = -1 };

static const struct {
	int wide, narrow; /* numbers on x86-64 and IA-32 */
	call_handler *handler;
} calls[] = {
	{ 0, 3, call_end_of_file },	 /* read */
	{ 1, 4, call_write },		 /* write */
	{ 3, 6, call_succeed },		 /* close */
	{ 5, ABSENT, call_fstat },	 /* fstat */
	{ 8, 19, call_no_seek },	 /* lseek */
	{ ABSENT, 140, call_no_seek },	 /* _llseek */
	{ 9, 192, call_mmap },		 /* mmap, mmap2 */
	{ 10, 125, call_mprotect },	 /* mprotect */
	{ 11, 91, call_munmap },	 /* munmap */
	{ 12, 45, call_brk },		 /* brk */
	{ 13, 174, call_succeed },	 /* rt_sigaction */
	{ 14, 175, call_succeed },	 /* rt_sigprocmask */
	{ 16, 54, call_no_terminal },	 /* ioctl */
	{ 20, 146, call_writev },	 /* writev */
	{ 25, 163, call_no_memory },	 /* mremap: the library copies instead */
	{ 28, 219, call_succeed },	 /* madvise */
	{ 39, 20, call_one },		 /* getpid */
	{ 60, 1, call_exit },		 /* exit */
	{ 63, 122, call_uname },	 /* uname */
	{ ABSENT, 191, call_getrlimit }, /* ugetrlimit */
	{ 99, 116, call_sysinfo },	 /* sysinfo */
	{ 89, 85, call_no_entry },	 /* readlink */
	{ 96, 78, call_gettimeofday },	 /* gettimeofday */
	{ 158, 384, call_arch_prctl },	 /* arch_prctl */
	{ 186, 224, call_one },		 /* gettid */
	{ 202, 240, call_succeed },	 /* futex */
	{ ABSENT, 243, call_set_thread_area },
	{ 218, 258, call_one }, /* set_tid_address */
	{ 228, 265, call_clock_gettime },
	{ ABSENT, 403, call_clock_gettime64 },
	{ 231, 252, call_exit }, /* exit_group */
	{ 262, ABSENT, call_newfstatat },
	{ 267, 305, call_no_entry }, /* readlinkat */
	{ 273, 311, call_succeed },  /* set_robust_list */
	{ 302, 340, call_prlimit },  /* prlimit64 */
	{ 318, 355, call_getrandom },
	{ 332, 383, call_statx },
	{ 334, 386, call_no_such_call }, /* rseq */
};

static call_handler *find_call(bool wide, uint64_t number)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if ((uint64_t)(int64_t)(wide ? calls[i].wide : calls[i].narrow) == number)
			return calls[i].handler;
	return NULL;
}

void linux_guest_call(struct linux_guest *guest)
{
	static const enum x86_register wide_order[] = { X86_DI,	 X86_SI, X86_DX,
							X86_R10, X86_R8, X86_R9 };
	static const enum x86_register narrow_order[] = { X86_BX, X86_CX, X86_DX,
							  X86_SI, X86_DI, X86_BP };
	struct call call = { .wide = x86_mode(guest->machine) == X86_MODE_64 };
	uint64_t number = x86_get(guest->machine, X86_AX);
	int64_t result = -ENOSYS;

	for (unsigned i = 0; i < 6; i++)
		call.arguments[i] =
			x86_get(guest->machine, call.wide ? wide_order[i] : narrow_order[i]);
	call_handler *handler = find_call(call.wide, number);
	if (handler)
		result = handler(guest, &call);
	else if (guest->unknown_calls++ == 0)
		guest->unknown_call = (unsigned)number;
	x86_set(guest->machine, X86_AX, (uint64_t)result);
}
