/* A command shell over a bare connection: what a bind or connect-back shellcode gives its owner.
 *
 * There is no protocol, so recognition looks for what only shells say: the banner of cmd.exe,
 * prompts, and lines whose first word is a command that intruders type. Either side may be the one
 * that types. */
#include "stream/protocol.h"

#include <string.h>

#define LINES_LOOKED_AT 64u

static const char *const commands[] = {
	"echo",	   "ftp",	 "tftp",     "cmd",	  "dir",      "cd",	    "del",
	"copy",	   "move",	 "ren",	     "md",	  "mkdir",    "rd",	    "rmdir",
	"type",	   "start",	 "net",	     "netsh",	  "net1",     "sc",	    "at",
	"reg",	   "regedit",	 "attrib",   "taskkill",  "tasklist", "ipconfig",   "netstat",
	"whoami",  "ver",	 "set",	     "ping",	  "rundll32", "regsvr32",   "cscript",
	"wscript", "powershell", "certutil", "bitsadmin", "wget",     "curl",	    "lynx",
	"fetch",   "ls",	 "cat",	     "id",	  "uname",    "pwd",	    "ps",
	"kill",	   "chmod",	 "chown",    "rm",	  "mv",	      "cp",	    "tar",
	"gcc",	   "perl",	 "python",   "sh",	  "/bin/sh",  "bash",	    "/bin/bash",
	"export",  "unset",	 "nohup",    "su",	  "sudo",     "passwd",	    "useradd",
	"w",	   "who",	 "last",     "uptime",	  "ifconfig", "iptables",   "crontab",
	"history", "exit",	 "nc",	     "busybox",	  "hostname", "systeminfo", "@echo",
	"if",	   "for",	 "./",
};

static bool is_command(struct bytes word)
{
	if (word.length > 4 &&
	    text_equal_ignoring_case(bytes_slice(word, word.length - 4, 4), ".exe"))
		word.length -= 4;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (text_equal_ignoring_case(word, commands[i]))
			return true;
	return bytes_start_with(word, "./");
}

/* Characters that join, redirect or substitute, which free text at the same place rarely has. */
static bool has_operator(struct bytes line)
{
	static const char *const operators[] = { "&", ">", "|", ";", "`", "$(", " -", " /" };
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (bytes_find(line, bytes_of(operators[i]), 0) != SIZE_MAX)
			return true;
	return false;
}

/* "C:\WINDOWS\system32>" or "user@host:/$ ", at the end of what was written. */
static bool ends_with_prompt(struct bytes text)
{
	text = text_trim(text);
	if (text.length < 1)
		return false;
	uint8_t last = text.data[text.length - 1];
	size_t line = text.length;
	while (line && text.data[line - 1] != '\n')
		line--;
	struct bytes prompt = bytes_slice(text, line, SIZE_MAX);
	if (last == '>')
		return prompt.length >= 4 && bytes_find(prompt, bytes_of(":\\"), 0) == 1;
	return (last == '$' || last == '#') && prompt.length <= 80 && text_is_printable(prompt);
}

static bool has_banner(struct bytes text)
{
	struct bytes start = bytes_slice(text, 0, 512);
	return bytes_find(start, bytes_of("Microsoft Windows"), 0) != SIZE_MAX &&
	       (bytes_find(start, bytes_of("Copyright"), 0) != SIZE_MAX ||
		bytes_find(start, bytes_of("Corporation"), 0) != SIZE_MAX);
}

/* Redis (RESP) takes words that are commands of shells, too. */
static bool is_redis(struct bytes text)
{
	return bytes_start_with(text, "+OK\r\n") || bytes_start_with(text, "+PONG\r\n") ||
	       bytes_start_with(text, "-ERR ") || bytes_start_with(text, "*1\r\n$");
}

/* How much the lines of a side look typed into a shell. */
static int sureness_of_typing(struct bytes data)
{
	struct reader reader = reader_of(data);
	unsigned lines = 0, known = 0, operators = 0;

	while (reader_left(&reader) && lines < LINES_LOOKED_AT) {
		struct bytes line = text_trim(reader_line(&reader));
		if (line.length == 0)
			continue;
		if (!text_is_printable(line))
			return SURE_NOT;
		struct bytes rest = line;
		bool command = is_command(text_word(&rest));
		lines++;
		known += command;
		operators += command && has_operator(line);
	}
	if (lines == 0 || known * 2 < lines)
		return SURE_NOT;
	return operators ? SURE_BY_FORM : SURE_WEAKLY;
}

/* The side that types, and how sure it is. */
static int find_typist(const struct stream_session *session, enum stream_side *typist)
{
	int best = SURE_NOT;
	for (int side = 0; side < STREAM_SIDES; side++) {
		struct bytes typed = session->half[side].data;
		struct bytes answered = session->half[!side].data;
		int sureness = is_redis(answered) ? SURE_NOT : sureness_of_typing(typed);
		if (has_banner(answered))
			sureness = SURE_BY_DIALOGUE;
		else if (sureness && ends_with_prompt(answered))
			sureness += 15;
		if (sureness <= best)
			continue;
		best = sureness;
		*typist = (enum stream_side)side;
	}
	return best;
}

int shell_recognise(const struct stream_session *session)
{
	enum stream_side typist;
	return find_typist(session, &typist);
}

void shell_read(struct describer *describer)
{
	enum stream_side typist = STREAM_CLIENT;
	struct dialogue dialogue = dialogue_of(describer);
	struct dialogue_line line;
	struct shell_script script = { .has_address = false };

	find_typist(describer->session, &typist);
	while (!describer->cut && dialogue_next(&dialogue, &line)) {
		struct bytes text = text_trim(line.text);
		if (text.length == 0)
			continue;
		describe_say(describer, line.side, line.offset,
			     line.side == typist ? "command" : "output", text);
		if (line.side == typist)
			shell_downloads(describer, text, &script);
	}
	for (int side = 0; side < STREAM_SIDES; side++)
		raw_carve(describer, (enum stream_side)side);
}
