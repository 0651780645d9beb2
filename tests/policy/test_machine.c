/* What a policy means, one rule of the language after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "support.h"

/* Matches of `when CONDITION` over events that are written short: "kind field=value …", one a line.
 */
static uint64_t matches_over(const char *condition, const char *const *events, uint64_t *given_up)
{
	char text[2000], json[1000];

	snprintf(text, sizeof text, "policy p { title \"P\" severity note when %s }", condition);
	struct policy_set *set = set_of(text);
	struct policy_machine *machine = policy_machine_new(set);
	for (size_t i = 0; events[i]; i++) {
		snprintf(json, sizeof json, "{%s}", events[i]);
		for (char *c = json; *c; c++) /* ' for " keeps the tests readable */
			*c = *c == '\'' ? '"' : *c;
		show(machine, json);
	}
	uint64_t matches = matches_of(machine, "p");
	if (given_up)
		*given_up = policy_machine_given_up(machine);
	policy_machine_free(machine);
	policy_set_free(set);
	return matches;
}

#define MATCHES(condition, ...) \
	matches_over(condition, (const char *const[]){ __VA_ARGS__, NULL }, NULL)
#define SELF	 "'event':'self','path':'C:/s.exe','sha256':'00'"
#define READ(p)	 "'event':'file.read','path':'" p "','offset':0,'length':10"
#define WRITE(p) "'event':'file.write','path':'" p "','offset':0,'length':10,'data':'MZ'"
#define START(p) "'event':'process.create','path':'" p "','command':''"
#define TO(a, t) "'event':'net.connect','time':" t ",'address':'" a "','port':445,'proto':'tcp'"

static void comparisons(void **state)
{
	(void)state;
	assert_int_equal(MATCHES("file.read(path is \"A.TXT\")", READ("a.txt"), READ("b.txt")), 1);
	assert_int_equal(MATCHES("file.read(path is not \"a.txt\")", READ("a.txt"), READ("b")), 1);
	assert_int_equal(MATCHES("file.read(path starts with \"C:\")", READ("c:x"), READ("d:x")),
			 1);
	assert_int_equal(MATCHES("file.read(path ends with \".exe\")", READ("c.EXE"), READ("d")),
			 1);
	assert_int_equal(MATCHES("file.read(not path contains \"b\")", READ("abc"), READ("ac")), 1);
	assert_int_equal(MATCHES("file.read(path in {\"*.exe\", \"b\"})", READ("a.exe"), READ("b"),
				 READ("bb")),
			 2);
	assert_int_equal(MATCHES("file.read(length in {1, 5..10})", READ("a")), 1);
	assert_int_equal(MATCHES("file.read(length > 9, length < 11)", READ("a")), 1);
	assert_int_equal(MATCHES("file.read(length >= 11 or length <= 9)", READ("a")), 0);
	assert_int_equal(MATCHES("file.read(length == 0x0a)", READ("a")), 1);
	assert_int_equal(MATCHES("file.read(file_name(path) is \"x.exe\")", READ("C:/d/x.exe")), 1);
	assert_int_equal(MATCHES("file.read(extension(path) is \"exe\")", READ("C:/d.d/x.exe"),
				 READ("C:/d.exe/x")),
			 1);
	assert_int_equal(MATCHES("file.read(folder(path) is \"C:/d\")", READ("C:/d/x.exe")), 1);
	assert_int_equal(MATCHES("file.read(process == 2)", READ("a") ",'process':2", READ("a")),
			 1);
	assert_int_equal(MATCHES("net.connect(address inside \"10.0.0.0/9\")",
				 TO("10.127.0.1", "1"), TO("10.128.0.1", "1"), TO("x", "1")),
			 1);
	assert_int_equal(MATCHES("net.download(host(url) is \"a.b\")",
				 "'event':'net.download','url':'http://u:p@a.b:80/c','path':''"),
			 1);
}

/* A text that spells no number is neither less nor greater than one. */
static void texts_and_numbers(void **state)
{
	(void)state;
	assert_int_equal(MATCHES("file.read(path == 12)", READ("12"), READ("12x")), 1);
	assert_int_equal(MATCHES("file.read(path <= 12)", READ("x")), 0);
	assert_int_equal(MATCHES("file.read(length is \"10\")", READ("x")), 1);
}

static void self(void **state)
{
	(void)state;
	assert_int_equal(MATCHES("file.read(path is self.path)", SELF, READ("c:/S.EXE")), 1);
	/* Not known: then neither "is" nor "is not" holds. */
	assert_int_equal(MATCHES("file.read(path is not self.path)", READ("x")), 0);
	assert_int_equal(MATCHES("file.read(path is not self.path)", SELF, READ("x")), 1);
	/* The first one counts; later ones are other programs. */
	assert_int_equal(MATCHES("file.read(path is self.path)", SELF,
				 "'event':'self','path':'x','sha256':'1'", READ("x")),
			 0);
}

static void sequences(void **state)
{
	const char *condition = "w: file.write then process.create(path is w.path)";
	(void)state;
	assert_int_equal(MATCHES(condition, WRITE("a"), START("a")), 1);
	assert_int_equal(MATCHES(condition, START("a"), WRITE("a")), 0);
	assert_int_equal(MATCHES(condition, WRITE("a"), WRITE("b"), START("A"), START("b")), 2);
	assert_int_equal(MATCHES(condition, WRITE("a"), WRITE("a"), START("a")), 1);
	/* One event is not two steps. */
	assert_int_equal(MATCHES("file.read then file.read", READ("a")), 0);
	assert_int_equal(MATCHES("file.read then file.read", READ("a"), READ("b")), 1);
	assert_int_equal(MATCHES("file.read then file.write then file.read", READ("a"), WRITE("a"),
				 READ("a")),
			 1);
}

static void and_in_any_order(void **state)
{
	(void)state;
	assert_int_equal(MATCHES("file.read and process.create", START("a"), READ("b")), 1);
	assert_int_equal(MATCHES("file.read and process.create", READ("b"), START("a")), 1);
	assert_int_equal(MATCHES("file.read and file.read", READ("a"), READ("a")), 1);
	assert_int_equal(MATCHES("(file.read and file.write) then process.create", START("a"),
				 WRITE("a"), READ("a")),
			 0);
}

static void counts(void **state)
{
	(void)state;
	assert_int_equal(MATCHES("at least 3 file.read", READ("a"), READ("a")), 0);
	assert_int_equal(MATCHES("at least 3 file.read", READ("a"), READ("a"), READ("a")), 1);
	assert_int_equal(MATCHES("at least 2 distinct path of file.read", READ("a"), READ("A")), 0);
	assert_int_equal(MATCHES("at least 2 distinct path of file.read", READ("a"), READ("b")), 1);
	assert_int_equal(MATCHES("at least 2 of (file.read or file.write)", READ("a"), WRITE("b")),
			 1);
	assert_int_equal(MATCHES("at least 2 file.read per path", READ("a"), READ("b")), 0);
	assert_int_equal(MATCHES("at least 2 file.read per path", READ("a"), READ("b"), READ("a")),
			 1);
	/* After "then" the count begins with what came before. */
	assert_int_equal(
		MATCHES("file.write then at least 2 file.read", READ("a"), WRITE("x"), READ("a")),
		0);
	assert_int_equal(MATCHES("w: file.write then at least 2 file.read(path is w.path)",
				 WRITE("a"), WRITE("b"), READ("a"), READ("b")),
			 0);
	assert_int_equal(MATCHES("w: file.write then at least 2 file.read(path is w.path)",
				 WRITE("a"), WRITE("b"), READ("b"), READ("b")),
			 1);
}

static void windows(void **state)
{
	const char *count = "at least 3 distinct address of net.connect within 100 instructions";
	(void)state;
	assert_int_equal(MATCHES(count, TO("a", "0"), TO("b", "50"), TO("c", "100")), 1);
	assert_int_equal(MATCHES(count, TO("a", "0"), TO("b", "50"), TO("c", "101")), 0);
	/* The first one comes again: it is young then. */
	assert_int_equal(MATCHES(count, TO("a", "0"), TO("b", "50"), TO("a", "60"), TO("c", "120")),
			 1);
	const char *pair = "(a: net.connect then net.connect(address is not a.address)) within 10 "
			   "instructions";
	assert_int_equal(MATCHES(pair, TO("a", "0"), TO("b", "10")), 1);
	assert_int_equal(MATCHES(pair, TO("a", "0"), TO("b", "11")), 0);
	assert_int_equal(MATCHES(pair, TO("a", "0"), TO("a", "8"), TO("b", "11")), 1);
}

static void guards(void **state)
{
	const char *bound = "w: file.write then process.create(path is w.path) "
			    "unless file.delete(path is w.path)";
	const char *guarded = "(w: file.write then process.create(path is w.path)) "
			      "unless file.delete(path is w.path)";
	const char *erase = "'event':'file.delete','path':'a'";
	(void)state;
	assert_int_equal(MATCHES("file.read unless file.write", WRITE("x"), READ("a")), 0);
	assert_int_equal(MATCHES("file.read unless file.write", READ("a"), WRITE("x"), READ("b")),
			 1);
	assert_int_equal(MATCHES(guarded, WRITE("a"), START("a")), 1);
	assert_int_equal(MATCHES(guarded, WRITE("a"), erase, START("a")), 0);
	assert_int_equal(MATCHES(guarded, WRITE("b"), erase, START("b")), 1);
	assert_int_equal(MATCHES(guarded, WRITE("a"), erase, WRITE("a"), START("a")), 1);
	assert_int_equal(MATCHES(bound, WRITE("a"), erase, START("a")), 0);
}

static void definitions(void **state)
{
	struct policy_set *set = set_of(
		"policy p { title \"P\" severity malicious reference \"T1\" when copies then "
		"process.create(path is copy.path, path in programs) }\n"
		"define copies = copy: file.copy or (file.read then copy: file.write)\n"
		"set programs = { more, \"*.exe\" } set more = { \"*.scr\" }");
	struct policy_machine *machine = policy_machine_new(set);
	(void)state;
	show(machine, "{\"event\":\"file.read\",\"path\":\"x\"}");
	show(machine,
	     "{\"event\":\"file.write\",\"path\":\"a.scr\",\"data\":\"a\\u001bb\",\"time\":12345}");
	show(machine, "{\"event\":\"process.create\",\"path\":\"a.scr\",\"time\":1234567}");
	const struct policy_finding *finding = policy_finding(machine, 0);
	assert_non_null(finding);
	assert_string_equal(finding->name, "p");
	assert_string_equal(finding->reference, "T1");
	assert_int_equal(finding->severity, POLICY_MALICIOUS);
	assert_int_equal(finding->evidence_count, 3);
	assert_string_equal(finding->evidence[1], "file.write path=a.scr offset= length= data=a?b "
						  "(at instruction 12,345)");
	assert_null(policy_finding(machine, 1));
	assert_int_equal(policy_judge(machine, false), POLICY_VERDICT_MALICIOUS);
	policy_machine_free(machine);
	policy_set_free(set);
}

static void verdicts(void **state)
{
	struct policy_set *set =
		set_of("policy n { title \"N\" severity note when exit }"
		       "policy a { title \"A\" severity suspicious when file.read }"
		       "policy b { title \"B\" severity suspicious when file.write }"
		       "policy c { title \"C\" severity suspicious when process.create }");
	struct policy_machine *machine = policy_machine_new(set);
	(void)state;
	assert_int_equal(policy_judge(machine, false), POLICY_UNKNOWN);
	show(machine, "{\"event\":\"exit\"}");
	assert_int_equal(policy_judge(machine, true), POLICY_CLEAN);
	show(machine, "{\"event\":\"file.read\"}");
	show(machine, "{\"event\":\"file.read\"}");
	assert_int_equal(policy_judge(machine, true), POLICY_VERDICT_SUSPICIOUS);
	show(machine, "{\"event\":\"file.write\"}");
	assert_int_equal(policy_judge(machine, true), POLICY_VERDICT_SUSPICIOUS);
	show(machine, "{\"event\":\"process.create\"}");
	assert_int_equal(policy_judge(machine, true), POLICY_VERDICT_MALICIOUS);
	assert_string_equal(policy_finding(machine, 3)->name, "n");
	policy_machine_free(machine);
	policy_set_free(set);
}

/* A flood of bindings: the machine stays small, keeps the newest, and says that it forgot. */
static void state_is_bounded(void **state)
{
	struct policy_set *set =
		set_of("policy p { title \"P\" severity note when w: file.write then "
		       "process.create(path is w.path) }");
	struct policy_machine *machine = policy_machine_new(set);
	char json[200];
	(void)state;
	for (int i = 0; i < 100000; i++) {
		snprintf(json, sizeof json, "{\"event\":\"file.write\",\"path\":\"%d\"}", i);
		show(machine, json);
	}
	assert_int_equal(policy_machine_given_up(machine), 100000 - 32);
	show(machine, "{\"event\":\"process.create\",\"path\":\"99999\"}");
	show(machine, "{\"event\":\"process.create\",\"path\":\"1\"}");
	assert_int_equal(matches_of(machine, "p"), 1);
	policy_machine_free(machine);
	policy_set_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparisons),
		cmocka_unit_test(texts_and_numbers),
		cmocka_unit_test(self),
		cmocka_unit_test(sequences),
		cmocka_unit_test(and_in_any_order),
		cmocka_unit_test(counts),
		cmocka_unit_test(windows),
		cmocka_unit_test(guards),
		cmocka_unit_test(definitions),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(state_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
