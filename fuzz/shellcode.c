/* Any bytes, searched for shell code; the first half again as what the sender said next; what is
 * found is listed. */
#include "shellcode/shellcode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct shellcode_detector *detector;
	struct shellcode_finding findings[4];
	struct error error;
	int count;

	if (size > 1 << 14 || (!detector && shellcode_new(&detector, &error) < 0))
		return 0;
	shellcode_explain(detector, true);
	count = shellcode_scan(detector, (struct bytes){ data, size },
			       (struct bytes){ data, size / 2 }, findings, 4, NULL, &error);
	for (int i = 0; i < count; i++)
		shellcode_finding_fini(&findings[i]);
	return 0;
}
