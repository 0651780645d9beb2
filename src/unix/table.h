/* What a number means to a personality: name and argument letters, looked up in constant time. */
#ifndef KENBI_UNIX_TABLE_H
#define KENBI_UNIX_TABLE_H

#include "unix/calls.h"
#include "unix/unix.h"

#define UNIX_ARGUMENTS 6

/* The call of that number, or ERROR_INPUT when the system has none. */
int unix_table_find(enum unix_system system, uint64_t number);
const char *unix_table_name(enum unix_call call);
/* Letters of unix/calls.h, at most UNIX_ARGUMENTS. */
const char *unix_table_letters(enum unix_call call);

#endif
