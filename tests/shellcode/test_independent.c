/* What is found in bytes, and what the search costs as counted, depends on the bytes: not on
 * whether a listing was asked for, nor on what the detector has searched before. Every technique,
 * bare and planted in random bytes, and floods that use the shares up are searched by a detector
 * that lists, one that does not, and one that is new. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flood.h"
#include "shellcode/shellcode.h"

enum {
	FINDINGS = 8,
	NOISE = 1 << 16,
	NEW_ONE_IN = 3,
	PLANTED_ONE_IN = 4,
	LONGEST = 1 << 16,
	FLOOD = 1 << 17
};

static struct shellcode_detector *plain, *lists;
static unsigned found, searched;

static struct shellcode_detector *detector_new(bool explains)
{
	struct shellcode_detector *detector;
	struct error error;

	assert_int_equal(shellcode_new(&detector, &error), 0);
	shellcode_explain(detector, explains);
	return detector;
}

/* Everything that is told of a finding but its listing, as text. */
static void describe(const struct shellcode_finding *finding, struct buffer *into)
{
	char *actions = json_dumps(finding->actions, JSON_COMPACT | JSON_SORT_KEYS);

	assert_non_null(actions);
	buffer_printf(into, "%s at %zu from %zu, %s %s, %x, %s, %llu to %s, %zu events, %s\n",
		      finding->view, finding->offset, finding->entry, finding->os, finding->arch,
		      finding->evidence, finding->kind, (unsigned long long)finding->instructions,
		      finding->end, trace_log_count(finding->trace), actions);
	free(actions);
}

static struct shellcode_work work_of(const struct shellcode_detector *detector)
{
	struct shellcode_work work;

	shellcode_work(detector, &work);
	return work;
}

/* How many findings there are. */
static int search(struct shellcode_detector *detector, bool explains, struct bytes bytes,
		  struct buffer *told)
{
	struct shellcode_finding findings[FINDINGS];
	struct error error;
	struct shellcode_work before = work_of(detector), after;
	bool exhausted;
	int count = shellcode_scan(detector, bytes, (struct bytes){ NULL, 0 }, findings, FINDINGS,
				   &exhausted, &error);

	assert_true(count >= 0);
	after = work_of(detector);
	buffer_init(told, 1 << 20);
	buffer_printf(told, "%d%s, %llu ns, %llu probes, %llu proofs, %llu untried\n", count,
		      exhausted ? ", not all was tried" : "",
		      (unsigned long long)(after.spent - before.spent),
		      (unsigned long long)(after.probes - before.probes),
		      (unsigned long long)(after.proofs - before.proofs),
		      (unsigned long long)(after.untried - before.untried));
	for (int i = 0; i < count; i++) {
		describe(&findings[i], told);
		assert_int_equal(findings[i].listing != NULL, explains);
		shellcode_finding_fini(&findings[i]);
	}
	assert_false(buffer_failed(told));
	return count;
}

static void is_told_alike(struct bytes bytes)
{
	struct buffer one, other;

	found += (unsigned)search(plain, false, bytes, &one);
	(void)search(lists, true, bytes, &other);
	assert_string_equal(buffer_text(&other), buffer_text(&one));
	buffer_fini(&other);
	if (searched++ % NEW_ONE_IN == 0) {
		struct shellcode_detector *newborn = detector_new(false);
		(void)search(newborn, false, bytes, &other);
		assert_string_equal(buffer_text(&other), buffer_text(&one));
		buffer_fini(&other);
		shellcode_free(newborn);
	}
	buffer_fini(&one);
}

static void with_vectors(void (*task)(struct bytes code, unsigned number))
{
	const char *folder = getenv("KENBI_VECTORS");
	struct dirent **entries;
	int count;

	assert_non_null(folder);
	count = scandir(folder, &entries, NULL, alphasort);
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name, *end = strrchr(name, '.');
		struct buffer code;
		struct error error;
		char path[1024];
		if (end && strcmp(end, ".bin") == 0 && strncmp(name, "kind_", 5) != 0) {
			snprintf(path, sizeof path, "%s/%s", folder, name);
			assert_int_equal(file_read(path, LONGEST, &code, &error), 0);
			task(buffer_bytes(&code), (unsigned)i);
			buffer_fini(&code);
		}
		free(entries[i]);
	}
	free(entries);
}

static void bare(struct bytes code, unsigned number)
{
	(void)number;
	is_told_alike(code);
}

static void planted(struct bytes code, unsigned number)
{
	static uint8_t noise[NOISE];
	struct random random;
	size_t at;

	if (number % PLANTED_ONE_IN)
		return;
	random_init(&random, number, 7);
	for (size_t i = 0; i < NOISE; i++)
		noise[i] = (uint8_t)random_u64(&random);
	at = random_u64(&random) % (NOISE - code.length);
	memcpy(noise + at, code.data, code.length);
	is_told_alike((struct bytes){ noise, NOISE });
}

static void techniques_are_told_alike(void **state)
{
	(void)state;
	found = 0;
	with_vectors(bare);
	assert_true(found > 60);
}

static void what_is_planted_is_told_alike(void **state)
{
	(void)state;
	found = 0;
	with_vectors(planted);
	assert_true(found > 15);
}

static void floods_are_told_alike(void **state)
{
	static uint8_t flood[FLOOD];

	(void)state;
	for (size_t i = 0; floods[i].name; i++) {
		struct random random;
		random_init(&random, i, 11);
		floods[i].fill(flood, FLOOD, &random);
		is_told_alike((struct bytes){ flood, FLOOD });
	}
}

static int begin(void **state)
{
	(void)state;
	plain = detector_new(false);
	lists = detector_new(true);
	return 0;
}

static int end(void **state)
{
	(void)state;
	shellcode_free(plain);
	shellcode_free(lists);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(techniques_are_told_alike),
		cmocka_unit_test(what_is_planted_is_told_alike),
		cmocka_unit_test(floods_are_told_alike),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
