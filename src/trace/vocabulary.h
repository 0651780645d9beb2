/* The words of behaviour: EVENT(identifier, "name", "what it means", field names…).
 * Paths are Windows paths as the program gave them, made absolute; addresses are text
 * ("192.0.2.1"); data fields hold at most 256 bytes with non-printing ones as \xHH. */
#ifndef KENBI_TRACE_VOCABULARY_H
#define KENBI_TRACE_VOCABULARY_H

#define TRACE_EVENTS(EVENT)                                                                        \
	EVENT(SELF, "self", "the program and where it lies; always first", "path", "sha256")       \
	EVENT(FILE_CREATE, "file.create", "a file is made or emptied for writing", "path")         \
	EVENT(FILE_OPEN, "file.open", "an existing file is opened", "path", "access")              \
	EVENT(FILE_READ, "file.read", "bytes are read from a file", "path", "offset", "length")    \
	EVENT(FILE_WRITE, "file.write", "bytes are written to a file", "path", "offset", "length", \
	      "data")                                                                              \
	EVENT(FILE_DELETE, "file.delete", "a file is removed", "path")                             \
	EVENT(FILE_COPY, "file.copy", "a file is copied by one call", "source", "path")            \
	EVENT(FILE_MOVE, "file.move", "a file is renamed", "source", "path")                       \
	EVENT(FILE_SEARCH, "file.search", "a folder is listed", "path")                            \
	EVENT(FILE_ATTRIBUTES, "file.attributes", "attributes are changed", "path", "attributes")  \
	EVENT(REGISTRY_OPEN, "registry.open", "a key is opened", "key")                            \
	EVENT(REGISTRY_CREATE, "registry.create", "a key is made", "key")                          \
	EVENT(REGISTRY_SET, "registry.set", "a value is written", "key", "value", "data")          \
	EVENT(REGISTRY_GET, "registry.get", "a value is read", "key", "value")                     \
	EVENT(REGISTRY_DELETE, "registry.delete", "a key or value is removed", "key", "value")     \
	EVENT(PROCESS_CREATE, "process.create", "a program is started", "path", "command")         \
	EVENT(PROCESS_WALK, "process.walk", "the list of running processes is read", "how")        \
	EVENT(PROCESS_OPEN, "process.open", "another process is opened", "target", "access")       \
	EVENT(PROCESS_WRITE, "process.write", "another process' memory is written", "target",      \
	      "address", "length")                                                                 \
	EVENT(PROCESS_TERMINATE, "process.terminate", "another process is ended", "target")        \
	EVENT(THREAD_CREATE, "thread.create", "a thread is started", "target", "address")          \
	EVENT(MODULE_LOAD, "module.load", "a library is loaded", "name")                           \
	EVENT(MODULE_RESOLVE, "module.resolve", "an export is looked up by name", "name",          \
	      "export")                                                                            \
	EVENT(SERVICE_CREATE, "service.create", "a service is installed", "name", "path")          \
	EVENT(SERVICE_START, "service.start", "a service is started", "name")                      \
	EVENT(SERVICE_STOP, "service.stop", "a service is stopped", "name")                        \
	EVENT(MUTEX_CREATE, "mutex.create", "a named mutex is made", "name")                       \
	EVENT(NET_RESOLVE, "net.resolve", "a host name is looked up", "name", "address")           \
	EVENT(NET_CONNECT, "net.connect", "a connection goes out", "address", "port", "proto",     \
	      "result")                                                                            \
	EVENT(NET_LISTEN, "net.listen", "a port is opened", "address", "port", "proto")            \
	EVENT(NET_ACCEPT, "net.accept", "a connection comes in", "address", "port", "local_port")  \
	EVENT(NET_SEND, "net.send", "data goes out", "address", "port", "proto", "length", "data") \
	EVENT(NET_RECEIVE, "net.receive", "data comes in", "address", "port", "proto", "length",   \
	      "data")                                                                              \
	EVENT(NET_DOWNLOAD, "net.download", "a URL is fetched", "url", "path")                     \
	EVENT(MAIL_SEND, "mail.send", "a message is handed to a mail server", "server", "from",    \
	      "to")                                                                                \
	EVENT(RANDOM_SEED, "random.seed", "a random number generator is seeded", "generator",      \
	      "seed")                                                                              \
	EVENT(RANDOM_DRAW, "random.draw", "a random number is drawn", "generator", "value")        \
	EVENT(ANTI_DEBUG, "anti.debug", "a debugger is looked for", "how")                         \
	EVENT(ANTI_EMULATION, "anti.emulation", "a virtual machine or emulator is looked for",     \
	      "how")                                                                               \
	EVENT(CODE_WRITTEN, "code.written", "code runs that the program wrote itself", "address")  \
	EVENT(CODE_ILLEGAL, "code.illegal", "execution reaches an address that holds no code",     \
	      "address", "how")                                                                    \
	EVENT(CODE_FAULT, "code.fault", "the processor raises an exception", "address", "vector")  \
	EVENT(USER_CREATE, "user.create", "an account is made", "name", "group")                   \
	EVENT(HOOK_SET, "hook.set", "input or messages are intercepted", "how")                    \
	EVENT(SYSTEM_SHUTDOWN, "system.shutdown", "the machine is shut down", "how")               \
	EVENT(SYSTEM_CALL, "system.call", "a system call that no other word covers", "name",       \
	      "detail")                                                                            \
	EVENT(API_UNKNOWN, "api.unknown", "a generated stub answered a call without a model",      \
	      "library", "name", "texts")                                                          \
	EVENT(SLEEP, "sleep", "the program waits", "milliseconds")                                 \
	EVENT(SESSION, "session", "a conversation on the wire", "address", "port", "proto",        \
	      "protocol", "detail")                                                                \
	EVENT(SESSION_ANSWER, "session.answer",                                                    \
	      "a conversation in which the server attacks who asked it", "address", "port",        \
	      "proto", "protocol", "name")                                                         \
	EVENT(SHELL_COMMAND, "shell.command", "a command typed into a shell", "command")           \
	EVENT(SHELLCODE, "shellcode", "shellcode was found in a conversation", "kind", "os",       \
	      "port", "detail", "side")                                                            \
	EVENT(EXIT, "exit", "the program ends", "status")

#endif
