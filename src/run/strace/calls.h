/*
 * calls.h - what is known of each system call (calls.def, types.def, names.def), which of them -e
 * trace= means, and the plans made of it for the programs in the kernel.
 */
#ifndef SONDE_RUN_STRACE_CALLS_H
#define SONDE_RUN_STRACE_CALLS_H

#include "base/buf.h"
#include "run/strace/program.h"

enum strace_type {
#define TYPE(id, ...) ARGUMENT_##id,
#include "run/strace/types.def"
#undef TYPE
	ARGUMENT_TYPES
};

enum strace_names { /* tables of constants: the second half of an argument */
#define TABLE(id) STRACE_NAMES_##id,
#define NAME(...)
#define NAME_AS(...)
#include "run/strace/names.def"
#undef TABLE
#undef NAME
#undef NAME_AS
	STRACE_TABLES
};

enum strace_result {
	RESULT_NUMBER, RESULT_ADDRESS, RESULT_FD_RESULT, RESULT_MASK, RESULT_NEVER, RESULT_POLLED,
	RESULT_SELECTED, RESULT_FCNTL_RESULT, RESULT_SIGNAL_RESULT, RESULT_SCHED_RESULT,
};

/* struct epoll_event is packed on x86-64 alone. */
#if defined(__x86_64__)
enum { STRACE_EPOLL_SIZE = 12 };
#else
enum { STRACE_EPOLL_SIZE = 16 };
#endif

/* An argument: enum strace_type, and above it another argument's number or an enum strace_names. */
typedef uint16_t strace_arg;
static inline enum strace_type arg_type(strace_arg a) { return a & 0xff; }
static inline unsigned arg_other(strace_arg a) { return a >> 8; }

struct strace_call {
	const char *name;
	const char *classes;
	enum strace_result result;
	unsigned nargs;
	strace_arg args[6];
};

/* By number; NULL: not in the table. */
const struct strace_call *strace_call(uint32_t number);

/* A set of numbers. */
struct strace_set {
	uint64_t bits[STRACE_CALLS / 64];
};
static inline bool strace_set_has(const struct strace_set *set, uint32_t number)
{
	return number < STRACE_CALLS && (set->bits[number / 64] >> (number % 64) & 1);
}
/*
 * -e trace=TEXT: names, numbers, %classes and /regular expressions separated by commas, "all",
 * "none", "!" before it all for the rest. A name that only other architectures have may stand
 * with "?" before it. False: *why is a plain line about the word not known.
 */
bool strace_set_parse(struct strace_set *set, const char *text, struct buf *why);

/* What the programs copy of calls in `traced` (and o->descriptors): STRACE_CALLS plans. */
void strace_plans(const struct strace_set *traced, const struct strace_options *o, struct strace_plan *plans);

/* The range of durations a bucket of struct strace_summary stands for; low <= ns < high. */
unsigned strace_bucket(uint64_t ns);
uint64_t strace_bucket_low(unsigned bucket);

#endif
