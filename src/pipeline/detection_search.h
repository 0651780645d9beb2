/* What of a conversation is searched for shellcode, and in which order its bytes. */
#ifndef KENBI_PIPELINE_DETECTION_SEARCH_H
#define KENBI_PIPELINE_DETECTION_SEARCH_H

#include "pipeline/detection.h"

/* Searches what that side of job->session said, as job->description has it, into job->side[side].
 * Negative: job->error says why. */
MUST_CHECK int detection_search_side(struct shellcode_detector *detector, struct detection_job *job,
				     enum stream_side side);

#endif
