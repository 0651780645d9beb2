/* Any bytes, run as code in every Unix personality. */
#include "unix/unix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > 1 << 16)
		return 0;
	for (enum unix_system system = 0; system < UNIX_SYSTEMS; system++) {
		struct unix_config config = { .system = system, .memory_limit = 8 << 20 };
		struct unix_process *process;
		struct error error;
		uint64_t placed;
		if (unix_new(&config, &process, &error) < 0)
			continue;
		if (unix_place(process, (struct bytes){ data, size }, 0, &placed, &error) == 0)
			unix_run(process, 20000);
		unix_free(process);
	}
	return 0;
}
