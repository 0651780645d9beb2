/* A log of Suricata that somebody else wrote, read as one trace per machine. */
#include "trace/trace.h"

#include <stdlib.h>

#include "import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_import((struct bytes){ data, size }, TRACE_FORMAT_EVE);
	return 0;
}
