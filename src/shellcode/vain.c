#include "shellcode/vain.h"

#include <string.h>

enum { BYTES = 5 /* of the look: a seed and what follows it at once; numbers come later */ };

unsigned vain_look(struct bytes bytes, size_t offset, unsigned salt)
{
	const uint64_t kept = ((uint64_t)1 << 8 * BYTES) - 1;
	struct bytes look = bytes_slice(bytes, offset, sizeof kept);
	uint64_t word = 0;

	if (look.length == sizeof word) /* in one piece */
		memcpy(&word, look.data, sizeof word);
	else if (look.length > 0)
		memcpy(&word, look.data, look.length);
	return (unsigned)(((word & kept) << 8 | salt) * 0x9e3779b97f4a7c15u >> 50) % VAIN_LOOKS;
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
