/* Messages to the person at the terminal: standard error, one line each, coloured only on a
 * terminal. Library rooms do not call this; they return errors. The command line and the daemons
 * do. */
#ifndef KENBI_BASE_LOG_H
#define KENBI_BASE_LOG_H

#include "base/error.h"

/* "kenbi: where: message". */
void log_error(const struct error *error);
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
