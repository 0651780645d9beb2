/* kernel32: drives as data/machine describes them: their kinds, labels and room. */
#include <ctype.h>
#include <string.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/machine.h"

static const struct win32_drive *drive_of(struct call *call, const char *root)
{
	const struct win32_drive *drive;
	char letter = root && *root ? root[0] : call->w->directory[0];

	for (unsigned i = 0; (drive = win32_machine_drive(call->w->machine, i)); i++)
		if (tolower((unsigned char)drive->root[0]) == tolower((unsigned char)letter))
			return drive;
	return NULL;
}

static uint32_t get_drive_type(struct call *call)
{
	const struct win32_drive *drive = drive_of(call, arg_text(call, 0));

	if (!drive)
		return 1;
	switch (drive->kind[0]) {
	case 'r': return strcmp(drive->kind, "removable") == 0 ? 2 : 4;
	case 'c': return 5;
	default: return 3;
	}
}

static uint32_t get_logical_drives(struct call *call)
{
	const struct win32_drive *drive;
	uint32_t mask = 0;

	for (unsigned i = 0; (drive = win32_machine_drive(call->w->machine, i)); i++)
		mask |= 1u << (tolower((unsigned char)drive->root[0]) - 'a');
	return mask;
}

static uint32_t get_logical_drive_strings(struct call *call)
{
	const struct win32_drive *drive;
	uint32_t size = 0, capacity = arg(call, 0), at = arg(call, 1), unit = call->wide ? 2 : 1;

	for (unsigned i = 0; (drive = win32_machine_drive(call->w->machine, i)); i++)
		size += 4;
	if (capacity <= size)
		return size + 1;
	for (unsigned i = 0; (drive = win32_machine_drive(call->w->machine, i)); i++)
		at += unit * (text_put(call->w, at, 4, drive->root, call->wide) + 1);
	text_put(call->w, at, 1, "", call->wide);
	return size;
}

static uint32_t get_volume_information(struct call *call)
{
	const struct win32_drive *drive = drive_of(call, arg_text(call, 0));

	if (!drive || drive->total == 0)
		return fail(call, 21, 0); /* ERROR_NOT_READY */
	if (arg(call, 1))
		text_put(call->w, arg(call, 1), arg(call, 2), drive->label, call->wide);
	if (arg(call, 3))
		win32_put_u32(call->w, arg(call, 3), drive->serial);
	if (arg(call, 4))
		win32_put_u32(call->w, arg(call, 4), 255);
	if (arg(call, 5))
		win32_put_u32(call->w, arg(call, 5), 0x700ff);
	if (arg(call, 6))
		text_put(call->w, arg(call, 6), arg(call, 7), drive->file_system, call->wide);
	return 1;
}

static uint32_t get_disk_free_space(struct call *call)
{
	const struct win32_drive *drive = drive_of(call, arg_text(call, 0));

	if (!drive || drive->total == 0)
		return fail(call, 21, 0);
	const uint32_t words[] = { 8, 512, drive->free << 8, drive->total << 8 };
	for (unsigned i = 0; i < 4; i++)
		if (arg(call, i + 1))
			win32_put_u32(call->w, arg(call, i + 1), words[i]);
	return 1;
}

static uint32_t get_disk_free_space_ex(struct call *call)
{
	const struct win32_drive *drive = drive_of(call, arg_text(call, 0));

	if (!drive || drive->total == 0)
		return fail(call, 21, 0);
	const uint64_t sizes[] = { (uint64_t)drive->free << 20, (uint64_t)drive->total << 20,
				   (uint64_t)drive->free << 20 };
	for (unsigned i = 0; i < 3; i++)
		if (arg(call, i + 1))
			win32_put_u64(call->w, arg(call, i + 1), sizes[i]);
	return 1;
}

const struct api_model win32_kernel32_drive_models[] = {
	API_TEXT("GetDriveType", 1, get_drive_type),
	API("GetLogicalDrives", 0, get_logical_drives),
	API_TEXT("GetLogicalDriveStrings", 2, get_logical_drive_strings),
	API_TEXT("GetVolumeInformation", 8, get_volume_information),
	API_TEXT("GetDiskFreeSpace", 5, get_disk_free_space),
	API_TEXT("GetDiskFreeSpaceEx", 4, get_disk_free_space_ex),
	API_END
};
