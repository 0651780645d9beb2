/* The inside of profiles of benign flows. */
#ifndef KENBI_REMEDY_PROFILE_H
#define KENBI_REMEDY_PROFILE_H

#include "remedy/filter.h"
#include "remedy/knowledge.h"

/* The share of the profile's flows that fit one of the filter's lines. False: the profile cannot
 * tell. */
bool profile_share(const struct remedy_profile *profile, const struct packet_filter *filter,
		   double *share);
/* Whose flows they are, for people. */
const char *profile_basis(const struct remedy_profile *profile);

#endif
