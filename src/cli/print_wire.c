/* What crossed the wire, for people: conversations, the most interesting first where there are
 * many, and the shellcode in them. */
#include <stdio.h>
#include <string.h>

#include "cli/print_parts.h"

#define SHORT_LIST 20 /* sessions, and places of known shellcode, shown unless --all */

/* --- sessions --- */

static int interest(const json_t *session, const json_t *shellcodes)
{
	size_t index;
	json_t *shellcode;
	int points = 0;

	json_array_foreach(shellcodes, index, shellcode) if (number_of(shellcode, "session") ==
							     number_of(session, "id")) points += 8;
	points += 4 * (*text_of(session, "target") != 0);
	points += 2 * json_is_false(json_object_get(session, "conforms"));
	points += 2 * (strcmp(text_of(session, "protocol"), "shell") == 0);
	points += json_is_integer(json_object_get(session, "announced_by"));
	return points;
}

static void print_session(const json_t *session, bool all)
{
	const json_t *conforms = json_object_get(session, "conforms");
	const json_t *said = json_object_get(session, "said");
	size_t index, shown = 0;
	json_t *item;

	printf("  #%-4lld ", number_of(session, "id"));
	print_time(real_of(session, "first"));
	printf("  %s:%lld → %s:%lld  ", text_of(session, "src"), number_of(session, "sport"),
	       text_of(session, "dst"), number_of(session, "dport"));
	print_styled(CLI_CYAN, text_of(session, "protocol"));
	printf("  ");
	print_grouped(real_of(session, "bytes_to_server"));
	printf(" → ← ");
	print_grouped(real_of(session, "bytes_to_client"));
	printf(" bytes");
	if (json_is_true(conforms))
		printf("  %sconforms%s", cli_style(CLI_GREEN), cli_style(CLI_PLAIN));
	else if (json_is_false(conforms))
		printf("  %sdoes not conform%s", cli_style(CLI_YELLOW), cli_style(CLI_PLAIN));
	putchar('\n');
	if (*text_of(session, "target")) {
		printf("         target: ");
		print_styled(CLI_RED, text_of(session, "target"));
		putchar('\n');
	}
	json_array_foreach(json_object_get(session, "deviations"), index, item)
	{
		if (index == 3 && !all) {
			printf("         … and %zu more deviations\n",
			       json_array_size(json_object_get(session, "deviations")) - index);
			break;
		}
		printf("         deviates at byte %lld (%s): ", number_of(item, "offset"),
		       text_of(item, "side"));
		print_text(text_of(item, "what"));
		putchar('\n');
	}
	json_array_foreach(said, index, item)
	{
		if (shown++ == 8 && !all) {
			printf("         … and %zu more things said\n",
			       json_array_size(said) - index);
			break;
		}
		printf("         %s%s%s ", cli_style(CLI_DIM),
		       strcmp(text_of(item, "side"), "client") == 0 ? "→" : "←",
		       cli_style(CLI_PLAIN));
		printf("%s%s%s ", cli_style(CLI_DIM), text_of(item, "what"), cli_style(CLI_PLAIN));
		print_text(text_of(item, "text"));
		putchar('\n');
	}
}

/* All of them in order, or the most interesting ones. */
void print_sessions(const json_t *sessions, const json_t *shellcodes, bool all)
{
	size_t count = json_array_size(sessions), shown = 0, index;
	int threshold = 0;
	json_t *session;

	print_heading("Sessions", count);
	if (!all && count > SHORT_LIST)
		threshold = 1;
	json_array_foreach(sessions, index, session)
	{
		if (interest(session, shellcodes) < threshold || (!all && shown == SHORT_LIST))
			continue;
		print_session(session, all);
		shown++;
	}
	if (shown < count)
		printf("  … and %zu more sessions (--all shows them)\n", count - shown);
}

/* --- shellcode --- */

static void print_action(const json_t *action)
{
	const char *name;
	json_t *value;
	bool first = true;

	printf("         ");
	print_styled(CLI_RED, text_of(action, "action"));
	json_object_foreach((json_t *)(uintptr_t)action, name, value)
	{
		if (strcmp(name, "action") == 0)
			continue;
		printf("%s%s ", first ? " " : ", ", name);
		if (json_is_string(value))
			print_text(json_string_value(value));
		else
			printf("%lld", json_integer_value(value));
		first = false;
	}
	putchar('\n');
}

/* Who attacks whom: the side that said the code, and the one that was told. */
static void print_attacker(const json_t *flow, const char *side)
{
	bool served = strcmp(side, "server") == 0;

	if (!json_is_object(flow))
		return;
	printf("\n         %s", cli_style(CLI_BOLD));
	print_text(text_of(flow, served ? "dst" : "src"));
	printf("%s port %lld attacks %s", cli_style(CLI_PLAIN),
	       number_of(flow, served ? "dport" : "sport"), cli_style(CLI_BOLD));
	print_text(text_of(flow, served ? "src" : "dst"));
	printf("%s port %lld/%s%s", cli_style(CLI_PLAIN),
	       number_of(flow, served ? "sport" : "dport"), text_of(flow, "proto"),
	       served ? ", which had asked it" : "");
}

static void print_place(const json_t *code)
{
	printf("at byte %lld of ", number_of(code, "offset"));
	if (json_is_object(json_object_get(code, "flow")))
		printf("what the %s said in session %lld", text_of(code, "side"),
		       number_of(code, "session"));
	else
		print_text(text_of(code, "file"));
}

static void print_shellcode(const json_t *code)
{
	const json_t *scan = json_object_get(code, "scan");
	size_t index;
	json_t *item;

	printf("  #%-4lld kind %s%s%s  %s %s ", number_of(code, "id"), cli_style(CLI_BOLD),
	       text_of(code, "kind"), cli_style(CLI_PLAIN), text_of(code, "os"),
	       text_of(code, "arch"));
	print_place(code);
	print_attacker(json_object_get(code, "flow"), text_of(code, "side"));
	printf("\n         recognised: ");
	json_array_foreach(json_object_get(code, "evidence"), index, item)
		printf("%s%s", index ? ", " : "", json_string_value(item));
	printf("; ");
	print_grouped(real_of(code, "instructions"));
	printf(" instructions to its end (%s)\n", text_of(code, "end"));
	json_array_foreach(json_object_get(code, "actions"), index, item) print_action(item);
	if (json_is_object(scan))
		printf("         chooses its targets: %s\n", text_of(scan, "strategy"));
	if (json_object_get(code, "listing"))
		cli_print_listing(json_object_get(code, "listing"));
}

/* Each kind once, and where else it is; all of them with what they do where that is asked for, or
 * where they have listings. */
void print_shellcodes(const json_t *shellcodes, bool all)
{
	json_t *told = json_object(), *code;
	size_t index, others = 0;

	print_heading("Shellcode", json_array_size(shellcodes));
	json_array_foreach(shellcodes, index, code)
	{
		const json_t *first = json_object_get(told, text_of(code, "kind"));
		if (!first || all || json_object_get(code, "listing")) {
			print_shellcode(code);
			json_object_set(told, text_of(code, "kind"), json_object_get(code, "id"));
		} else if (others++ < SHORT_LIST) {
			printf("  #%-4lld the same kind as #%lld ", number_of(code, "id"),
			       json_integer_value(first));
			print_place(code);
			print_attacker(json_object_get(code, "flow"), text_of(code, "side"));
			putchar('\n');
		}
	}
	if (others > SHORT_LIST)
		printf("  … and %zu more of these kinds (--all shows them)\n", others - SHORT_LIST);
	json_decref(told);
}
