/* From findings to a verdict, and the words for both. */
#include "policy/policy.h"

#define SUSPICIONS 3 /* that many suspicious findings together are malicious */

const char *policy_severity_name(enum policy_severity severity)
{
	static const char *const names[] = { "note", "suspicious", "malicious" };
	return names[severity];
}

const char *policy_verdict_name(enum policy_verdict verdict)
{
	static const char *const names[] = { "unknown", "clean", "suspicious", "malicious" };
	return names[verdict];
}

enum policy_verdict policy_judge(struct policy_machine *machine, bool finished)
{
	size_t suspicious = 0;
	const struct policy_finding *finding;

	for (size_t i = 0; (finding = policy_finding(machine, i)); i++) {
		if (finding->severity == POLICY_MALICIOUS)
			return POLICY_VERDICT_MALICIOUS;
		suspicious += finding->severity == POLICY_SUSPICIOUS;
	}
	if (suspicious >= SUSPICIONS)
		return POLICY_VERDICT_MALICIOUS;
	if (suspicious)
		return POLICY_VERDICT_SUSPICIOUS;
	return finished ? POLICY_CLEAN : POLICY_UNKNOWN;
}
