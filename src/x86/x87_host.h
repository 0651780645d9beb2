/* The host's own x87 executes the guest's arithmetic: what IEEE 754 and the SDM fix to the last
 * bit, so that every host gives the same. It works under the guest's rounding and precision and
 * leaves its status word. Overflow and underflow are masked as the guest masks them: what is not
 * masked gives the result with its exponent wrapped, or stores nothing. That raises nothing here,
 * as the exceptions are cleared before the next instruction that would wait. The others are masked.
 */
#ifndef KENBI_X86_X87_HOST_H
#define KENBI_X86_X87_HOST_H

#include "x86/machine.h"

enum x87_status {
	STATUS_IE = 1 << 0,
	STATUS_DE = 1 << 1,
	STATUS_ZE = 1 << 2,
	STATUS_OE = 1 << 3,
	STATUS_UE = 1 << 4,
	STATUS_PE = 1 << 5,
	STATUS_EXCEPTIONS = 0x3f,
	STATUS_SF = 1 << 6,
	STATUS_ES = 1 << 7,
	STATUS_C0 = 1 << 8,
	STATUS_C1 = 1 << 9,
	STATUS_C2 = 1 << 10,
	STATUS_C3 = 1 << 14,
	STATUS_CONDITIONS = STATUS_C0 | STATUS_C1 | STATUS_C2 | STATUS_C3,
	STATUS_B = 1 << 15
};

/* Room for every format in memory. */
struct x87_bytes {
	uint8_t bytes[16];
};

#define X87_STACK "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)"

/* Loads, executes, fetches the status before the store can change it, stores. */
#define X87_HOST(before, instruction, after)                                                      \
	uint16_t status, saved, masked = control | STATUS_IE | STATUS_DE | STATUS_ZE | STATUS_PE; \
	__asm__ volatile("fnstcw %[saved]\n\tfnclex\n\tfldcw %[masked]\n\t" before                \
			 "\n\t" instruction "\n\tfnstsw %[status]\n\tfnclex\n\t" after            \
			 "\n\tfninit\n\t"                                                         \
			 "fldcw %[saved]"                                                         \
			 : X87_RESULT, [status] "=m"(status), [saved] "=m"(saved)                 \
			 : X87_INPUT, [masked] "m"(masked)                                        \
			 : X87_STACK, "memory");                                                  \
	return status

/* One operand, one result. */
#define X87_RESULT [result] "=m"(*result)
#define X87_INPUT  [a] "m"(*a)
#define X87_UNARY(name, instruction)                                                    \
	static inline uint16_t host_##name(uint16_t control, const struct x87_value *a, \
					   struct x87_value *result)                    \
	{                                                                               \
		X87_HOST("fldt %[a]", instruction, "fstpt %[result]");                  \
	}
X87_UNARY(sqrt, "fsqrt")
X87_UNARY(round, "frndint")
#undef X87_INPUT

/* Two operands, one result: a is below b on the stack. Instructions by their bytes, as assemblers
 * disagree about the order of fsubp's operands. */
#define X87_INPUT [a] "m"(*a), [b] "m"(*b)
#define X87_BINARY(name, instruction)                                                           \
	static inline uint16_t host_##name(uint16_t control, const struct x87_value *a,         \
					   const struct x87_value *b, struct x87_value *result) \
	{                                                                                       \
		X87_HOST("fldt %[a]\n\tfldt %[b]", instruction, "fstpt %[result]");             \
	}
X87_BINARY(add, ".byte 0xde, 0xc1")
X87_BINARY(multiply, ".byte 0xde, 0xc9")
X87_BINARY(subtract, ".byte 0xde, 0xe9")
X87_BINARY(divide, ".byte 0xde, 0xf9")
X87_BINARY(scale, "fscale")
X87_BINARY(remainder, "fprem")
X87_BINARY(remainder_ieee, "fprem1")
#undef X87_RESULT

/* Comparisons leave nothing but the status: b, the top, against a. */
#define X87_RESULT "+m"(*control_unused)
#define X87_COMPARE(name, instruction)                                                  \
	static inline uint16_t host_##name(uint16_t control, const struct x87_value *a, \
					   const struct x87_value *b)                   \
	{                                                                               \
		uint16_t unused = 0, *control_unused = &unused;                         \
		X87_HOST("fldt %[a]\n\tfldt %[b]", instruction, "");                    \
	}
X87_COMPARE(compare, "fcom")
X87_COMPARE(compare_unordered, "fucom")
X87_COMPARE(examine, "fxam")
#undef X87_INPUT
#undef X87_RESULT

/* One operand, two results: the one that was the operand's place, and the one pushed over it. */
#define X87_RESULT [top] "=m"(*top), [below] "=m"(*below)
#define X87_INPUT  [a] "m"(*a)
#define X87_DOUBLE(name, instruction)                                                      \
	static inline uint16_t host_##name(uint16_t control, const struct x87_value *a,    \
					   struct x87_value *below, struct x87_value *top) \
	{                                                                                  \
		X87_HOST("fldt %[a]", instruction, "fstpt %[top]\n\tfstpt %[below]");      \
	}
X87_DOUBLE(extract, "fxtract")
#undef X87_INPUT
#undef X87_RESULT

/* Conversions from and to the formats in memory. The status of the store is what counts. */
#define X87_RESULT [result] "=m"(*result)
#define X87_INPUT  [from] "m"(*(const struct x87_bytes *)from)
#define X87_LOAD(name, instruction)                                            \
	static inline uint16_t host_##name(uint16_t control, const void *from, \
					   struct x87_value *result)           \
	{                                                                      \
		X87_HOST("", instruction " %[from]", "fstpt %[result]");       \
	}
X87_LOAD(load_single, "flds")
X87_LOAD(load_double, "fldl")
X87_LOAD(load_int16, "filds")
X87_LOAD(load_int32, "fildl")
X87_LOAD(load_int64, "fildll")
X87_LOAD(load_decimal, "fbld")
#undef X87_RESULT
#undef X87_INPUT

#define X87_RESULT [result] "=m"(*(struct x87_bytes *)result)
#define X87_INPUT  [a] "m"(*a)
#define X87_STORE(name, instruction)                                                    \
	static inline uint16_t host_##name(uint16_t control, const struct x87_value *a, \
					   void *result)                                \
	{                                                                               \
		X87_HOST("fldt %[a]", instruction " %[result]", "");                    \
	}
X87_STORE(store_single, "fstps")
X87_STORE(store_double, "fstpl")
X87_STORE(store_int16, "fistps")
X87_STORE(store_int32, "fistpl")
X87_STORE(store_int64, "fistpll")
X87_STORE(truncate_int16, "fisttps")
X87_STORE(truncate_int32, "fisttpl")
X87_STORE(truncate_int64, "fisttpll")
X87_STORE(store_decimal, "fbstp")
#undef X87_RESULT
#undef X87_INPUT

#endif
