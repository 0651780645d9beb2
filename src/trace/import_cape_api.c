/* What API calls in reports of CAPE and Cuckoo 2 mean, as one table. Argument names are those of
 * the hooks of capemon (hook_file.c, hook_reg.c, hook_socket.c, …), after the bar those that Cuckoo
 * 2 gives them. An API that is not here has no word in the
 * vocabulary, or tells nothing that another does not. */
#include <string.h>
#include <strings.h>

#include "trace/import.h"

#define FILE_NAME "FileName|filepath|filepath_r"
#define OLD_NAME  "ExistingFileName|oldfilepath|oldfilepath_r"
#define NEW_NAME  "NewFileName|newfilepath|newfilepath_r"
#define FULL_KEY  "FullName|regkey|regkey_r|ObjectAttributesName"
#define ADDRESS	  "ip|ip_address"
#define BUFFER	  "buffer|Buffer"
#define TARGET	  "ProcessIdentifier|ProcessId|process_identifier"

static const struct import_api table[] = {
	/* files */
	{ "NtCreateFile", TRACE_FILE_CREATE, IMPORT_FILE_OPENED, { FILE_NAME } },
	{ "NtOpenFile", TRACE_FILE_OPEN, IMPORT_PLAIN, { FILE_NAME, "DesiredAccess" } },
	{ "NtReadFile",
	  TRACE_FILE_READ,
	  IMPORT_PLAIN,
	  { "HandleName|filepath", NULL, "Length|length" } },
	{ "NtWriteFile",
	  TRACE_FILE_WRITE,
	  IMPORT_PLAIN,
	  { "HandleName|filepath", NULL, "Length|length", BUFFER } },
	{ "DeleteFile", TRACE_FILE_DELETE, IMPORT_PLAIN, { FILE_NAME } },
	{ "NtDeleteFile", TRACE_FILE_DELETE, IMPORT_PLAIN, { FILE_NAME } },
	{ "CopyFile", TRACE_FILE_COPY, IMPORT_PLAIN, { OLD_NAME, NEW_NAME } },
	{ "MoveFileWithProgress", TRACE_FILE_MOVE, IMPORT_PLAIN, { OLD_NAME, NEW_NAME } },
	{ "MoveFileWithProgressTransacted", TRACE_FILE_MOVE, IMPORT_PLAIN, { OLD_NAME, NEW_NAME } },
	{ "FindFirstFile", TRACE_FILE_SEARCH, IMPORT_PLAIN, { FILE_NAME } },
	{ "SetFileAttributes",
	  TRACE_FILE_ATTRIBUTES,
	  IMPORT_PLAIN,
	  { FILE_NAME, "FileAttributes|file_attributes" } },
	/* the registry */
	{ "RegOpenKey", TRACE_REGISTRY_OPEN, IMPORT_PLAIN, { FULL_KEY } },
	{ "NtOpenKey", TRACE_REGISTRY_OPEN, IMPORT_PLAIN, { FULL_KEY "|ObjectAttributes" } },
	{ "RegCreateKey", TRACE_REGISTRY_CREATE, IMPORT_PLAIN, { FULL_KEY } },
	{ "NtCreateKey", TRACE_REGISTRY_CREATE, IMPORT_PLAIN, { FULL_KEY "|ObjectAttributes" } },
	{ "RegSetValue",
	  TRACE_REGISTRY_SET,
	  IMPORT_VALUE_KEY,
	  { FULL_KEY, "ValueName|value_name", "Buffer|value" } },
	{ "NtSetValueKey",
	  TRACE_REGISTRY_SET,
	  IMPORT_VALUE_KEY,
	  { FULL_KEY, "ValueName|value_name", "Buffer|value" } },
	{ "RegQueryValue",
	  TRACE_REGISTRY_GET,
	  IMPORT_VALUE_KEY,
	  { FULL_KEY, "ValueName|value_name" } },
	{ "RegDeleteKey", TRACE_REGISTRY_DELETE, IMPORT_PLAIN, { FULL_KEY } },
	{ "RegDeleteValue",
	  TRACE_REGISTRY_DELETE,
	  IMPORT_VALUE_KEY,
	  { FULL_KEY, "ValueName|value_name" } },
	/* processes, threads, libraries */
	{ "CreateProcessInternal",
	  TRACE_PROCESS_CREATE,
	  IMPORT_PLAIN,
	  { "ApplicationName|filepath|CommandLine", "CommandLine|command_line|ApplicationName" } },
	{ "NtCreateUserProcess",
	  TRACE_PROCESS_CREATE,
	  IMPORT_PLAIN,
	  { "ImagePathName|ProcessFileName|filepath", "CommandLine|command_line" } },
	{ "ShellExecute",
	  TRACE_PROCESS_CREATE,
	  IMPORT_PLAIN,
	  { "FilePath|filepath", "Parameters|parameters" } },
	{ "system", TRACE_PROCESS_CREATE, IMPORT_PLAIN, { "Command|command", "Command|command" } },
	{ "CreateToolhelp32Snapshot", TRACE_PROCESS_WALK, IMPORT_PLAIN, { "=toolhelp" } },
	{ "NtOpenProcess", TRACE_PROCESS_OPEN, IMPORT_PLAIN, { "ProcessName|" TARGET } },
	{ "NtWriteVirtualMemory",
	  TRACE_PROCESS_WRITE,
	  IMPORT_PLAIN,
	  { TARGET "|ProcessHandle", "BaseAddress|base_address", "BufferLength|buffer_length" } },
	{ "WriteProcessMemory",
	  TRACE_PROCESS_WRITE,
	  IMPORT_PLAIN,
	  { TARGET "|ProcessHandle", "BaseAddress|base_address", "BufferLength|buffer_length" } },
	{ "CreateRemoteThread",
	  TRACE_THREAD_CREATE,
	  IMPORT_PLAIN,
	  { TARGET "|ProcessHandle", "StartRoutine|function_address" } },
	{ "CreateThread",
	  TRACE_THREAD_CREATE,
	  IMPORT_PLAIN,
	  { NULL, "StartRoutine|function_address" } },
	{ "LdrLoadDll", TRACE_MODULE_LOAD, IMPORT_PLAIN, { "FileName|module_name" } },
	{ "LdrGetProcedureAddress",
	  TRACE_MODULE_RESOLVE,
	  IMPORT_PLAIN,
	  { "ModuleName|module", "FunctionName|function_name" } },
	{ "LdrGetProcedureAddressForCaller",
	  TRACE_MODULE_RESOLVE,
	  IMPORT_PLAIN,
	  { "ModuleName|module", "FunctionName|function_name" } },
	/* services, mutexes */
	{ "CreateService",
	  TRACE_SERVICE_CREATE,
	  IMPORT_PLAIN,
	  { "ServiceName|service_name", "BinaryPathName|filepath|filepath_r" } },
	{ "StartService", TRACE_SERVICE_START, IMPORT_PLAIN, { "ServiceName|service_name" } },
	{ "ControlService", TRACE_SERVICE_STOP, IMPORT_PLAIN, { "ServiceName|service_name" } },
	{ "NtCreateMutant", TRACE_MUTEX_CREATE, IMPORT_PLAIN, { "MutexName|mutant_name" } },
	/* the network */
	{ "getaddrinfo", TRACE_NET_RESOLVE, IMPORT_EVEN_FAILED, { "NodeName|hostname|nodename" } },
	{ "GetAddrInfo", TRACE_NET_RESOLVE, IMPORT_EVEN_FAILED, { "NodeName|hostname|nodename" } },
	{ "gethostbyname", TRACE_NET_RESOLVE, IMPORT_EVEN_FAILED, { "Name|hostname" } },
	{ "DnsQuery_", TRACE_NET_RESOLVE, IMPORT_EVEN_FAILED, { "Name|hostname" } },
	{ "socket", TRACE_NET_CONNECT, IMPORT_SOCKET_MADE, { NULL } },
	{ "WSASocket", TRACE_NET_CONNECT, IMPORT_SOCKET_MADE, { NULL } },
	{ "connect", TRACE_NET_CONNECT, IMPORT_SOCKET_NAMED, { ADDRESS, "port" } },
	{ "WSAConnect", TRACE_NET_CONNECT, IMPORT_SOCKET_NAMED, { ADDRESS, "port" } },
	{ "Connect", TRACE_NET_CONNECT, IMPORT_SOCKET_NAMED, { ADDRESS, "port" } },
	{ "bind", TRACE_NET_LISTEN, IMPORT_SOCKET_NAMED, { ADDRESS, "port" } },
	{ "send", TRACE_NET_SEND, IMPORT_SOCKET_USED, { NULL, NULL, NULL, NULL, BUFFER } },
	{ "WSASend", TRACE_NET_SEND, IMPORT_SOCKET_USED, { NULL, NULL, NULL, NULL, BUFFER } },
	{ "sendto", TRACE_NET_SEND, IMPORT_SOCKET_USED, { ADDRESS, "port", NULL, NULL, BUFFER } },
	{ "WSASendTo",
	  TRACE_NET_SEND,
	  IMPORT_SOCKET_USED,
	  { ADDRESS, "port", NULL, NULL, BUFFER } },
	{ "recv", TRACE_NET_RECEIVE, IMPORT_SOCKET_USED, { NULL, NULL, NULL, NULL, BUFFER } },
	{ "WSARecv", TRACE_NET_RECEIVE, IMPORT_SOCKET_USED, { NULL, NULL, NULL, NULL, BUFFER } },
	{ "recvfrom",
	  TRACE_NET_RECEIVE,
	  IMPORT_SOCKET_USED,
	  { ADDRESS, "port", NULL, NULL, BUFFER } },
	{ "URLDownloadToFile", TRACE_NET_DOWNLOAD, IMPORT_EVEN_FAILED, { "URL|url", FILE_NAME } },
	{ "URLDownloadToCacheFile",
	  TRACE_NET_DOWNLOAD,
	  IMPORT_EVEN_FAILED,
	  { "URL|url", "Filename|filepath" } },
	{ "InternetOpenUrl", TRACE_NET_DOWNLOAD, IMPORT_EVEN_FAILED, { "URL|url" } },
	/* the rest */
	{ "IsDebuggerPresent", TRACE_ANTI_DEBUG, IMPORT_EVEN_FAILED, { "=IsDebuggerPresent" } },
	{ "CheckRemoteDebuggerPresent",
	  TRACE_ANTI_DEBUG,
	  IMPORT_EVEN_FAILED,
	  { "=CheckRemoteDebuggerPresent" } },
	{ "SetWindowsHook", TRACE_HOOK_SET, IMPORT_PLAIN, { "HookIdentifier|hook_identifier" } },
	{ "GetAsyncKeyState", TRACE_HOOK_SET, IMPORT_EVEN_FAILED, { "=GetAsyncKeyState" } },
	{ "NtDelayExecution", TRACE_SLEEP, IMPORT_EVEN_FAILED, { "Milliseconds|milliseconds" } },
	{ "NetUserAdd", TRACE_USER_CREATE, IMPORT_PLAIN, { "UserName|username" } },
	{ "ExitWindows", TRACE_SYSTEM_SHUTDOWN, IMPORT_EVEN_FAILED, { "=ExitWindowsEx" } },
	{ "NtShutdownSystem", TRACE_SYSTEM_SHUTDOWN, IMPORT_EVEN_FAILED, { "=NtShutdownSystem" } },
	{ "InitiateSystemShutdown",
	  TRACE_SYSTEM_SHUTDOWN,
	  IMPORT_EVEN_FAILED,
	  { "=InitiateSystemShutdown" } },
};

const struct import_api *import_api_find(const char *name)
{
	static const char *const endings[] = { "", "A", "W", "Ex", "ExA", "ExW" };

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		size_t length = strlen(table[i].name);
		if (strncmp(name, table[i].name, length) != 0)
			continue;
		for (size_t j = 0; j < sizeof endings / sizeof *endings; j++)
			if (strcmp(name + length, endings[j]) == 0)
				return &table[i];
	}
	return NULL;
}
