/* kernel - what the event loop asks of a way of scanning.
 *
 * A kernel is memoryless or timed. A memoryless one (near.c) knows at what rate the hosts that scan
 * now hit those that can be hit, and draws who hits whom when the loop's clock says that something
 * is hit. A timed one (walker.c, list.c, mail.c; drawn.c, which draws every scan) pushes its next
 * hits into the loop's agenda when a host starts to scan, and is asked when they are due. Kernels
 * say who hits whom; whether a hit infects is the loop's to say. */
#ifndef KENBI_OUTBREAK_KERNEL_H
#define KENBI_OUTBREAK_KERNEL_H

#include "outbreak/outbreak.h"

struct loop;
struct kernel;

struct kernel_event {
	double time;
	double luck;	/* in (0, 1): the hit gets through when its chance is above */
	uint64_t count; /* what the kernel likes: number of a scan, of a slice */
	uint32_t from, to;
	uint8_t kernel; /* whose it is */
};

struct kernel_operations {
	/* Memory, for worlds of the loop's population. */
	int (*init)(struct kernel *kernel, struct error *error);
	void (*fini)(struct kernel *kernel);
	/* Nobody is infected, in the replica that the population now holds. `open`: everybody who
	 * is not out of reach can be hit; else nobody until exposed. */
	int (*reset)(struct kernel *kernel, bool open, struct error *error);
	/* The host starts to scan, now. */
	int (*start)(struct kernel *kernel, uint32_t host, struct error *error);
	/* It has been cleaned. NULL: hits of such hosts are refused when they are due. */
	void (*stop)(struct kernel *kernel, uint32_t host);
	/* It has been cut off from all but its own place; see loop.h. NULL: nothing is spared. */
	void (*hold)(struct kernel *kernel, uint32_t host);
	/* Timed: an event of it is due. */
	int (*fire)(struct kernel *kernel, const struct kernel_event *event, struct error *error);
	/* Memoryless: hits per second, now; and one of them. */
	double (*rate)(const struct kernel *kernel);
	void (*strike)(const struct kernel *kernel, struct random *random, uint32_t *from,
		       uint32_t *to);
	/* Memoryless: from now on the host can, or cannot, be hit. */
	void (*expose)(struct kernel *kernel, uint32_t host, bool open);
};

struct kernel {
	const struct kernel_operations *does;
	struct loop *loop;		      /* borrowed */
	const struct outbreak_vector *vector; /* borrowed */
	uint8_t number;			      /* of it in the loop */
	bool walks;			      /* a limited rate is its pace, not its luck */
	bool by_mail;			      /* addresses and links do not matter */
	void *state;			      /* owned */
};

extern const struct kernel_operations kernel_near, kernel_drawn, kernel_walker, kernel_list,
	kernel_mail;

#endif
