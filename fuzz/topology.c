/* Bytes as a topology: whatever they are, a world or a message. */
#include "outbreak/outbreak.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outbreak_world world;
	struct error error;

	if (outbreak_world_parse((struct bytes){ data, size }, "fuzz", &world, &error) == 0)
		outbreak_world_fini(&world);
	return 0;
}
