/* The table of protocols. Order decides only among equally sure ones. */
#include "stream/protocol.h"

const struct protocol protocols[] = {
	{ "smb", 6, true, smb_recognise, smb_read },
	{ "dcerpc", 6, true, dcerpc_recognise, dcerpc_read },
	{ "tls", 6, true, tls_recognise, tls_read },
	{ "ssh", 6, true, ssh_recognise, ssh_read },
	{ "http", 6, true, http_recognise, http_read },
	{ "ftp", 6, true, ftp_recognise, ftp_read },
	{ "smtp", 6, true, smtp_recognise, smtp_read },
	{ "pop3", 6, true, pop3_recognise, pop3_read },
	{ "imap", 6, true, imap_recognise, imap_read },
	{ "irc", 6, true, irc_recognise, irc_read },
	{ "telnet", 6, true, telnet_recognise, telnet_read },
	{ "dns", 6, true, dns_recognise, dns_read },
	{ "ftp-data", 6, false, ftp_data_recognise, ftp_data_read },
	{ "pe-transfer", 6, true, pe_transfer_recognise, pe_transfer_read },
	{ "shell", 6, false, shell_recognise, shell_read },
	{ "quic", 17, true, quic_recognise, quic_read },
	{ "dcerpc", 17, true, dcerpc_udp_recognise, dcerpc_udp_read },
	{ "dns", 17, true, dns_recognise, dns_read },
	{ "ssrp", 17, true, ssrp_recognise, ssrp_read },
	{ "tftp", 17, true, tftp_recognise, tftp_read },
	{ .name = NULL },
};
