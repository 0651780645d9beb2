/* Parts of bench_shellcode. */
#ifndef KENBI_BENCH_SHELLCODE_PARTS_H
#define KENBI_BENCH_SHELLCODE_PARTS_H

#include "shellcode/shellcode.h"

/* One figure on standard output: a line, or with --json an object. `peer` NULL: none. */
void figure(const char *name, double value, const char *unit);
void figure_beside(const char *name, double value, const char *unit, const char *peer,
		   double peer_value);
extern bool json;

/* Streams of one kind of data. */
struct data_class {
	const char *name;
	struct buffer *streams;
	size_t count, bytes;
};

enum { DATA_CLASSES = 9 };
/* What the machine has of text, binaries, Windows programs and so on, at most `limit` bytes of
 * each, and generated random bytes. Returns the number of classes that are not empty. */
unsigned data_classes_make(struct data_class *classes, size_t limit);
void data_class_fini(struct data_class *class);

/* Throughput of the seed scan by every path and of full detection, by class; worst inputs. `only`:
 * of those whose name has this part; NULL: all. */
int speed_report(struct shellcode_detector *detector, const char *only);

/* Seconds of processor time. */
double processor_time(void);

#endif
