/* The tables of models, one or more per library; see api/table.c. */
#ifndef KENBI_WIN32_API_MODELS_H
#define KENBI_WIN32_API_MODELS_H

#include "win32/api.h"

extern const struct api_model win32_kernel32_process_models[];
extern const struct api_model win32_kernel32_file_models[];
extern const struct api_model win32_kernel32_mapping_models[];
extern const struct api_model win32_kernel32_path_models[];
extern const struct api_model win32_kernel32_drive_models[];
extern const struct api_model win32_kernel32_profile_models[];
extern const struct api_model win32_kernel32_memory_models[];
extern const struct api_model win32_kernel32_thread_models[];
extern const struct api_model win32_kernel32_time_models[];
extern const struct api_model win32_kernel32_module_models[];
extern const struct api_model win32_kernel32_text_models[];
extern const struct api_model win32_ntdll_models[];
extern const struct api_model win32_msvcrt_start_models[];
extern const struct api_model win32_msvcrt_text_models[];
extern const struct api_model win32_msvcrt_number_models[];
extern const struct api_model win32_msvcrt_stream_models[];
extern const struct api_model win32_msvcrt_misc_models[];
extern const struct api_model win32_msvcrt_seh_models[];
extern const struct api_model win32_ws2_32_models[];
extern const struct api_model win32_names_models[];
extern const struct api_model win32_dnsapi_models[];
extern const struct api_model win32_iphlpapi_models[];
extern const struct api_model win32_registry_models[];
extern const struct api_model win32_shlwapi_registry_models[];
extern const struct api_model win32_advapi32_models[];
extern const struct api_model win32_urlmon_models[];
extern const struct api_model win32_wininet_models[];
extern const struct api_model win32_shell32_models[];
extern const struct api_model win32_shlwapi_models[];
extern const struct api_model win32_user32_models[];
extern const struct api_model win32_netapi32_models[];
extern const struct api_model win32_mpr_models[];
extern const struct api_model win32_psapi_models[];
extern const struct api_model win32_ole32_models[];
extern const struct api_model win32_oleaut32_models[];
extern const struct api_model win32_winmm_models[];
extern const struct api_model win32_version_models[];

#endif
