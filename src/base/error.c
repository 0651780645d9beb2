#include "base/base.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

PRINTF_LIKE(4, 0)
static void fill(struct error *error, int code, const char *where, const char *format, va_list list)
{
	error->code = code;
	snprintf(error->where, sizeof error->where, "%s", where ? where : "");
	vsnprintf(error->message, sizeof error->message, format, list);
}

int error_set(struct error *error, int code, const char *where, const char *format, ...)
{
	if (error) {
		va_list list;
		va_start(list, format);
		fill(error, code, where, format, list);
		va_end(list);
	}
	return code;
}

int error_system(struct error *error, const char *where, const char *format, ...)
{
	int number = errno;

	if (error) {
		va_list list;
		va_start(list, format);
		fill(error, ERROR_SYSTEM, where, format, list);
		va_end(list);
		size_t used = strlen(error->message);
		snprintf(error->message + used, sizeof error->message - used, ": %s",
			 strerror(number));
	}
	return ERROR_SYSTEM;
}

char *error_text(const struct error *error, char *text, unsigned size)
{
	snprintf(text, size, "%s%s%s", error->where, error->where[0] ? ": " : "", error->message);
	return text;
}

int error_exit_status(int code)
{
	if (code == 0)
		return 0;
	return code == ERROR_MEMORY || code == ERROR_INTERNAL ? 3 : 2;
}
