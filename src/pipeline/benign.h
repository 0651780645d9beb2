/* Benign flows, for estimates of what a packet filter costs. */
#ifndef KENBI_PIPELINE_BENIGN_H
#define KENBI_PIPELINE_BENIGN_H

#include "remedy/remedy.h"

/* Reads a capture, an EVE log or a profile from a descriptor (borrowed; a regular file). Returns
 * owned; *profile may be set with an error, too. */
MUST_CHECK int benign_read(int descriptor, const char *name, struct remedy_profile **profile,
			   struct error *error);

#endif
