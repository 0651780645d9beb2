#include "shellcode/vain.h"

enum {
	BYTES = 5, /* of the look: a seed and what follows it at once; numbers come later */
	OFTEN = 8
};

unsigned vain_look(struct bytes bytes, size_t offset, unsigned salt)
{
	struct bytes look = bytes_slice(bytes, offset, BYTES);
	uint64_t hash = salt;

	for (size_t i = 0; i < look.length; i++)
		hash = (hash ^ look.data[i]) * 0x100000001b3u;
	return (unsigned)(hash * 0x9e3779b97f4a7c15u >> 52) % VAIN_LOOKS;
}

void vain_count(struct vain *vain, unsigned look)
{
	if (vain->counts[look] < UINT8_MAX)
		vain->counts[look]++;
}

bool vain_likely(const struct vain *vain, unsigned look)
{
	return vain->counts[look] >= OFTEN;
}
