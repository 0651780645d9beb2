/* A PE file from nowhere, loaded and run for a moment. */
#include "win32/win32.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct win32_config config = { .memory_limit = 32 << 20 };
	struct win32 *process;
	struct error error;

	if (win32_new(&config, &process, &error) < 0)
		return 0;
	if (win32_load(process, (struct bytes){ data, size }, &error) == 0)
		win32_run(process, 200000);
	win32_free(process);
	return 0;
}
