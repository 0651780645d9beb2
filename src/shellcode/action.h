/* What a payload did, in the words of docs/records.md, from the events of its run. */
#ifndef KENBI_SHELLCODE_ACTION_H
#define KENBI_SHELLCODE_ACTION_H

#include <jansson.h>

#include "trace/trace.h"

/* An array of actions in order, each once. Returned owned; NULL: no memory. */
json_t *action_list(const struct trace_log *trace);

#endif
