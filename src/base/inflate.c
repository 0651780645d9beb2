#include "base/inflate.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

struct inflate {
	struct bytes packed; /* borrowed */
	uint32_t wrapper;
	struct inflate_state state;
};

static void begin(struct inflate *inflate)
{
	size_t length = inflate->packed.length;

	isal_inflate_init(&inflate->state);
	inflate->state.crc_flag = inflate->wrapper;
	/* ISA-L does not write through next_in. */
	inflate->state.next_in = (uint8_t *)(uintptr_t)inflate->packed.data;
	inflate->state.avail_in = (uint32_t)(length < UINT32_MAX ? length : UINT32_MAX);
}

struct inflate *inflate_new(struct bytes packed, enum inflate_form form)
{
	static const uint32_t wrappers[] = { [INFLATE_GZIP] = ISAL_GZIP,
					     [INFLATE_ZLIB] = ISAL_ZLIB,
					     [INFLATE_BARE] = ISAL_DEFLATE };
	struct inflate *made = malloc(sizeof *made);

	if (!made)
		return NULL;
	made->packed = packed;
	made->wrapper = wrappers[form];
	begin(made);
	return made;
}

void inflate_free(struct inflate *inflate)
{
	free(inflate);
}

bool inflate_whole(struct inflate *inflate, uint8_t *into, size_t room, size_t *made)
{
	struct inflate_state *state = &inflate->state;
	uint32_t offered = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;

	state->next_out = into;
	state->avail_out = offered;
	if (isal_inflate_stateless(state) == ISAL_DECOMP_OK) {
		*made = offered - state->avail_out;
		return true;
	}
	begin(inflate);
	return false;
}

enum inflate_status inflate_step(struct inflate *inflate, uint8_t *into, size_t room, size_t *made)
{
	struct inflate_state *state = &inflate->state;
	uint32_t offered = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
	uint32_t before = state->avail_in;

	state->next_out = into;
	state->avail_out = offered;
	int result = isal_inflate(state);
	*made = offered - state->avail_out;
	if (result < 0 || result == ISAL_NEED_DICT)
		return INFLATE_DAMAGED;
	if (state->block_state == ISAL_BLOCK_FINISH)
		return INFLATE_ENDED;
	return *made == 0 && state->avail_in == before ? INFLATE_SHORT : INFLATE_GOES_ON;
}

size_t inflate_read(const struct inflate *inflate)
{
	const struct inflate_state *state = &inflate->state;
	size_t taken = (size_t)(state->next_in - inflate->packed.data);
	/* Some of that is not used yet. avail_in does not tell: at damage it may run below 0. */
	size_t unused = (size_t)(state->read_in_length > 0 ? state->read_in_length : 0) / 8;

	return taken > unused ? taken - unused : 0;
}

uint32_t inflate_crc32(struct bytes bytes)
{
	return crc32_gzip_refl(0, bytes.data, bytes.length);
}
