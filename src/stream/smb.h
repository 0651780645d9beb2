/* SMB as this room reads it: messages, open files and pipes, transactions; SMB1 by [MS-CIFS] and
 * [MS-SMB], SMB 2 and 3 by [MS-SMB2].
 *
 * protocol_smb.c cuts the stream into messages, smb_command.c reads single commands of SMB1,
 * smb_transaction.c those that come in parts, smb2.c messages of SMB 2 and 3, smb_open.c keeps what
 * is open, smb_content.c what crosses there. */
#ifndef KENBI_STREAM_SMB_H
#define KENBI_STREAM_SMB_H

#include "stream/dcerpc.h"

#define SMB_HEADER  32u
#define SMB_PENDING 64
#define SMB_OPENS   256
#define SMB_PIPES   16 /* trees of pipes that are remembered */

enum smb_code {
	SMB_CLOSE = 0x04,
	SMB_TRANSACTION = 0x25,
	SMB_TRANSACTION_SECONDARY = 0x26,
	SMB_OPEN_ANDX = 0x2d,
	SMB_READ_ANDX = 0x2e,
	SMB_WRITE_ANDX = 0x2f,
	SMB_TRANSACTION2 = 0x32,
	SMB_TRANSACTION2_SECONDARY = 0x33,
	SMB_NEGOTIATE = 0x72,
	SMB_SESSION_SETUP_ANDX = 0x73,
	SMB_LOGOFF_ANDX = 0x74,
	SMB_TREE_CONNECT_ANDX = 0x75,
	SMB_NT_TRANSACT = 0xa0,
	SMB_NT_TRANSACT_SECONDARY = 0xa1,
	SMB_NT_CREATE_ANDX = 0xa2,
	SMB_LOCKING_ANDX = 0x24,
	SMB_NO_ANDX = 0xff
};

/* One command of a message; AndX messages hold several. */
struct smb_command {
	uint8_t code;
	bool response;
	bool unicode;
	uint32_t status;
	uint16_t tree, user, process, multiplex;
	uint64_t number; /* of the message, SMB2 */
	enum stream_side side;
	size_t offset;	      /* of the message, in the session's side */
	struct bytes message; /* from the SMB header on: offsets in commands count from there */
	struct bytes words;
	struct bytes bytes;
	size_t bytes_offset; /* of `bytes` in the message */
};

/* A message that connects to a tree, and may open something there at once. */
struct smb_chain {
	bool pipe;
	size_t offset; /* of the message */
};

/* What a request asked, until its response comes. */
struct smb_pending {
	bool used;
	uint8_t code;
	uint16_t multiplex, process;
	uint64_t number;
	uint64_t file;	   /* READ_ANDX, TRANSACTION */
	uint64_t position; /* READ_ANDX; of what is opened or connected to: is it a pipe? */
	const char *name;  /* NT_CREATE_ANDX, OPEN_ANDX */
};

/* What crossed one way through an open file, see smb_content.c. */
struct smb_content {
	struct buffer parts; /* in the order in which they crossed */
	size_t first_offset; /* where the first of them came from */
};

struct smb_open {
	bool used;
	uint64_t file; /* FID; of SMB2 the volatile part of the FileId */
	const char *name;
	bool is_pipe;
	struct dcerpc rpc;			  /* pipes */
	struct smb_content content[STREAM_SIDES]; /* files: written, read */
};

/* A transaction whose data comes in several messages. */
struct smb_transaction {
	bool used;
	uint8_t code; /* of the first message */
	uint16_t multiplex, process;
	uint16_t file;
	uint32_t total;
	struct buffer data;
};

struct smb {
	struct describer *describer;
	uint32_t pipe_trees[SMB_PIPES]; /* plus one; 0: none */
	struct smb_chain chained;	/* the last one */
	bool bound; /* SMB3: what is open may have been opened over another connection */
	size_t next_pipe_tree;
	uint64_t opened; /* the last file that was opened, which what is chained to it means */
	struct smb_pending pending[SMB_PENDING];
	size_t next_pending;
	struct smb_open opens[SMB_OPENS];
	size_t next_open;
	struct smb_transaction transaction[STREAM_SIDES];
};

void smb_command_read(struct smb *smb, const struct smb_command *command);
void smb_transaction_read(struct smb *smb, const struct smb_command *command);

/* A message of SMB 2 or 3, with what is chained to it; `message` begins with its magic. */
void smb2_message_read(struct smb *smb, enum stream_side side, size_t offset, struct bytes message);

/* Who logs in by the NTLM message in a security blob, if one is there. */
void smb_log_in(struct smb *smb, const struct smb_command *command, struct bytes blob);
/* Names the vulnerability that goes by that mark in data/targets.yaml, with the deviation. */
void smb_mark(struct smb *smb, const struct smb_command *command, const char *name,
	      const char *deviation);
/* What a client says that it opens, in words; `pipe`: on the tree of pipes. */
void smb_say_open(struct smb *smb, const struct smb_command *command, const char *name, bool pipe);
void smb_deviates(struct smb *smb, const struct smb_command *command, const char *what);
/* A string in the bytes of a command at `offset` there; Unicode ones are aligned in the message. */
const char *smb_string(struct smb *smb, const struct smb_command *command, size_t offset);
/* The part of a message that a command points to; empty (and a deviation) when it lies outside. */
struct bytes smb_part(struct smb *smb, const struct smb_command *command, size_t offset,
		      size_t length);

void smb_remember(struct smb *smb, const struct smb_command *command, uint64_t file,
		  uint64_t position, const char *name);
/* Takes the request that `response` answers out of the list; false when it is not there. */
bool smb_recall(struct smb *smb, const struct smb_command *response, struct smb_pending *request);

void smb_content_init(struct smb_content *content);
void smb_content_fini(struct smb_content *content);
/* Notes bytes that belong at `position` of the file. */
void smb_content_put(struct smb *smb, struct smb_content *content,
		     const struct smb_command *command, uint64_t position, struct bytes part);
/* Tells the description the file that they make. */
void smb_content_tell(struct smb *smb, const struct smb_content *content, enum stream_side side,
		      const char *name);

/* A tree was connected to: IPC$, where pipes are opened, or a share of files. */
void smb_tree_add(struct smb *smb, uint32_t tree, bool is_pipe);
bool smb_tree_is_pipe(struct smb *smb, uint32_t tree);
void smb_open_add(struct smb *smb, uint64_t file, const char *name, bool is_pipe);
struct smb_open *smb_open_find(struct smb *smb, uint64_t file);
void smb_open_close(struct smb *smb, uint64_t file);
void smb_open_close_all(struct smb *smb);
/* Bytes that cross through an open pipe, or are written into an open file or read from it at
 * `position`. */
void smb_open_transfer(struct smb *smb, uint64_t file, const struct smb_command *command,
		       uint64_t position, struct bytes content);

#endif
