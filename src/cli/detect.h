/* kenbi detect -i: what the live part needs of the options. */
#ifndef KENBI_CLI_DETECT_H
#define KENBI_CLI_DETECT_H

#include "cli/run.h"

/* Watches the interface until its end; findings, rates and drops on a screen of a terminal, lines
 * elsewhere, records with run->json. Returns the exit status. */
int cli_detect_live(const struct cli_run *run, const struct pipeline_live *live);

#endif
