/* The table of protocols. Order decides only among equally sure ones. */
#include "stream/protocol.h"

const struct protocol protocols[] = {
	{ "ftp", 6, true, ftp_recognise, ftp_read },
	{ "ftp-data", 6, false, ftp_data_recognise, ftp_data_read },
	{ "pe-transfer", 6, true, pe_recognise, pe_read },
	{ "shell", 6, false, shell_recognise, shell_read },
	{ .name = NULL },
};
