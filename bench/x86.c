/* The simulator beside Unicorn on what shellcode and packers do. Prints a table, or with --json one
 * record a line.
 *
 * Unicorn is only measured here, where it is installed; nothing of kenbi links it. Each figure is
 * the median of several runs. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "x86/x86.h"

#ifdef HAVE_UNICORN
#include <unicorn/unicorn.h>
#endif

enum { RUNS = 5, COLD_BYTES = 1 << 20, RESTARTS = 20000 };

#define CODE	UINT32_C(0x00400000)
#define DATA	UINT32_C(0x00a00000)
#define STACK	UINT32_C(0x00c00000)
#define LOADED	(2u << 20)
#define NOTHING (-1.0)

struct workload {
	const char *name;
	const uint8_t *code;
	size_t length;
	uint32_t counter;      /* ecx */
	uint64_t instructions; /* to execute; 0: a restart from a snapshot */
	bool limited;	       /* Unicorn with an exact instruction limit */
};

static double now(void)
{
	struct timespec time;

	/* of this process: other work on the machine does not count */
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	double difference = *(const double *)a - *(const double *)b;

	return (difference > 0) - (difference < 0);
}

static double median(double *values)
{
	qsort(values, RUNS, sizeof *values, ascending);
	return values[RUNS / 2];
}

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "bench x86: %s\n", what);
	exit(3);
}

/* --- ours --- */

static struct x86 *machine_new(const struct workload *load)
{
	struct x86 *machine = x86_new(X86_MODE_32, 64u << 20);
	const unsigned all = X86_READ | X86_WRITE | X86_EXECUTE;

	if (!machine || x86_map(machine, CODE, LOADED, all) < 0 ||
	    x86_map(machine, DATA, 1u << 20, X86_READ | X86_WRITE) < 0 ||
	    x86_map(machine, STACK - 0x10000, 0x10000, X86_READ | X86_WRITE) < 0 ||
	    x86_write(machine, CODE, load->code, load->length) < 0)
		give_up("no memory");
	x86_set(machine, X86_SP, STACK - 0x1000);
	x86_set(machine, X86_CX, load->counter);
	x86_set(machine, X86_SI, DATA);
	x86_set(machine, X86_DI, DATA + 0x1000);
	x86_set_ip(machine, CODE);
	return machine;
}

static double ours_restart(struct x86 *machine)
{
	double start;

	if (x86_snapshot(machine) < 0)
		give_up("no snapshot");
	x86_commit(machine);
	start = now();
	for (unsigned i = 0; i < RESTARTS; i++) {
		if (x86_snapshot(machine) < 0)
			give_up("no snapshot");
		x86_run(machine, 20);
		x86_rollback(machine);
		x86_commit(machine);
	}
	return (now() - start) * 1e6 / RESTARTS;
}

/* Million instructions a second, or microseconds for a restart. */
static double ours(const struct workload *load)
{
	double values[RUNS];

	for (unsigned run = 0; run < RUNS; run++) {
		struct x86 *machine = machine_new(load);
		if (load->instructions == 0) {
			values[run] = ours_restart(machine);
		} else {
			double start = now();
			struct x86_exit end = x86_run(machine, load->instructions);
			values[run] = (double)load->instructions / (now() - start) / 1e6;
			if (end.reason != X86_STOP_BUDGET)
				give_up(load->name);
		}
		x86_free(machine);
	}
	return median(values);
}

static double ours_memory(void)
{
	struct mallinfo2 before = mallinfo2(), after;
	struct x86 *machine = x86_new(X86_MODE_32, 64u << 20);
	double bytes;

	after = mallinfo2();
	bytes = (double)(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd);
	x86_free(machine);
	return bytes / 1024;
}

static double ours_creation(void)
{
	double start = now();

	for (unsigned i = 0; i < 1000; i++)
		x86_free(x86_new(X86_MODE_32, 64u << 20));
	return (now() - start) * 1e6 / 1000;
}

/* --- Unicorn --- */

#ifdef HAVE_UNICORN

static uc_engine *unicorn_new(const struct workload *load)
{
	uint32_t stack = STACK - 0x1000, data = DATA, more = DATA + 0x1000;
	uc_engine *engine;

	if (uc_open(UC_ARCH_X86, UC_MODE_32, &engine) != UC_ERR_OK ||
	    uc_mem_map(engine, CODE, LOADED, UC_PROT_ALL) != UC_ERR_OK ||
	    uc_mem_map(engine, DATA, 1u << 20, UC_PROT_READ | UC_PROT_WRITE) != UC_ERR_OK ||
	    uc_mem_map(engine, STACK - 0x10000, 0x10000, UC_PROT_READ | UC_PROT_WRITE) !=
		    UC_ERR_OK ||
	    uc_mem_write(engine, CODE, load->code, load->length) != UC_ERR_OK)
		give_up("unicorn does not start");
	uc_reg_write(engine, UC_X86_REG_ESP, &stack);
	uc_reg_write(engine, UC_X86_REG_ECX, &load->counter);
	uc_reg_write(engine, UC_X86_REG_ESI, &data);
	uc_reg_write(engine, UC_X86_REG_EDI, &more);
	return engine;
}

/* Registers only: it has no snapshot of memory. */
static double unicorn_restart(uc_engine *engine, bool limited)
{
	enum { FEWER = RESTARTS / 20 };
	uc_context *context;
	double start;

	if (uc_context_alloc(engine, &context) != UC_ERR_OK)
		give_up("unicorn has no context");
	start = now();
	for (unsigned i = 0; i < FEWER; i++) {
		uc_context_save(engine, context);
		uc_emu_start(engine, CODE, CODE + 0x2a, 0, limited ? 20 : 0);
		uc_context_restore(engine, context);
	}
	start = (now() - start) * 1e6 / FEWER;
	uc_context_free(context);
	return start;
}

static double peer(const struct workload *load)
{
	double values[RUNS];

	for (unsigned run = 0; run < RUNS; run++) {
		uc_engine *engine = unicorn_new(load);
		if (load->instructions == 0) {
			values[run] = unicorn_restart(engine, load->limited);
		} else {
			double start = now();
			uc_err error = uc_emu_start(engine, CODE, CODE + load->length, 0,
						    load->limited ? load->instructions : 0);
			values[run] = (double)load->instructions / (now() - start) / 1e6;
			if (error != UC_ERR_OK)
				give_up("unicorn stopped early");
		}
		uc_close(engine);
	}
	return median(values);
}

static long resident_kib(void)
{
	long total = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file) {
		if (fscanf(file, "%ld %ld", &total, &resident) != 2)
			resident = 0;
		fclose(file);
	}
	return resident * 4;
}

static double peer_memory(void)
{
	static const uint8_t nop = 0x90;
	const struct workload load = { .code = &nop, .length = 1 };
	long before = resident_kib();
	uc_engine *engine = unicorn_new(&load);
	double kib;

	uc_emu_start(engine, CODE, CODE + 1, 0, 0);
	kib = (double)(resident_kib() - before);
	uc_close(engine);
	return kib;
}

/* Opening only: it puts off most of its work to the first run, see its memory. */
static double peer_creation(void)
{
	double start = now();
	uc_engine *engine;

	for (unsigned i = 0; i < 100; i++) {
		if (uc_open(UC_ARCH_X86, UC_MODE_32, &engine) != UC_ERR_OK)
			give_up("unicorn does not start");
		uc_close(engine);
	}
	return (now() - start) * 1e6 / 100;
}

#else

static double peer(const struct workload *load)
{
	(void)load;
	return NOTHING;
}

static double peer_memory(void)
{
	return NOTHING;
}

static double peer_creation(void)
{
	return NOTHING;
}

#endif

/* --- output --- */

static void print(bool json, const char *name, double value, const char *unit, double other)
{
	if (!json) {
		printf("%-28s %10.3f %-5s", name, value, unit);
		if (other >= 0)
			printf("  unicorn-2.0.1 %10.3f  ratio %8.2f", other, value / other);
		printf("\n");
	} else if (other >= 0) {
		printf("{\"bench\":\"x86\",\"case\":\"%s\",\"value\":%.4g,\"unit\":\"%s\","
		       "\"peer\":\"unicorn-2.0.1\",\"peer_value\":%.4g,\"ratio\":%.4g}\n",
		       name, value, unit, other, value / other);
	} else {
		printf("{\"bench\":\"x86\",\"case\":\"%s\",\"value\":%.4g,\"unit\":\"%s\","
		       "\"peer\":null,\"peer_value\":null,\"ratio\":null}\n",
		       name, value, unit);
	}
	fflush(stdout);
}

/* Straight code of everyday instructions that differ in their registers and numbers; returns how
 * many. */
static uint64_t make_cold(uint8_t *code, size_t size)
{
	struct random random;
	uint64_t count = 0;
	size_t at = 0;

	random_init(&random, 1, 0);
	for (; at + 16 < size; count++) {
		uint32_t number = random_u32(&random);
		/* registers eax, edx, ebx only: ecx, esp, esi, edi keep their meaning */
		static const uint8_t registers[] = { 0, 2, 3, 0 };
		uint8_t a = registers[number & 3], b = registers[number >> 2 & 3];
		switch (random_below(&random, 10)) {
		case 0: code[at++] = (uint8_t)(0x40 + a); break;
		case 1:
			code[at++] = (uint8_t)(0xb8 + a);
			memcpy(&code[at], &number, 4);
			at += 4;
			break;
		case 2:
			code[at++] = 0x8b; /* mov a, [esi + disp8] */
			code[at++] = (uint8_t)(0x46 | a << 3);
			code[at++] = (uint8_t)(number >> 8 & 0x7f);
			break;
		case 3:
			code[at++] = 0x89; /* mov [edi + disp32], a */
			code[at++] = (uint8_t)(0x87 | a << 3);
			number &= 0xffff;
			memcpy(&code[at], &number, 4);
			at += 4;
			break;
		case 4:
			code[at++] = (uint8_t)(0x50 + a);
			code[at++] = (uint8_t)(0x58 + b);
			count++;
			break;
		case 5:
			code[at++] = 0x83;
			code[at++] = (uint8_t)(0xc0 | (number >> 16 & 7) << 3 | a);
			code[at++] = (uint8_t)(number >> 8);
			break;
		case 6:
			code[at++] = 0x0f; /* movzx a, b8 */
			code[at++] = 0xb6;
			code[at++] = (uint8_t)(0xc0 | a << 3 | b);
			break;
		case 7:
			code[at++] = 0x74; /* jz next */
			code[at++] = 0;
			break;
		case 8:
			code[at++] = 0xc1;
			code[at++] = (uint8_t)(0xe0 | a);
			code[at++] = (uint8_t)(number >> 8 & 31);
			break;
		default:
			code[at++] = (uint8_t)(0x01 | (number >> 16 & 7) << 3);
			code[at++] = (uint8_t)(0xc0 | a << 3 | b);
			break;
		}
	}
	memset(&code[at], 0x90, size - at);
	return count;
}

int main(int count, char **arguments)
{
	/* again: xor byte [esi], 0x55; inc esi; and esi, 0xa0ffff; dec ecx; jnz again */
	static const uint8_t decryptor[] = "\x80\x36\x55\x46\x81\xe6\xff\xff\xa0\x00\x49\x75\xf3";
	/* again: push eax; call f; pop eax; dec ecx; jnz again; jmp end; f: push ebp; mov ebp, esp;
	 * pop ebp; ret */
	static const uint8_t calls[] =
		"\x50\xe8\x06\x00\x00\x00\x58\x49\x75\xf6\xeb\x05\x55\x89\xe5\x5d\xc3";
	/* again: add eax, ecx; xor edx, eax; rol edx, 5; lea ebx, [eax+edx*2]; sub eax, ebx; dec
	 * ecx; jnz again */
	static const uint8_t alu[] = "\x01\xc8\x31\xc2\xc1\xc2\x05\x8d\x1c\x50\x29\xd8\x49\x75\xf1";
	/* call 1f; 1: pop ebx; 2: mov edx, 512; 3: xor byte [ebx+edx+64], 0x5a; dec edx; jnz 3b;
	 * dec ecx; jnz 2b */
	static const uint8_t patcher[] =
		"\xe8\x00\x00\x00\x00\x5b\xba\x00\x02\x00\x00\x80\x74\x13\x40\x5a"
		"\x4a\x75\xf8\x49\x75\xf0";
	/* call 1f; 1: pop ebx; 2: add byte [ebx+6], 3; xor byte [esi], 0; inc esi; and esi,
	 * 0xa0ffff; dec ecx; jnz 2b: the key is in the code */
	static const uint8_t sliding[] =
		"\xe8\x00\x00\x00\x00\x5b\x80\x43\x07\x03\x80\x36\x00\x46\x81\xe6\xff\xff"
		"\xa0\x00\x49\x75\xef";
	/* twenty instructions: four times push ecx; mov eax, [esp]; add eax, 5; xor edx, eax; pop
	 * ebx */
	static const uint8_t restart[] =
		"\x51\x8b\x04\x24\x83\xc0\x05\x31\xc2\x5b\x51\x8b\x04\x24\x83\xc0\x05"
		"\x31\xc2\x5b\x51\x8b\x04\x24\x83\xc0\x05\x31\xc2\x5b\x51\x8b\x04\x24"
		"\x83\xc0\x05\x31\xc2\x5b\x90\x90";
	static uint8_t cold[COLD_BYTES];
	uint64_t straight = make_cold(cold, sizeof cold);
	bool json = count > 1 && strcmp(arguments[1], "--json") == 0;
	const struct workload loads[] = {
		{ "cold code", cold, sizeof cold, 0, straight, false },
		{ "xor decryptor", decryptor, sizeof decryptor - 1, 4000000, 20000000, false },
		{ "call heavy", calls, sizeof calls - 1, 2000000, 18000000, false },
		{ "alu loop", alu, sizeof alu - 1, 4000000, 28000000, false },
		{ "alu loop, exact limit", alu, sizeof alu - 1, 4000000, 28000000 - 1, true },
		{ "self-patching decoder", patcher, sizeof patcher - 1, 1000, 1539000, false },
		{ "self-patching key", sliding, sizeof sliding - 1, 200000, 1200002 - 1, false },
		{ "snapshot+20+rollback", restart, sizeof restart - 1, 1, 0, false },
		{ "snapshot+20+rollback, limit", restart, sizeof restart - 1, 1, 0, true },
	};

	for (unsigned i = 0; i < sizeof loads / sizeof loads[0]; i++)
		print(json, loads[i].name, ours(&loads[i]), loads[i].instructions ? "MIPS" : "us",
		      peer(&loads[i]));
	print(json, "fresh engine", ours_creation(), "us", peer_creation());
	print(json, "memory of a fresh engine", ours_memory(), "KiB", peer_memory());
	return 0;
}
