/* Any bytes as a file of every format that is checked for compressed data. */
#include "shellcode/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct media media;

	media_check((struct bytes){ data, size }, &media);
	if (media.count > MEDIA_STRETCHES)
		__builtin_trap();
	for (size_t i = 0; i < media.count; i++)
		if (media.at[i].start >= media.at[i].end || media.at[i].end > size)
			__builtin_trap();
	return 0;
}
