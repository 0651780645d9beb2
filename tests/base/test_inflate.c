/* What is unpacked, beside zlib: whole streams, cut ones, damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include <zlib.h>

#include "base/base.h"

enum { MOST = 300000, WALL = 1 << 16 };

static const int window_bits[] = {
	[INFLATE_GZIP] = 15 + 16, [INFLATE_ZLIB] = 15, [INFLATE_BARE] = -15
};

/* Runs, words and noise by turns, so that every kind of block comes. */
static size_t make_content(struct random *random, uint8_t *content)
{
	size_t length = random_below(random, MOST);

	for (size_t i = 0; i < length;) {
		size_t end = i + 1 + random_below(random, 5000);
		uint32_t sort = random_u32(random) % 3;
		uint8_t byte = (uint8_t)random_u32(random);
		for (; i < end && i < length; i++)
			content[i] = sort == 0	 ? byte
				     : sort == 1 ? (uint8_t)random_u32(random)
						 : (uint8_t)("a few words "[i % 12]);
	}
	return length;
}

static size_t pack(struct bytes content, enum inflate_form form, int level, uint8_t *packed,
		   size_t room)
{
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)content.data,
			    .avail_in = (uInt)content.length,
			    .next_out = packed,
			    .avail_out = (uInt)room };

	assert_int_equal(
		deflateInit2(&stream, level, Z_DEFLATED, window_bits[form], 8, Z_DEFAULT_STRATEGY),
		Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	return stream.total_out;
}

/* zlib's answer: what comes out, whether it came to its end, and behind which byte. */
static bool peer(struct bytes packed, enum inflate_form form, uint8_t *into, size_t *made,
		 size_t *read)
{
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)packed.data,
			    .avail_in = (uInt)packed.length,
			    .next_out = into,
			    .avail_out = MOST + 1 };

	assert_int_equal(inflateInit2(&stream, window_bits[form]), Z_OK);
	int status = inflate(&stream, Z_FINISH);
	*made = stream.total_out;
	*read = stream.total_in;
	inflateEnd(&stream);
	return status == Z_STREAM_END;
}

static enum inflate_status unpack(struct bytes packed, enum inflate_form form, size_t step,
				  uint8_t *into, size_t *made, size_t *read)
{
	struct inflate *inflate = inflate_new(packed, form);
	enum inflate_status status = INFLATE_GOES_ON;

	assert_non_null(inflate);
	for (*made = 0; status == INFLATE_GOES_ON && *made <= MOST;) {
		size_t got, room = MOST + 1 - *made;
		status = inflate_step(inflate, into + *made, step < room ? step : room, &got);
		*made += got;
	}
	*read = inflate_read(inflate);
	inflate_free(inflate);
	return status;
}

/* Where that fails, steps follow and must begin at the beginning. */
static bool unpack_whole(struct bytes packed, enum inflate_form form, uint8_t *into, size_t room,
			 size_t *made, size_t *read)
{
	struct inflate *inflate = inflate_new(packed, form);

	assert_non_null(inflate);
	bool whole = inflate_whole(inflate, into, room, made);
	*read = inflate_read(inflate);
	assert_true(whole || *read == 0);
	inflate_free(inflate);
	return whole;
}

static void gives_what_zlib_gives(void **state)
{
	static uint8_t content[MOST], packed[2 * MOST], ours[MOST + 1], theirs[MOST + 1];
	struct random random;

	(void)state;
	random_init(&random, 7, 0);
	for (unsigned round = 0; round < 200; round++) {
		enum inflate_form form = random_u32(&random) % 3;
		size_t length = make_content(&random, content), made, read, peer_made, peer_read;
		size_t size = pack((struct bytes){ content, length }, form,
				   (int)random_below(&random, 10), packed, sizeof packed - 100);
		memset(packed + size, 0x55, 100); /* what follows is not its */
		struct bytes all = { packed, size + 100 };
		size_t step = 1 + random_below(&random, round % 4 ? 70000 : 300);
		assert_int_equal(unpack(all, form, step, ours, &made, &read), INFLATE_ENDED);
		assert_int_equal(made, length);
		assert_memory_equal(ours, content, length);
		assert_int_equal(read, size);
		memset(ours, 0, length);
		assert_true(unpack_whole(all, form, ours, length + random_below(&random, 2), &made,
					 &read));
		assert_int_equal(made, length);
		assert_memory_equal(ours, content, length);
		assert_int_equal(read, size);
		if (length)
			assert_false(unpack_whole(all, form, ours,
						  random_below(&random, (uint32_t)length), &made,
						  &read));
		/* cut: as far as it goes */
		all.length = random_below(&random, (uint32_t)size);
		assert_int_equal(unpack(all, form, step, ours, &made, &read), INFLATE_SHORT);
		assert_memory_equal(ours, content, made);
		assert_false(peer(all, form, theirs, &peer_made, &peer_read));
		assert_true(made <= length && made + 300 >= peer_made);
	}
}

static void finds_damage(void **state)
{
	static uint8_t content[MOST], packed[2 * MOST], ours[MOST + 1], theirs[MOST + 1];
	unsigned damaged = 0;
	struct random random;

	(void)state;
	random_init(&random, 8, 0);
	for (unsigned round = 0; round < 300; round++) {
		enum inflate_form form = random_u32(&random) % 3;
		size_t length = make_content(&random, content), made, read, peer_made, peer_read;
		size_t size =
			pack((struct bytes){ content, length }, form, 6, packed, sizeof packed);
		size_t header = form == INFLATE_GZIP ? 10 : 0;
		packed[header + random_below(&random, (uint32_t)(size - header))] ^=
			(uint8_t)(1u << random_below(&random, 8));
		struct bytes all = { packed, size };
		bool right = unpack(all, form, 30000, ours, &made, &read) == INFLATE_ENDED;
		assert_int_equal(right, peer(all, form, theirs, &peer_made, &peer_read));
		assert_int_equal(right, unpack_whole(all, form, ours, MOST + 1, &made, &read));
		if (right)
			assert_memory_equal(ours, theirs, made);
		damaged += !right;
	}
	assert_true(damaged > 150);
}

/* Memory that ends where a page ends that nobody may touch. */
static uint8_t *before_a_wall(size_t length)
{
	uint8_t *pages =
		mmap(NULL, 2 * WALL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + WALL, WALL, PROT_NONE), 0);
	return pages + WALL - length;
}

/* Short streams, whole, cut and damaged, at the end of memory: nothing behind them is read, nothing
 * behind the room is written, and no more is said to have been read than there was. */
static void stays_inside_its_bytes(void **state)
{
	static uint8_t content[MOST], packed[2 * MOST];
	uint8_t *end = before_a_wall(0), *room_end = before_a_wall(0);
	struct random random;

	(void)state;
	random_init(&random, 9, 0);
	for (unsigned round = 0; round < 20000; round++) {
		enum inflate_form form = random_u32(&random) % 3;
		size_t length = random_below(&random, 600), room = 1 + random_below(&random, 300);
		for (size_t i = 0; i < length; i++)
			content[i] = (uint8_t)(random_u32(&random) % (1 + round % 200));
		size_t size = pack((struct bytes){ content, length }, form,
				   (int)random_below(&random, 10), packed, sizeof packed);
		if (round % 4 == 0)
			size = random_below(&random, (uint32_t)size + 1);
		for (unsigned flips = round % 5; flips && size; flips--)
			packed[random_below(&random, (uint32_t)size)] ^=
				(uint8_t)(1u << random_below(&random, 8));
		memcpy(end - size, packed, size);
		struct inflate *inflate = inflate_new((struct bytes){ end - size, size }, form);
		enum inflate_status status = INFLATE_GOES_ON;
		assert_non_null(inflate);
		if (round % 2) {
			size_t made;
			if (inflate_whole(inflate, room_end - room, room, &made)) {
				assert_in_range(made, 0, room);
				assert_in_range(inflate_read(inflate), 0, size);
				inflate_free(inflate);
				continue;
			}
		}
		for (unsigned steps = 0; status == INFLATE_GOES_ON && steps < 1000; steps++) {
			size_t made;
			status = inflate_step(inflate, room_end - room, room, &made);
			assert_in_range(made, 0, room);
			assert_in_range(inflate_read(inflate), 0, size);
		}
		inflate_free(inflate);
	}
	munmap(end - WALL, 2 * WALL);
	munmap(room_end - WALL, 2 * WALL);
}

static void sums_as_zlib_does(void **state)
{
	static const char text[] = "The quick brown fox jumps over the lazy dog";

	(void)state;
	assert_int_equal(inflate_crc32(bytes_of("123456789")), 0xcbf43926);
	for (size_t length = 0; length < sizeof text; length++)
		assert_int_equal(inflate_crc32((struct bytes){ (const uint8_t *)text, length }),
				 crc32(0, (const Bytef *)text, (uInt)length));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_what_zlib_gives),
		cmocka_unit_test(finds_damage),
		cmocka_unit_test(stays_inside_its_bytes),
		cmocka_unit_test(sums_as_zlib_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
