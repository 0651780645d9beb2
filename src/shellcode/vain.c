#include "shellcode/vain.h"

enum {
	BYTES = 5, /* of the look: a seed and what follows it at once; numbers come later */
	OFTEN = 8,
	RARE_PART = 16 /* of all attempts, that a rare kind has fewer than one of */
};

unsigned vain_look(struct bytes bytes, size_t offset, unsigned salt)
{
	struct bytes look = bytes_slice(bytes, offset, BYTES);
	uint64_t hash = salt;

	for (size_t i = 0; i < look.length; i++)
		hash = (hash ^ look.data[i]) * 0x100000001b3u;
	return (unsigned)(hash * 0x9e3779b97f4a7c15u >> 50) % VAIN_LOOKS;
}

void vain_found(struct vain *vain, unsigned look)
{
	if (vain->counts[look] < UINT8_MAX)
		vain->counts[look]++;
}

void vain_count(struct vain *vain, unsigned look, unsigned kind)
{
	vain_found(vain, look);
	vain->kinds[kind]++;
	vain->all++;
}

bool vain_likely(const struct vain *vain, unsigned look)
{
	return vain->counts[look] >= OFTEN;
}

bool vain_seen(const struct vain *vain, unsigned look)
{
	return vain->counts[look] > 0;
}

bool vain_rare(const struct vain *vain, unsigned kind)
{
	return vain->kinds[kind] * RARE_PART < vain->all;
}
