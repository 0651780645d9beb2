/* SMB1 ([MS-CIFS], [MS-SMB]) as this room reads it: messages, open files and pipes, transactions.
 *
 * protocol_smb.c cuts the stream into messages, smb_command.c reads single commands,
 * smb_transaction.c those that come in parts, smb_open.c keeps what is open and what is written
 * there. */
#ifndef KENBI_STREAM_SMB_H
#define KENBI_STREAM_SMB_H

#include "stream/dcerpc.h"

#define SMB_HEADER  32u
#define SMB_PENDING 64
#define SMB_OPENS   256

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
	enum stream_side side;
	size_t offset;	      /* of the message, in the session's side */
	struct bytes message; /* from the SMB header on: offsets in commands count from there */
	struct bytes words;
	struct bytes bytes;
	size_t bytes_offset; /* of `bytes` in the message */
};

/* What a request asked, until its response comes. */
struct smb_pending {
	bool used;
	uint8_t code;
	uint16_t multiplex, process;
	uint16_t file;	  /* READ_ANDX, TRANSACTION */
	const char *name; /* NT_CREATE_ANDX, OPEN_ANDX */
};

struct smb_open {
	bool used;
	uint16_t file;
	const char *name;
	bool is_pipe;
	struct dcerpc rpc;     /* pipes */
	struct buffer written; /* files */
	size_t first_offset;   /* where the first write came from */
	bool incomplete;       /* a write left a hole */
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
	bool pipes_only; /* the last tree was IPC$ */
	struct smb_pending pending[SMB_PENDING];
	size_t next_pending;
	struct smb_open opens[SMB_OPENS];
	size_t next_open;
	struct smb_transaction transaction[STREAM_SIDES];
};

void smb_command_read(struct smb *smb, const struct smb_command *command);
void smb_transaction_read(struct smb *smb, const struct smb_command *command);

void smb_deviates(struct smb *smb, const struct smb_command *command, const char *what);
/* A string in the bytes of a command at `offset` there; Unicode ones are aligned in the message. */
const char *smb_string(struct smb *smb, const struct smb_command *command, size_t offset);
/* The part of a message that a command points to; empty (and a deviation) when it lies outside. */
struct bytes smb_part(struct smb *smb, const struct smb_command *command, size_t offset,
		      size_t length);

void smb_remember(struct smb *smb, const struct smb_command *command, uint16_t file,
		  const char *name);
/* Takes the request that `response` answers out of the list; false when it is not there. */
bool smb_recall(struct smb *smb, const struct smb_command *response, struct smb_pending *request);

void smb_open_add(struct smb *smb, uint16_t file, const char *name);
struct smb_open *smb_open_find(struct smb *smb, uint16_t file);
void smb_open_close(struct smb *smb, uint16_t file);
void smb_open_close_all(struct smb *smb);
/* Bytes that cross through an open pipe or are written into an open file at `position`. */
void smb_open_transfer(struct smb *smb, uint16_t file, const struct smb_command *command,
		       uint64_t position, struct bytes content);

#endif
