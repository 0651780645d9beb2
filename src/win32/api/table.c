/* Which models belong to which library. */
#include "win32/api.h"

#include <string.h>
#include <strings.h>

#include "win32/api/models.h"

struct library_models {
	const char *library; /* without extension */
	const struct api_model *const *lists;
};

static const struct api_model *const kernel32[] = {
	win32_kernel32_process_models, win32_kernel32_file_models,   win32_kernel32_path_models,
	win32_kernel32_mapping_models, win32_kernel32_drive_models,  win32_kernel32_profile_models,
	win32_kernel32_memory_models,  win32_kernel32_thread_models, win32_kernel32_time_models,
	win32_kernel32_module_models,  win32_kernel32_text_models,   NULL
};
static const struct api_model *const ntdll[] = { win32_ntdll_models, NULL };
static const struct api_model *const msvcrt[] = { win32_msvcrt_start_models,
						  win32_msvcrt_text_models,
						  win32_msvcrt_number_models,
						  win32_msvcrt_stream_models,
						  win32_msvcrt_misc_models,
						  win32_msvcrt_seh_models,
						  NULL };

#define LIST(...)                         \
	(const struct api_model *const[]) \
	{                                 \
		__VA_ARGS__, NULL         \
	}

static const struct library_models all[] = {
	{ "kernel32", kernel32 },
	{ "ntdll", ntdll },
	{ "msvcrt", msvcrt },
	{ "crtdll", msvcrt },
	{ "msvcr70", msvcrt },
	{ "msvcr71", msvcrt },
	{ "msvcr80", msvcrt },
	{ "msvcr90", msvcrt },
	{ "user32", LIST(win32_user32_models) },
	{ "advapi32", LIST(win32_registry_models, win32_advapi32_models) },
	{ "ws2_32", LIST(win32_ws2_32_models, win32_names_models) },
	{ "wsock32", LIST(win32_ws2_32_models, win32_names_models) },
	{ "wininet", LIST(win32_wininet_models) },
	{ "urlmon", LIST(win32_urlmon_models) },
	{ "shell32", LIST(win32_shell32_models) },
	{ "shlwapi", LIST(win32_shlwapi_models, win32_shlwapi_registry_models) },
	{ "netapi32", LIST(win32_netapi32_models) },
	{ "mpr", LIST(win32_mpr_models) },
	{ "psapi", LIST(win32_psapi_models) },
	{ "iphlpapi", LIST(win32_iphlpapi_models) },
	{ "dnsapi", LIST(win32_dnsapi_models) },
	{ "ole32", LIST(win32_ole32_models) },
	{ "oleaut32", LIST(win32_oleaut32_models) },
	{ "winmm", LIST(win32_winmm_models) },
	{ "version", LIST(win32_version_models) },
};

const char *api_library(unsigned index, const struct api_model *const **lists)
{
	if (index >= sizeof all / sizeof *all)
		return NULL;
	*lists = all[index].lists;
	return all[index].library;
}

const struct api_model *const *api_models(const char *library)
{
	size_t length = strcspn(library, ".");

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strncasecmp(all[i].library, library, length) == 0 && !all[i].library[length])
			return all[i].lists;
	return NULL;
}

const struct api_model *api_find(const char *library, const char *name, bool *wide)
{
	const struct api_model *const *lists = api_models(library);
	size_t length = strlen(name);

	*wide = false;
	for (; lists && *lists; lists++)
		for (const struct api_model *model = *lists; model->name; model++) {
			if (!(model->flags & API_FLAG_TEXT)) {
				if (strcmp(model->name, name) == 0)
					return model;
				continue;
			}
			size_t stem = strlen(model->name);
			if (stem + 1 != length || strncmp(model->name, name, stem) != 0 ||
			    (name[stem] != 'A' && name[stem] != 'W'))
				continue;
			*wide = name[stem] == 'W';
			return model;
		}
	return NULL;
}
