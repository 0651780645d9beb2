/* What is open on an SMB connection: pipes carry DCE/RPC, files collect what is written into them
 * and what is read from them. */
#include "stream/smb.h"

#include <string.h>

void smb_remember(struct smb *smb, const struct smb_command *command, uint64_t file,
		  uint64_t position, const char *name)
{
	smb->pending[smb->next_pending] = (struct smb_pending){ .used = true,
								.code = command->code,
								.multiplex = command->multiplex,
								.process = command->process,
								.number = command->number,
								.file = file,
								.position = position,
								.name = name };
	smb->next_pending = (smb->next_pending + 1) % SMB_PENDING;
}

bool smb_recall(struct smb *smb, const struct smb_command *response, struct smb_pending *request)
{
	for (size_t i = 0; i < SMB_PENDING; i++) {
		struct smb_pending *pending = &smb->pending[i];
		if (!pending->used || pending->code != response->code ||
		    pending->multiplex != response->multiplex ||
		    pending->process != response->process || pending->number != response->number)
			continue;
		*request = *pending;
		pending->used = false;
		return true;
	}
	return false;
}

void smb_say_open(struct smb *smb, const struct smb_command *command, const char *name, bool pipe)
{
	describe_say(smb->describer, command->side, command->offset, pipe ? "pipe" : "open",
		     bytes_of(name));
	if (pipe && strchr(name, '/'))
		smb_mark(smb, command, "pipe-path",
			 "SMB pipe whose name is the path of a file of Unix");
}

static uint32_t *find_tree(struct smb *smb, uint32_t tree)
{
	for (size_t i = 0; i < SMB_PIPES; i++)
		if (smb->pipe_trees[i] && smb->pipe_trees[i] == tree + 1)
			return &smb->pipe_trees[i];
	return NULL;
}

void smb_tree_add(struct smb *smb, uint32_t tree, bool is_pipe)
{
	uint32_t *known = find_tree(smb, tree);

	if (known && !is_pipe)
		*known = 0;
	else if (!known && is_pipe)
		smb->pipe_trees[smb->next_pipe_tree++ % SMB_PIPES] = tree + 1;
}

bool smb_tree_is_pipe(struct smb *smb, uint32_t tree)
{
	return find_tree(smb, tree) != NULL;
}

static void finish(struct smb *smb, struct smb_open *open)
{
	if (!open->used)
		return;
	if (open->is_pipe)
		dcerpc_fini(&open->rpc);
	for (int side = 0; side < STREAM_SIDES; side++) {
		smb_content_tell(smb, &open->content[side], (enum stream_side)side, open->name);
		smb_content_fini(&open->content[side]);
	}
	open->used = false;
}

static struct smb_open *claim(struct smb *smb, uint64_t file, const char *name, bool is_pipe)
{
	struct smb_open *open = &smb->opens[smb->next_open];
	smb->next_open = (smb->next_open + 1) % SMB_OPENS;
	finish(smb, open);
	*open = (struct smb_open){ .used = true, .file = file, .name = name, .is_pipe = is_pipe };
	for (int side = 0; side < STREAM_SIDES; side++)
		smb_content_init(&open->content[side]);
	if (is_pipe)
		dcerpc_init(&open->rpc, smb->describer, open->name);
	return open;
}

void smb_open_add(struct smb *smb, uint64_t file, const char *name, bool is_pipe)
{
	smb_open_close(smb, file);
	claim(smb, file, name, is_pipe);
}

struct smb_open *smb_open_find(struct smb *smb, uint64_t file)
{
	for (size_t i = 0; i < SMB_OPENS; i++)
		if (smb->opens[i].used && smb->opens[i].file == file)
			return &smb->opens[i];
	return NULL;
}

void smb_open_close(struct smb *smb, uint64_t file)
{
	struct smb_open *open = smb_open_find(smb, file);
	if (open)
		finish(smb, open);
}

void smb_open_close_all(struct smb *smb)
{
	for (size_t i = 0; i < SMB_OPENS; i++)
		finish(smb, &smb->opens[(smb->next_open + i) % SMB_OPENS]);
}

/* Pipes of Windows that carry DCE/RPC and nothing else. */
static bool is_pipe_of_calls(const char *name)
{
	static const char *const names[] = {
		"lsarpc",	    "samr",	"netlogon", "srvsvc",
		"wkssvc",	    "browser",	"spoolss",  "svcctl",
		"winreg",	    "epmapper", "atsvc",    "eventlog",
		"ntsvcs",	    "trkwks",	"trksvr",   "keysvc",
		"llsrpc",	    "nsiexec",	"w32time",  "dnsserver",
		"scerpc",	    "locator",	"msgsvc",   "lsass",
		"plugplay",	    "netdfs",	"efsrpc",   "fssagentrpc",
		"protected_storage"
	};
	struct bytes last = bytes_of(name);

	while (last.length && (last.data[0] == '\\' || last.data[0] == '/'))
		last = bytes_slice(last, 1, SIZE_MAX);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (text_equal_ignoring_case(last, names[i]))
			return true;
	return false;
}

void smb_open_transfer(struct smb *smb, uint64_t file, const struct smb_command *command,
		       uint64_t position, struct bytes content)
{
	struct smb_open *open = smb_open_find(smb, file);

	if (content.length == 0)
		return;
	if (!open) {
		/* The opening was not seen or was refused: content tells pipes from files. */
		const struct stream_session *session = smb->describer->session;
		const struct stream_half *server = &session->half[STREAM_SERVER];
		if (smb->bound || session->picked_up || server->lost || !server->data.length)
			describe_unjudged(smb->describer);
		else if (command->side == STREAM_CLIENT)
			smb_deviates(smb, command, "SMB transfer through a file that is not open");
		open = claim(smb, file, "", dcerpc_looks_like(content));
	}
	if (open->is_pipe && !open->rpc.begun && !is_pipe_of_calls(open->name) &&
	    !dcerpc_looks_like(content)) {
		describe_unjudged(smb->describer); /* programs have pipes of their own */
		dcerpc_fini(&open->rpc);
		open->is_pipe = false;
	}
	if (open->is_pipe)
		dcerpc_feed(&open->rpc, command->side,
			    command->offset + (size_t)(content.data - command->message.data),
			    content);
	else
		smb_content_put(smb, &open->content[command->side], command, position, content);
}
