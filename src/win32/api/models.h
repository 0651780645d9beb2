/* The tables of models, one or more per library; see api/table.c. */
#ifndef KENBI_WIN32_API_MODELS_H
#define KENBI_WIN32_API_MODELS_H

#include "win32/api.h"

extern const struct api_model win32_kernel32_process_models[];
extern const struct api_model win32_kernel32_file_models[];
extern const struct api_model win32_kernel32_path_models[];
extern const struct api_model win32_kernel32_memory_models[];
extern const struct api_model win32_kernel32_thread_models[];
extern const struct api_model win32_kernel32_time_models[];
extern const struct api_model win32_kernel32_module_models[];
extern const struct api_model win32_kernel32_text_models[];
extern const struct api_model win32_ntdll_models[];
extern const struct api_model win32_msvcrt_start_models[];
extern const struct api_model win32_msvcrt_text_models[];
extern const struct api_model win32_msvcrt_stream_models[];
extern const struct api_model win32_msvcrt_misc_models[];

#endif
