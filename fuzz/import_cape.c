/* A sandbox report that somebody else wrote, read as a trace: whatever it holds, the events are
 * those of the vocabulary and can be written as JSON. */
#include "trace/trace.h"

#include <stdlib.h>

#include "import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_import((struct bytes){ data, size }, TRACE_FORMAT_CAPE);
	return 0;
}
