/* Telnet (RFC 854): a terminal with negotiation in line. What remains without it is said line by
 * line. */
#include "stream/protocol.h"

#include <string.h>

#define IAC	    255
#define SE	    240
#define SB	    250
#define WILL	    251
#define DONT	    254
#define OPTION_MOST 4096u /* longest option that is followed to its end */

static unsigned negotiations(struct bytes data)
{
	unsigned found = 0;
	struct bytes start = bytes_slice(data, 0, 256);
	for (size_t i = 0; i + 2 < start.length; i++)
		if (start.data[i] == IAC && start.data[i + 1] >= WILL &&
		    start.data[i + 1] <= DONT && start.data[i + 2] < 64)
			found++;
	return found;
}

int telnet_recognise(const struct stream_session *session)
{
	for (int side = 0; side < STREAM_SIDES; side++) {
		struct bytes data = session->half[side].data;
		if (data.length && data.data[0] == IAC && negotiations(data))
			return SURE_BY_DIALOGUE;
	}
	return SURE_NOT;
}

/* Length of the command at the beginning of `rest`, which starts with IAC; 0: it is cut or none. */
static size_t command_length(struct bytes rest)
{
	if (rest.length < 2)
		return 0;
	uint8_t command = rest.data[1];
	if (command >= WILL && command <= DONT)
		return rest.length >= 3 ? 3 : 0;
	if (command != SB)
		return command >= SE ? 2 : 0;
	static const uint8_t end[] = { IAC, SE };
	size_t at = bytes_find(bytes_slice(rest, 0, OPTION_MOST), (struct bytes){ end, 2 }, 2);
	return at == SIZE_MAX ? 0 : at + 2;
}

struct terminal {
	struct describer *describer;
	enum stream_side side;
	char line[1024];
	size_t length, line_offset;
};

static void end_line(struct terminal *terminal)
{
	struct bytes text =
		text_trim((struct bytes){ (const uint8_t *)terminal->line, terminal->length });
	if (text.length)
		describe_say(terminal->describer, terminal->side, terminal->line_offset,
			     terminal->side == STREAM_CLIENT ? "command" : "output", text);
	terminal->length = 0;
}

static void put(struct terminal *terminal, uint8_t byte, size_t offset)
{
	if (terminal->length == 0)
		terminal->line_offset = offset;
	if (byte == '\n' || byte == '\r' || terminal->length == sizeof terminal->line)
		end_line(terminal);
	if (byte != '\n' && byte != '\r' && byte != 0)
		terminal->line[terminal->length++] = (char)byte;
}

static void read_side(struct describer *describer, enum stream_side side)
{
	struct terminal terminal = { .describer = describer, .side = side };
	struct bytes data = side_data(describer->session, side);

	for (size_t i = 0; i < data.length && !describer->cut; i++) {
		if (data.data[i] != IAC) {
			put(&terminal, data.data[i], i);
			continue;
		}
		struct bytes rest = bytes_slice(data, i, SIZE_MAX);
		if (rest.length > 1 && rest.data[1] == IAC) { /* an escaped byte 255 */
			put(&terminal, IAC, i);
			i++;
			continue;
		}
		size_t length = command_length(rest);
		if (length == 0) {
			if (describer->session->end == STREAM_END_FIN || rest.length > 2)
				describe_deviation(describer, side, i,
						   "Telnet command that does not parse");
			continue;
		}
		i += length - 1;
	}
	end_line(&terminal);
}

void telnet_read(struct describer *describer)
{
	for (int side = 0; side < STREAM_SIDES; side++)
		read_side(describer, (enum stream_side)side);
}
