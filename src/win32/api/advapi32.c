/* advapi32: services, accounts, tokens, random bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/machine.h"
#include "win32/registry.h"

#define SERVICES "HKLM\\System\\CurrentControlSet\\Services\\"

enum { SERVICE_STOPPED = 1, SERVICE_RUNNING = 4 };

static uint32_t open_manager(struct call *call)
{
	struct win32_object *object;
	return win32_object_new(call->w, OBJECT_SERVICE, NULL, &object);
}

static struct win32_object *service_of(struct call *call, unsigned index)
{
	struct win32_object *service = win32_object_of(call->w, arg(call, index), OBJECT_SERVICE);
	return service && service->text ? service : NULL;
}

static uint32_t new_service(struct win32 *w, const char *name, uint32_t state)
{
	struct win32_object *object;
	uint32_t handle = win32_object_new(w, OBJECT_SERVICE, NULL, &object);

	if (handle) {
		object->text = strdup(name);
		object->status = state;
	}
	return handle;
}

static void store_text(struct win32 *w, const char *key, const char *name, const char *text)
{
	struct buffer data;

	buffer_init(&data, 4096);
	for (size_t i = 0; i <= strlen(text); i++)
		buffer_append(&data, (uint8_t[]){ (uint8_t)text[i], 0 }, 2);
	if (win32_registry_set(w->registry, key, name, REG_EXPAND_SZ, buffer_bytes(&data)) == 0)
		EMIT(w, REGISTRY_SET, trace_text(key), trace_text(name), trace_text(text));
	buffer_fini(&data);
}

static uint32_t create_service(struct call *call)
{
	struct win32 *w = call->w;
	const char *name = arg_text(call, 1), *path = arg_text(call, 7);
	char key[REGISTRY_PATH];

	if (!name || !*name)
		return fail(call, ERROR_INVALID_NAME, 0);
	snprintf(key, sizeof key, SERVICES "%.400s", name);
	EMIT(w, SERVICE_CREATE, trace_text(name), trace_text(path ? path : ""));
	if (win32_registry_has(w->registry, key))
		return fail(call, 1073, 0); /* ERROR_SERVICE_EXISTS */
	if (win32_registry_create(w->registry, key) < 0)
		return fail(call, ERROR_NOT_ENOUGH_MEMORY, 0);
	store_text(w, key, "ImagePath", path ? path : "");
	return new_service(w, name, SERVICE_STOPPED);
}

static uint32_t open_service(struct call *call)
{
	const char *name = arg_text(call, 1);
	char key[REGISTRY_PATH];

	snprintf(key, sizeof key, SERVICES "%.400s", name ? name : "");
	if (!name || !win32_registry_has(call->w->registry, key))
		return fail(call, ERROR_SERVICE_DOES_NOT_EXIST, 0);
	return new_service(call->w, name, SERVICE_RUNNING);
}

static uint32_t close_service(struct call *call)
{
	return win32_object_close(call->w, arg(call, 0));
}

static uint32_t start_service(struct call *call)
{
	struct win32_object *service = service_of(call, 0);

	if (!service)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	EMIT(call->w, SERVICE_START, trace_text(service->text));
	service->status = SERVICE_RUNNING;
	return 1;
}

/* SERVICE_STATUS: type, state, accepted controls, … */
static void put_status(struct win32 *w, uint32_t at, uint32_t state)
{
	if (!at)
		return;
	win32_fill(w, at, 0, 28);
	win32_put_u32(w, at, 0x10);
	win32_put_u32(w, at + 4, state);
	win32_put_u32(w, at + 8, 5);
}

static uint32_t control_service(struct call *call)
{
	struct win32_object *service = service_of(call, 0);

	if (!service)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	if (arg(call, 1) == 1) { /* SERVICE_CONTROL_STOP */
		EMIT(call->w, SERVICE_STOP, trace_text(service->text));
		service->status = SERVICE_STOPPED;
	}
	put_status(call->w, arg(call, 2), service->status);
	return 1;
}

static uint32_t query_service(struct call *call)
{
	struct win32_object *service = service_of(call, 0);

	if (!service)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	put_status(call->w, arg(call, 1), service->status);
	return 1;
}

static uint32_t delete_service(struct call *call)
{
	struct win32_object *service = service_of(call, 0);
	char key[REGISTRY_PATH];

	if (!service)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	snprintf(key, sizeof key, SERVICES "%.400s", service->text);
	EMIT(call->w, REGISTRY_DELETE, trace_text(key), trace_text(""));
	return win32_registry_delete(call->w->registry, key) == 0 ||
	       !win32_registry_has(call->w->registry, key);
}

static uint32_t change_service(struct call *call)
{
	struct win32_object *service = service_of(call, 0);
	char key[REGISTRY_PATH], number[12];

	if (!service)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	if (arg(call, 2) != UINT32_MAX) { /* the start type */
		snprintf(key, sizeof key, SERVICES "%.400s", service->text);
		snprintf(number, sizeof number, "%u", arg(call, 2));
		EMIT(call->w, REGISTRY_SET, trace_text(key), trace_text("Start"),
		     trace_text(number));
	}
	return 1;
}

static uint32_t describe_service(struct call *call)
{
	return service_of(call, 0) != NULL;
}

/* Not started by the service manager: programs then run as ordinary ones. */
static uint32_t start_dispatcher(struct call *call)
{
	return fail(call, 1063, 0); /* ERROR_FAILED_SERVICE_CONTROLLER_CONNECT */
}

static uint32_t return_true(struct call *call)
{
	(void)call;
	return 1;
}

static uint32_t register_handler(struct call *call)
{
	return open_manager(call);
}

/* --- accounts and tokens --- */

static uint32_t get_user_name(struct call *call)
{
	const char *name = win32_machine_user(call->w->machine);
	uint32_t room = win32_u32(call->w, arg(call, 1)), length = text_length(name);

	win32_put_u32(call->w, arg(call, 1), length + 1);
	if (room <= length)
		return fail(call, ERROR_INSUFFICIENT_BUFFER, 0);
	text_put(call->w, arg(call, 0), room, name, call->wide);
	return 1;
}

static uint32_t open_token(struct call *call)
{
	struct win32_object *object;
	uint32_t handle = win32_object_new(call->w, OBJECT_TOKEN, NULL, &object);
	/* OpenThreadToken has one argument more before the result */
	unsigned last = strstr(call->slot->name, "Thread") ? 3 : 2;

	win32_put_u32(call->w, arg(call, last), handle);
	return handle != 0;
}

static uint32_t look_up_privilege(struct call *call)
{
	win32_put_u64(call->w, arg(call, 2), 20);
	return 1;
}

static uint32_t adjust_privileges(struct call *call)
{
	set_last_error(call->w, ERROR_SUCCESS);
	return 1;
}

/* TokenUser: S-1-5-21-…-1003; everything else answers zeros. */
static uint32_t get_token_information(struct call *call)
{
	static const uint8_t sid[] = { 1,    5,	   0,	 0,    0,    0,	   0,	 5,    21,   0,
				       0,    0,	   0x5b, 0x6c, 0xa3, 0x2f, 0x11, 0x7d, 0x10, 0x32,
				       0x43, 0x17, 0x0a, 0x32, 0xeb, 3,	   0,	 0 };
	struct win32 *w = call->w;
	uint32_t into = arg(call, 2), room = arg(call, 3), needed = 8 + sizeof sid;

	if (arg(call, 4))
		win32_put_u32(w, arg(call, 4), needed);
	if (room < needed)
		return fail(call, ERROR_INSUFFICIENT_BUFFER, 0);
	win32_fill(w, into, 0, room < 4096 ? room : 4096);
	if (arg(call, 1) == 1) {
		win32_put_u32(w, into, into + 8);
		win32_put(w, into + 8, sid, sizeof sid);
	}
	return 1;
}

static uint32_t allocate_sid(struct call *call)
{
	uint32_t sid = win32_heap_take(call->w, 40);
	unsigned count = (uint8_t)arg(call, 1);

	win32_put_u8(call->w, sid, 1);
	win32_put_u8(call->w, sid + 1, count);
	for (unsigned i = 0; i < 6; i++)
		win32_put_u8(call->w, sid + 2 + i, win32_u8(call->w, arg(call, 0) + i));
	for (unsigned i = 0; i < 8; i++)
		win32_put_u32(call->w, sid + 8 + 4 * i, i < count ? arg(call, 2 + i) : 0);
	win32_put_u32(call->w, arg(call, 10), sid);
	return sid != 0;
}

static uint32_t free_sid(struct call *call)
{
	win32_heap_give(call->w, arg(call, 0));
	return 0;
}

/* The user is an administrator, as on most home machines of the time. */
static uint32_t check_membership(struct call *call)
{
	return win32_put_u32(call->w, arg(call, 2), 1);
}

static uint32_t initialize_descriptor(struct call *call)
{
	win32_fill(call->w, arg(call, 0), 0, 20);
	win32_put_u8(call->w, arg(call, 0), 1);
	return 1;
}

static uint32_t initiate_shutdown(struct call *call)
{
	EMIT(call->w, SYSTEM_SHUTDOWN, trace_text(call->slot->name));
	return 1;
}

/* --- random bytes --- */

static void draw(struct win32 *w, const char *generator, uint32_t into, uint32_t count)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < count && i < 65536; i++) {
		if (i % 4 == 0)
			value = random_u32(&w->random);
		if (!win32_put_u8(w, into + i, value >> 8 * (i % 4)))
			break;
	}
	EMIT(w, RANDOM_DRAW, trace_text(generator), trace_number(win32_u32(w, into)));
}

static uint32_t crypt_acquire(struct call *call)
{
	struct win32_object *object;
	uint32_t handle = win32_object_new(call->w, OBJECT_CRYPT, NULL, &object);

	win32_put_u32(call->w, arg(call, 0), handle);
	return handle != 0;
}

static uint32_t crypt_random(struct call *call)
{
	draw(call->w, "CryptGenRandom", arg(call, 2), arg(call, 1));
	return 1;
}

static uint32_t rtl_gen_random(struct call *call)
{
	draw(call->w, "RtlGenRandom", arg(call, 0), arg(call, 1));
	return 1;
}

static uint32_t crypt_release(struct call *call)
{
	return win32_object_close(call->w, arg(call, 0));
}

const struct api_model win32_advapi32_models[] = {
	API_TEXT("OpenSCManager", 3, open_manager),
	API_TEXT("CreateService", 13, create_service),
	API_TEXT("OpenService", 3, open_service),
	API("CloseServiceHandle", 1, close_service),
	API_TEXT("StartService", 3, start_service),
	API("ControlService", 3, control_service),
	API("QueryServiceStatus", 2, query_service),
	API("DeleteService", 1, delete_service),
	API_TEXT("ChangeServiceConfig", 11, change_service),
	API_TEXT("ChangeServiceConfig2", 3, describe_service),
	API_TEXT("StartServiceCtrlDispatcher", 1, start_dispatcher),
	API_TEXT("RegisterServiceCtrlHandler", 2, register_handler),
	API("SetServiceStatus", 2, return_true),
	API_TEXT("GetUserName", 2, get_user_name),
	API("OpenProcessToken", 3, open_token),
	API("OpenThreadToken", 4, open_token),
	API_TEXT("LookupPrivilegeValue", 3, look_up_privilege),
	API("AdjustTokenPrivileges", 6, adjust_privileges),
	API("GetTokenInformation", 5, get_token_information),
	API("AllocateAndInitializeSid", 11, allocate_sid),
	API("FreeSid", 1, free_sid),
	API("CheckTokenMembership", 3, check_membership),
	API("InitializeSecurityDescriptor", 2, initialize_descriptor),
	API("SetSecurityDescriptorDacl", 4, return_true),
	API("ImpersonateSelf", 1, return_true),
	API("RevertToSelf", 0, return_true),
	API_TEXT("InitiateSystemShutdown", 5, initiate_shutdown),
	API_TEXT("InitiateSystemShutdownEx", 6, initiate_shutdown),
	API_TEXT("CryptAcquireContext", 5, crypt_acquire),
	API("CryptGenRandom", 3, crypt_random),
	API("CryptReleaseContext", 2, crypt_release),
	API("SystemFunction036", 2, rtl_gen_random),
	API_END
};
