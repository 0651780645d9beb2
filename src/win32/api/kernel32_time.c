/* kernel32: the clock, dates, the system's description. Asking the time costs a millisecond of it,
 * so that loops which wait for the clock end. */
#include <stdio.h>
#include <string.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/machine.h"

#define TICKS_PER_DAY 864000000000ull

static void pass(struct win32 *w)
{
	w->waited += 1000;
}

/* Civil date of a day count since 1601 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 */
static void date_of(int64_t days, uint16_t *year, uint16_t *month, uint16_t *day)
{
	days += 584694 - 306; /* since 0000-03-01 */
	int64_t era = days / 146097, of_era = days % 146097;
	int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
	int64_t shifted = (5 * of_year + 2) / 153;
	*day = (uint16_t)(of_year - (153 * shifted + 2) / 5 + 1);
	*month = (uint16_t)(shifted < 10 ? shifted + 3 : shifted - 9);
	*year = (uint16_t)(years + 400 * era + (*month <= 2));
}

static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	year -= month <= 2;
	int64_t era = year / 400, years = year % 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + years * 365 + years / 4 - years / 100 + of_year - 584388;
}

static void put_system_time(struct win32 *w, uint32_t at, uint64_t time)
{
	uint16_t year, month, day;
	uint64_t days = time / TICKS_PER_DAY, rest = time % TICKS_PER_DAY / 10000;

	date_of((int64_t)days, &year, &month, &day);
	const uint32_t words[] = { year,
				   month,
				   (uint32_t)((days + 1) % 7),
				   day,
				   (uint32_t)(rest / 3600000),
				   (uint32_t)(rest / 60000 % 60),
				   (uint32_t)(rest / 1000 % 60),
				   (uint32_t)(rest % 1000) };
	for (uint32_t i = 0; i < 8; i++)
		win32_put_u16(w, at + 2 * i, words[i]);
}

static uint64_t take_u64(struct win32 *w, uint32_t at)
{
	return win32_u32(w, at) | (uint64_t)win32_u32(w, at + 4) << 32;
}

static uint32_t get_tick_count(struct call *call)
{
	pass(call->w);
	return win32_ticks(call->w);
}

static uint32_t get_tick_count_64(struct call *call)
{
	pass(call->w);
	call->has_high = true;
	return win32_ticks(call->w);
}

static uint32_t get_system_time(struct call *call)
{
	pass(call->w);
	put_system_time(call->w, arg(call, 0), win32_file_time(call->w));
	return 0;
}

static uint32_t get_system_time_as_file_time(struct call *call)
{
	pass(call->w);
	win32_put_u64(call->w, arg(call, 0), win32_file_time(call->w));
	return 0;
}

static uint32_t query_performance_counter(struct call *call)
{
	pass(call->w);
	win32_put_u64(call->w, arg(call, 0), win32_now(call->w) * 3579545ull / 1000000 + 6565108);
	return 1;
}

static uint32_t query_performance_frequency(struct call *call)
{
	win32_put_u64(call->w, arg(call, 0), 3579545);
	return 1;
}

static uint32_t system_to_file_time(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t at = arg(call, 0);
	int64_t days = days_of(win32_u16(w, at), win32_u16(w, at + 2), win32_u16(w, at + 6));
	uint64_t rest = (win32_u16(w, at + 8) * 3600ull + win32_u16(w, at + 10) * 60ull +
			 win32_u16(w, at + 12)) *
				1000 +
			win32_u16(w, at + 14);

	return win32_put_u64(w, arg(call, 1), (uint64_t)days * TICKS_PER_DAY + rest * 10000);
}

static uint32_t file_to_system_time(struct call *call)
{
	put_system_time(call->w, arg(call, 1), take_u64(call->w, arg(call, 0)));
	return 1;
}

static uint32_t copy_file_time(struct call *call)
{
	return win32_put_u64(call->w, arg(call, 1), take_u64(call->w, arg(call, 0)));
}

static uint32_t compare_file_time(struct call *call)
{
	uint64_t a = take_u64(call->w, arg(call, 0)), b = take_u64(call->w, arg(call, 1));
	return a < b ? UINT32_MAX : a > b;
}

static uint32_t file_time_to_dos(struct call *call)
{
	uint16_t year, month, day;
	uint64_t time = take_u64(call->w, arg(call, 0)), rest = time % TICKS_PER_DAY / 10000000;

	date_of((int64_t)(time / TICKS_PER_DAY), &year, &month, &day);
	win32_put_u16(call->w, arg(call, 1), (year - 1980u) << 9 | (uint32_t)month << 5 | day);
	win32_put_u16(call->w, arg(call, 2),
		      (uint32_t)(rest / 3600 << 11 | (rest / 60 % 60) << 5 | (rest % 60) / 2));
	return 1;
}

static uint32_t get_time_zone(struct call *call)
{
	win32_fill(call->w, arg(call, 0), 0, 172);
	return 0; /* TIME_ZONE_ID_UNKNOWN: universal time */
}

static uint32_t format_date(struct call *call, bool date)
{
	uint16_t year, month, day;
	char text[32];
	uint64_t time = win32_file_time(call->w), rest = time % TICKS_PER_DAY / 10000000;

	if (arg(call, 2)) {
		uint32_t at = arg(call, 2);
		year = win32_u16(call->w, at);
		month = win32_u16(call->w, at + 2);
		day = win32_u16(call->w, at + 6);
		rest = win32_u16(call->w, at + 8) * 3600ull + win32_u16(call->w, at + 10) * 60ull +
		       win32_u16(call->w, at + 12);
	} else {
		date_of((int64_t)(time / TICKS_PER_DAY), &year, &month, &day);
	}
	if (date)
		snprintf(text, sizeof text, "%u/%u/%04u", month, day, year);
	else
		snprintf(text, sizeof text, "%02u:%02u:%02u", (unsigned)(rest / 3600),
			 (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
	if (arg(call, 5) == 0)
		return text_length(text) + 1;
	return text_put(call->w, arg(call, 4), arg(call, 5), text, call->wide) + 1;
}

static uint32_t get_date_format(struct call *call)
{
	return format_date(call, true);
}

static uint32_t get_time_format(struct call *call)
{
	return format_date(call, false);
}

/* --- what system this is: Windows XP Professional SP2 --- */

static uint32_t get_version(struct call *call)
{
	(void)call;
	return 0x0a280105;
}

static uint32_t get_version_ex(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t at = arg(call, 0), size = win32_u32(w, at);
	const uint32_t words[] = { 5, 1, 2600, 2 };

	for (uint32_t i = 0; i < 4; i++)
		win32_put_u32(w, at + 4 + 4 * i, words[i]);
	text_put(w, at + 20, 128, "Service Pack 2", call->wide);
	uint32_t extended = at + 20 + (call->wide ? 256 : 128);
	if (size >= extended - at + 8) {
		win32_put_u32(w, extended, 2);
		win32_put_u16(w, extended + 4, 0x100);
		win32_put_u8(w, extended + 6, 1);
	}
	return 1;
}

static uint32_t get_system_info(struct call *call)
{
	uint32_t at = arg(call, 0);
	const uint32_t words[] = { 0, WIN32_PAGE, 0x10000,	 0x7ffeffff, 1,
				   1, 586,	  WIN32_GRANULE, 0x0401000f };

	for (uint32_t i = 0; i < 9; i++)
		win32_put_u32(call->w, at + 4 * i, words[i]);
	return 0;
}

static uint32_t is_processor_feature(struct call *call)
{
	/* not emulated floating point; compare-exchange, MMX, SSE, time stamp, SSE2 */
	return arg(call, 0) < 32 && ((1u << arg(call, 0)) & 0x54c) != 0;
}

static uint32_t get_computer_name(struct call *call)
{
	const char *name = win32_machine_computer(call->w->machine);
	uint32_t size = win32_u32(call->w, arg(call, 1)), length = text_length(name);

	win32_put_u32(call->w, arg(call, 1), size > length ? length : length + 1);
	if (size <= length)
		return fail(call, 111, 0); /* ERROR_BUFFER_OVERFLOW */
	text_put(call->w, arg(call, 0), size, name, call->wide);
	return 1;
}

static uint32_t get_computer_name_ex(struct call *call)
{
	const char *name = win32_machine_computer(call->w->machine);

	win32_put_u32(call->w, arg(call, 2), text_length(name));
	text_put(call->w, arg(call, 1), 256, name, call->wide);
	return 1;
}

static uint32_t language(struct call *call)
{
	(void)call;
	return 0x409;
}

static uint32_t code_page(struct call *call)
{
	(void)call;
	return 1252;
}

static uint32_t oem_code_page(struct call *call)
{
	(void)call;
	return 437;
}

static uint32_t get_cp_info(struct call *call)
{
	win32_fill(call->w, arg(call, 1), 0, 18);
	win32_put_u32(call->w, arg(call, 1), 1);
	win32_put_u8(call->w, arg(call, 1) + 4, '?');
	return 1;
}

static uint32_t is_valid_code_page(struct call *call)
{
	uint32_t page = arg(call, 0);
	return page == 1252 || page == 437 || page == 65001 || page == 850;
}

static uint32_t get_locale_info(struct call *call)
{
	static const struct {
		uint32_t type;
		const char *text;
	} texts[] = { { 0x1001, "English" }, { 0x1002, "United States" },
		      { 0x3, "ENU" },	     { 0x7, "USA" },
		      { 0x5, "1" },	     { 0x59, "en" },
		      { 0x5a, "US" },	     { 0xe, "." } };
	const char *text = "";

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].type == (arg(call, 1) & 0xffff))
			text = texts[i].text;
	if (arg(call, 3) == 0)
		return text_length(text) + 1;
	return text_put(call->w, arg(call, 2), arg(call, 3), text, call->wide) + 1;
}

const struct api_model win32_kernel32_time_models[] = {
	API("GetTickCount", 0, get_tick_count),
	API("GetTickCount64", 0, get_tick_count_64),
	API("GetSystemTime", 1, get_system_time),
	API("GetLocalTime", 1, get_system_time),
	API("GetSystemTimeAsFileTime", 1, get_system_time_as_file_time),
	API("QueryPerformanceCounter", 1, query_performance_counter),
	API("QueryPerformanceFrequency", 1, query_performance_frequency),
	API("SystemTimeToFileTime", 2, system_to_file_time),
	API("FileTimeToSystemTime", 2, file_to_system_time),
	API("FileTimeToLocalFileTime", 2, copy_file_time),
	API("LocalFileTimeToFileTime", 2, copy_file_time),
	API("CompareFileTime", 2, compare_file_time),
	API("FileTimeToDosDateTime", 3, file_time_to_dos),
	API("GetTimeZoneInformation", 1, get_time_zone),
	API_TEXT("GetDateFormat", 6, get_date_format),
	API_TEXT("GetTimeFormat", 6, get_time_format),
	API("GetVersion", 0, get_version),
	API_TEXT("GetVersionEx", 1, get_version_ex),
	API("GetSystemInfo", 1, get_system_info),
	API("GetNativeSystemInfo", 1, get_system_info),
	API("IsProcessorFeaturePresent", 1, is_processor_feature),
	API_TEXT("GetComputerName", 2, get_computer_name),
	API_TEXT("GetComputerNameEx", 3, get_computer_name_ex),
	API("GetSystemDefaultLangID", 0, language),
	API("GetUserDefaultLangID", 0, language),
	API("GetSystemDefaultLCID", 0, language),
	API("GetUserDefaultLCID", 0, language),
	API("GetThreadLocale", 0, language),
	API("GetSystemDefaultUILanguage", 0, language),
	API("GetUserDefaultUILanguage", 0, language),
	API("GetACP", 0, code_page),
	API("GetOEMCP", 0, oem_code_page),
	API("GetCPInfo", 2, get_cp_info),
	API("IsValidCodePage", 1, is_valid_code_page),
	API_TEXT("GetLocaleInfo", 4, get_locale_info),
	API_END
};
