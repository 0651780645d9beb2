/* Bytes as an outbreak scenario: whatever they are, a scenario or a message. */
#include "outbreak/outbreak.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outbreak_scenario scenario;
	struct error error;

	if (outbreak_scenario_parse((struct bytes){ data, size }, "fuzz", &scenario, &error) == 0)
		outbreak_scenario_fini(&scenario);
	return 0;
}
