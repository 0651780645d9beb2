#include "remedy/format.h"

#include <ctype.h>
#include <string.h>

/* --- free text --- */

static bool plain(struct buffer *buffer, char c)
{
	return buffer_append(buffer, &c, 1) == 0;
}

/* For formats where values of types other than numbers and names stand in comments only. */
static bool harmless_only(struct buffer *buffer, char c)
{
	if (!isalnum((unsigned char)c) && !strchr(" ._:/#-", c))
		c = '?';
	return plain(buffer, c);
}

/* content:"…" of Suricata: everything that is not a letter or digit goes as |hex|. */
static bool escape_suricata(struct buffer *buffer, char c)
{
	if (isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_')
		return plain(buffer, c);
	return buffer_printf(buffer, "|%02x|", (unsigned)(unsigned char)c) == 0;
}

/* Between single quotes. */
static bool escape_powershell(struct buffer *buffer, char c)
{
	return (c != '\'' || plain(buffer, c)) && plain(buffer, c);
}

bool format_escape_reg(struct buffer *buffer, char c)
{
	return ((c != '"' && c != '\\') || plain(buffer, '\\')) && plain(buffer, c);
}

/* A regular expression, POSIX or PCRE, that stands between slashes or alone on its line. */
static bool escape_expression(struct buffer *buffer, char c)
{
	if (isalnum((unsigned char)c) || c == ' ' || c == '-' || c == '_')
		return plain(buffer, c);
	return buffer_printf(buffer, "[%s%c]", c == '^' || c == '\\' || c == '/' ? "\\" : "", c) ==
	       0;
}

/* Squid splits a line at spaces, so there can be none in an expression. */
static bool escape_squid(struct buffer *buffer, char c)
{
	return c != ' ' && escape_expression(buffer, c);
}

/* Text strings of YARA, between double quotes. */
static bool escape_yara(struct buffer *buffer, char c)
{
	if (c == '"' || c == '\\')
		return buffer_printf(buffer, "\\x%02x", (unsigned)(unsigned char)c) == 0;
	return plain(buffer, c);
}

static bool refuse(struct buffer *buffer, char c)
{
	(void)buffer;
	(void)c;
	return false;
}

/* --- the table --- */

#define ON(device) (1u << REMEDY_ON_##device)
#define PACKETS	   (ON(HOST) | ON(ROUTER) | ON(FIREWALL))
#define ROUTERS	   (ON(ROUTER) | ON(FIREWALL) | ON(EDGE))

/* A zone needs its head; the rule has the records alone, as one adds them to a zone that is there.
 */
#define CHECK_ZONE                                                                             \
	"f=$(mktemp) && { printf '$TTL 60\\n@ SOA . . 1 60 60 60 60\\n@ NS localhost.\\n'; "   \
	"cat \"$1\"; } >\"$f\" && named-checkzone -q rpz.example \"$f\"; s=$?; rm -f \"$f\"; " \
	"exit $s"

static const struct format formats[] = {
	{ { "nftables", "nft", "nft -f FILE", "nft -c -f \"$1\"" },
	  harmless_only,
	  NULL,
	  PACKETS,
	  NULL,
	  undo_nftables },
	{ { "iptables", "iptables", "iptables-restore --noflush FILE",
	    "iptables-restore --test --noflush \"$1\"" },
	  harmless_only,
	  filter_iptables,
	  PACKETS,
	  undo_iptables,
	  NULL },
	{ { "ip6tables", "ip6tables", "ip6tables-restore --noflush FILE",
	    "ip6tables-restore --test --noflush \"$1\"" },
	  harmless_only,
	  filter_ip6tables,
	  PACKETS,
	  undo_ip6tables,
	  NULL },
	{ { "cisco", "ios", "Cisco IOS: configure terminal", NULL },
	  harmless_only,
	  filter_cisco,
	  ROUTERS | ON(SWITCH),
	  undo_cisco,
	  NULL },
	{ { "junos", "junos", "Junos: load merge FILE, commit", NULL },
	  harmless_only,
	  filter_junos,
	  ROUTERS,
	  undo_junos,
	  NULL },
	{ { "flowspec", "flow", "ExaBGP, section neighbor", NULL },
	  refuse,
	  filter_flowspec,
	  ON(EDGE),
	  undo_flowspec,
	  NULL },
	{ { "openc2", "json", "an OpenC2 actuator of the SLPF profile, line by line", NULL },
	  refuse,
	  filter_openc2,
	  PACKETS | ON(EDGE) | ON(SWITCH),
	  undo_openc2,
	  NULL },
	{ { "suricata", "rules", "a rule file of Suricata", "suricata -T -S \"$1\" -l /tmp" },
	  escape_suricata,
	  NULL,
	  ON(IDS),
	  NULL,
	  NULL },
	{ { "rpz", "zone", "a response policy zone, behind its records", CHECK_ZONE },
	  refuse,
	  NULL,
	  ON(DNS),
	  NULL,
	  NULL },
	{ { "unbound", "conf", "unbound, section server", NULL },
	  refuse,
	  NULL,
	  ON(DNS),
	  NULL,
	  NULL },
	{ { "squid", "conf", "squid, before its http_access lines", NULL },
	  escape_squid,
	  NULL,
	  ON(PROXY),
	  NULL,
	  NULL },
	{ { "postfix", "pcre", "Postfix: mime_header_checks (pcre or regexp)", NULL },
	  escape_expression,
	  NULL,
	  ON(MAIL),
	  NULL,
	  NULL },
	{ { "yara", "yar", "yara FILE FOLDER", "yara -w \"$1\" /dev/null" },
	  escape_yara,
	  NULL,
	  ON(HOST) | ON(MAIL) | ON(PROXY),
	  NULL,
	  NULL },
	{ { "powershell", "ps1", "PowerShell on Windows hosts, as administrator", NULL },
	  escape_powershell,
	  NULL,
	  ON(HOST),
	  NULL,
	  NULL },
	{ { "reg", "reg", "reg import FILE on Windows hosts", NULL },
	  format_escape_reg,
	  NULL,
	  ON(HOST),
	  NULL,
	  NULL },
	{ { "text", "txt", "a person", NULL }, plain, NULL, 0, NULL, NULL },
};

size_t format_count(void)
{
	return sizeof formats / sizeof *formats;
}

const struct format *format_at(size_t index)
{
	return &formats[index];
}

int format_find(const char *name)
{
	for (size_t i = 0; i < format_count(); i++)
		if (strcmp(formats[i].about.name, name) == 0)
			return (int)i;
	return ERROR_INPUT;
}

const struct remedy_format *remedy_format(size_t index)
{
	return index < format_count() ? &formats[index].about : NULL;
}

const struct remedy_format *remedy_format_find(const char *name)
{
	int index = format_find(name);
	return index < 0 ? NULL : &formats[index].about;
}
