/* kenbi fakenet: the pseudo-Internet over real sockets, for test beds. */
#include "fakenet/fakenet.h"

#include "cli/cli.h"

#define DOWNLOAD_LIMIT (256u << 20)

static const struct option options[] = { { "listen", required_argument, NULL, 'l' },
					 { "for", required_argument, NULL, 'f' },
					 { "download", required_argument, NULL, 'd' },
					 { 0 } };

static int fakenet(const struct cli_command *command, int count, char **words)
{
	struct fakenet_serve_options serve = { .seconds = 60, .net = { .seed = 1 } };
	struct buffer download = { 0 };
	struct error error = { 0 };
	uint64_t number;
	int option, result = 0;

	while (result == 0 && (option = getopt_long(count, words, "", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			if (address_parse(optarg, &serve.listen) < 0) {
				result = error_set(&error, ERROR_USAGE, optarg,
						   "not an address of IPv4 or IPv6");
				log_error(&error);
			}
			break;
		case 'd':
			buffer_fini(&download);
			result = file_read(optarg, DOWNLOAD_LIMIT, &download, &error);
			if (result < 0)
				log_error(&error);
			break;
		case 'f':
			result = cli_number(command, "--for", optarg, 1, 86400, &number);
			serve.seconds = (unsigned)number;
			break;
		default: result = ERROR_USAGE;
		}
	}
	if (result == ERROR_USAGE && error.code) {
		result = error.code;
	} else if (result == ERROR_USAGE ||
		   (result == 0 && (!serve.listen.family || optind < count))) {
		cli_usage_error(command, "name the address to listen on with --listen");
		result = ERROR_USAGE;
	} else if (result == 0) {
		serve.net.download = buffer_bytes(&download);
		result = fakenet_serve(&serve, &error);
		if (result < 0)
			log_error(&error);
	}
	buffer_fini(&download);
	return error_exit_status(result);
}

const struct cli_command cli_fakenet = {
	.name = "fakenet",
	.summary = "Serve the pseudo-Internet on an address of a test bed",
	.usage = "--listen ADDRESS [--for SECONDS] [--download FILE]",
	.options = "  --listen ADDRESS   the only address that is bound\n"
		   "  --for SECONDS      stop after that long (default 60)\n"
		   "  --download FILE    what every request for an executable is answered with\n",
	.run = fakenet,
};
