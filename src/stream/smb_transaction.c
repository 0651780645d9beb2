/* SMB transactions, whose parameters and data may come in several messages ([MS-CIFS]
 * section 3.2.4.1.5), and what EternalBlue and its companions do with them (MS17-010).
 *
 * Of the kinds, the pipe operations of SMB_COM_TRANSACTION carry DCE/RPC and are read; of the
 * others the counts are judged. */
#include "stream/smb.h"

#define PIPE_TRANSACT 0x26 /* TRANS_TRANSACT_NMPIPE */
#define NT_RENAME     0x05 /* reserved, in no server ([MS-CIFS] section 2.2.7.5) */
#define TRANS2_SESSION_SETUP                                                 \
	0x0e /* reserved, never sent by clients ([MS-CIFS] section 2.2.6.15) \
	      */
#define DATA_MOST (1u << 20)

/* The counts of one message of a transaction, whatever its command. */
struct part {
	uint32_t total, count, offset, displacement;
	uint16_t function; /* NT_TRANSACT */
	uint16_t setup[2];
	uint8_t setup_count;
};

static bool is_secondary(uint8_t code)
{
	return code == SMB_TRANSACTION_SECONDARY || code == SMB_TRANSACTION2_SECONDARY ||
	       code == SMB_NT_TRANSACT_SECONDARY;
}

static uint8_t primary_of(uint8_t code)
{
	return is_secondary(code) ? (uint8_t)(code - 1) : code;
}

static void read_setup(struct reader *words, struct part *part)
{
	part->setup_count = reader_u8(words);
	reader_skip(words, 1);
	for (unsigned i = 0; i < 2 && i < part->setup_count; i++)
		part->setup[i] = reader_u16le(words);
}

static void read_request_words(const struct smb_command *command, struct reader *words,
			       struct part *part)
{
	switch (command->code) {
	case SMB_NT_TRANSACT:
		reader_skip(words, 7);
		part->total = reader_u32le(words);
		reader_skip(words, 16);
		part->count = reader_u32le(words);
		part->offset = reader_u32le(words);
		reader_skip(words, 1);
		part->function = reader_u16le(words);
		break;
	case SMB_NT_TRANSACT_SECONDARY:
		reader_skip(words, 7);
		part->total = reader_u32le(words);
		reader_skip(words, 12);
		part->count = reader_u32le(words);
		part->offset = reader_u32le(words);
		part->displacement = reader_u32le(words);
		break;
	case SMB_TRANSACTION:
	case SMB_TRANSACTION2:
		reader_skip(words, 2);
		part->total = reader_u16le(words);
		reader_skip(words, 18);
		part->count = reader_u16le(words);
		part->offset = reader_u16le(words);
		read_setup(words, part);
		break;
	default:
		reader_skip(words, 2);
		part->total = reader_u16le(words);
		reader_skip(words, 6);
		part->count = reader_u16le(words);
		part->offset = reader_u16le(words);
		part->displacement = reader_u16le(words);
	}
}

static void read_response_words(const struct smb_command *command, struct reader *words,
				struct part *part)
{
	if (primary_of(command->code) == SMB_NT_TRANSACT) {
		reader_skip(words, 7);
		part->total = reader_u32le(words);
		reader_skip(words, 12);
		part->count = reader_u32le(words);
		part->offset = reader_u32le(words);
		part->displacement = reader_u32le(words);
		return;
	}
	reader_skip(words, 2);
	part->total = reader_u16le(words);
	reader_skip(words, 8);
	part->count = reader_u16le(words);
	part->offset = reader_u16le(words);
	part->displacement = reader_u16le(words);
}

/* --- exploitation of SMB itself --- */

void smb_mark(struct smb *smb, const struct smb_command *command, const char *name,
	      const char *deviation)
{
	const char *vulnerability = targets_mark(targets_get(NULL), name);
	smb_deviates(smb, command, deviation);
	if (vulnerability)
		describe_target(smb->describer, vulnerability);
}

/* An NT_TRANSACT that is continued as a TRANSACTION2: the server then sizes its buffer by 16 bits
 * of a 32-bit length. */
static void consider_mixture(struct smb *smb, const struct smb_command *command,
			     const struct smb_transaction *open)
{
	if (open->used && open->multiplex == command->multiplex && open->code == SMB_NT_TRANSACT &&
	    command->code == SMB_TRANSACTION2_SECONDARY)
		smb_mark(smb, command, "mixed-transaction",
			 "SMB transaction continued as one of another kind");
}

static void consider_setup(struct smb *smb, const struct smb_command *command,
			   const struct part *part)
{
	if (command->code == SMB_TRANSACTION2 && part->setup_count &&
	    part->setup[0] == TRANS2_SESSION_SETUP)
		smb_mark(smb, command, "reserved-session-setup",
			 "SMB TRANS2_SESSION_SETUP, which no client sends");
	if (command->code == SMB_NT_TRANSACT && part->function == NT_RENAME)
		smb_mark(smb, command, "reserved-rename",
			 "SMB NT_TRANSACT_RENAME, which no client sends");
}

/* --- parts --- */

static void finish(struct smb *smb, const struct smb_command *command,
		   struct smb_transaction *transaction)
{
	bool pipe = transaction->code == SMB_TRANSACTION && transaction->file;
	struct smb_command whole = *command;

	if (pipe && transaction->data.length) {
		whole.message = buffer_bytes(&transaction->data);
		smb_open_transfer(smb, transaction->file, &whole, 0, whole.message);
	}
	buffer_clear(&transaction->data);
	transaction->used = false;
}

static void add_part(struct smb *smb, const struct smb_command *command,
		     struct smb_transaction *transaction, const struct part *part)
{
	struct bytes data = smb_part(smb, command, part->offset, part->count);

	if ((uint64_t)part->displacement + part->count > transaction->total)
		smb_deviates(smb, command, "SMB transaction with more data than its total");
	if (part->displacement > transaction->data.length)
		smb_deviates(smb, command, "SMB transaction with a hole in its data");
	else if (data.length && buffer_append(&transaction->data, data.data, data.length) < 0)
		smb_deviates(smb, command, "SMB transaction larger than a server accepts");
	if (transaction->data.length >= transaction->total || data.length < part->count)
		finish(smb, command, transaction);
}

static void start(struct smb *smb, const struct smb_command *command,
		  struct smb_transaction *transaction, const struct part *part, uint16_t file)
{
	if (transaction->data.limit == 0)
		buffer_init(&transaction->data, DATA_MOST);
	buffer_clear(&transaction->data);
	transaction->used = true;
	transaction->code = primary_of(command->code);
	transaction->multiplex = command->multiplex;
	transaction->process = command->process;
	transaction->file = file;
	transaction->total = part->total;
	add_part(smb, command, transaction, part);
}

static void read_request(struct smb *smb, const struct smb_command *command,
			 const struct part *part)
{
	struct smb_transaction *open = &smb->transaction[command->side];
	bool pipe = command->code == SMB_TRANSACTION && part->setup_count == 2 &&
		    part->setup[0] == PIPE_TRANSACT;

	consider_mixture(smb, command, open);
	consider_setup(smb, command, part);
	if (is_secondary(command->code)) {
		if (open->used && open->multiplex == command->multiplex)
			add_part(smb, command, open, part);
		else if (!smb->describer->session->picked_up)
			smb_deviates(smb, command, "SMB transaction continued that was not begun");
		return;
	}
	if (command->code == SMB_TRANSACTION)
		smb_remember(smb, command, pipe ? part->setup[1] : 0, 0, "");
	start(smb, command, open, part, pipe ? part->setup[1] : 0);
}

static void read_response(struct smb *smb, const struct smb_command *command,
			  const struct part *part)
{
	struct smb_transaction *open = &smb->transaction[command->side];
	struct smb_pending request;

	if (command->code != SMB_TRANSACTION)
		return;
	if (part->displacement && open->used)
		add_part(smb, command, open, part);
	else if (smb_recall(smb, command, &request))
		start(smb, command, open, part, (uint16_t)request.file);
}

void smb_transaction_read(struct smb *smb, const struct smb_command *command)
{
	struct reader words = reader_of(command->words);
	struct part part = { .total = 0 };

	if (command->words.length == 0) /* an interim or error response */
		return;
	if (command->response)
		read_response_words(command, &words, &part);
	else
		read_request_words(command, &words, &part);
	if (reader_failed(&words)) {
		smb_deviates(smb, command, "SMB transaction with too few words");
		return;
	}
	if (command->response)
		read_response(smb, command, &part);
	else
		read_request(smb, command, &part);
}
