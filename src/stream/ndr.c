/* NDR of known arguments (C706, chapter 14): conformant varying strings whose maximum count, offset
 * and actual count contradict each other or run over the stub, and strings that do not end. */
#include "stream/dcerpc.h"

struct ndr {
	struct describer *describer;
	enum stream_side side;
	size_t offset;
	bool little_endian;
	struct reader reader;
};

static uint32_t read_aligned_u32(struct ndr *ndr)
{
	reader_skip(&ndr->reader, -ndr->reader.offset % 4);
	return ndr->little_endian ? reader_u32le(&ndr->reader) : reader_u32be(&ndr->reader);
}

static void deviates(struct ndr *ndr, const char *what)
{
	describe_deviation(ndr->describer, ndr->side, ndr->offset, what);
}

static bool ends_with_zero(struct bytes content, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		if (content.length < width || content.data[content.length - 1 - i])
			return false;
	return true;
}

/* Returns false when the rest cannot be read. */
static bool check_string(struct ndr *ndr, const struct target_argument *argument)
{
	unsigned width = argument->form == TARGET_WIDE_STRING ? 2 : 1;

	if (argument->unique && read_aligned_u32(ndr) == 0)
		return !reader_failed(&ndr->reader);
	uint32_t maximum = read_aligned_u32(ndr);
	uint32_t first = read_aligned_u32(ndr);
	uint32_t actual = read_aligned_u32(ndr);
	if (reader_failed(&ndr->reader)) {
		deviates(ndr, "NDR stub ends within its arguments");
		return false;
	}
	if (first)
		deviates(ndr, "NDR string that begins behind its first element");
	if ((uint64_t)first + actual > maximum)
		deviates(ndr, "NDR string longer than its maximum count");
	struct bytes content =
		bytes_slice(ndr->reader.bytes, ndr->reader.offset, (size_t)actual * width);
	if (content.length < (size_t)actual * width) {
		deviates(ndr, "NDR string longer than the stub");
		return false;
	}
	reader_skip(&ndr->reader, content.length);
	if (!ends_with_zero(content, width))
		deviates(ndr, "NDR string without its terminator");
	if (argument->most && actual > argument->most + 1)
		deviates(ndr, "string argument longer than its meaning allows");
	return true;
}

void ndr_check(struct describer *describer, enum stream_side side, size_t offset, struct bytes stub,
	       bool little_endian, const struct target_operation *operation)
{
	struct ndr ndr = { describer, side, offset, little_endian, reader_of(stub) };

	for (unsigned i = 0; i < operation->argument_count; i++) {
		enum target_form form = operation->arguments[i].form;
		if (form == TARGET_U32 || form == TARGET_NULL || form == TARGET_HANDLE) {
			uint32_t value = read_aligned_u32(&ndr);
			if (form == TARGET_HANDLE)
				reader_skip(&ndr.reader, UUID_SIZE);
			if (reader_failed(&ndr.reader)) {
				deviates(&ndr, "NDR stub ends within its arguments");
				return;
			}
			if (form == TARGET_NULL && value)
				return;
		} else if (!check_string(&ndr, &operation->arguments[i])) {
			return;
		}
	}
}
