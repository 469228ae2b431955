/* calls.c - see calls.h. */
#include "run/strace/calls.h"

#include <regex.h>
#include <stdlib.h>

#include "kern/arch/syscalls.h"

/* ---- the table ---- */

enum { /* the words of calls.def */
#define TYPE(id, ...) id = ARGUMENT_##id,
#include "run/strace/types.def"
#undef TYPE
};
#define WITH(type, other) ((type) | (other) << 8)
#define FLAGS(table) WITH(FLAGS, STRACE_NAMES_##table)
#define NAMES(table) WITH(NAMED, STRACE_NAMES_##table)
#define COUNT_OF(...) (sizeof((const strace_arg[]){0, ##__VA_ARGS__}) / sizeof(strace_arg) - 1)

static const struct strace_call calls[] = {
#define CALL(name, classes, result, ...) \
	{#name, classes, RESULT_##result, COUNT_OF(__VA_ARGS__), {__VA_ARGS__}},
#include "run/strace/calls.def"
#undef CALL
};
#undef FLAGS
#undef NAMES

const struct strace_call *strace_call(uint32_t number)
{
	static const struct strace_call *by_number[STRACE_CALLS];
	static bool made;

	if (!made) {
		size_t at = 0; /* of the last one found: the next is likely behind it */

		for (uint32_t n = 0; n < STRACE_CALLS; n++) {
			const char *name = syscall_name(n);

			for (size_t i = 0; name && i < ARRAY_SIZE(calls); i++) {
				const struct strace_call *c = &calls[(at + i) % ARRAY_SIZE(calls)];

				if (str_eq(c->name, name)) {
					by_number[n] = c;
					at = c - calls + 1;
					break;
				}
			}
		}
		made = true;
	}
	return number < STRACE_CALLS ? by_number[number] : NULL;
}

/* ---- -e trace= ---- */

static void set_add(struct strace_set *set, uint32_t number)
{
	set->bits[number / 64] |= 1ull << (number % 64);
}

/* Calls that are exactly of these names; not in the class table because they have no letter. */
static bool add_class(struct strace_set *set, const char *name)
{
	static const struct {
		const char *name, *letters;
	} classes[] = {
		{"file", "f"}, {"desc", "d"}, {"process", "p"}, {"network", "n"}, {"net", "n"}, {"signal", "s"},
		{"ipc", "i"}, {"memory", "m"}, {"creds", "c"}, {"clock", "k"}, {"pure", "u"}, {"stat", "S"},
		{"lstat", "L"}, {"fstat", "F"}, {"%stat", "SLF"}, {"statfs", "T"}, {"fstatfs", "V"},
		{"%statfs", "TV"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		if (!str_eq(classes[i].name, name))
			continue;
		for (uint32_t n = 0; n < STRACE_CALLS; n++) {
			const struct strace_call *c = strace_call(n);

			if (c && strpbrk(c->classes, classes[i].letters))
				set_add(set, n);
		}
		return true;
	}
	return false;
}

static bool add_matches(struct strace_set *set, const char *pattern)
{
	regex_t regex;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	for (uint32_t n = 0; n < STRACE_CALLS; n++) {
		const char *name = syscall_name(n);

		if (name && regexec(&regex, name, 0, NULL, 0) == 0)
			set_add(set, n);
	}
	regfree(&regex);
	return true;
}

static bool add_word(struct strace_set *set, const char *word)
{
	bool optional = *word == '?';
	uint64_t number;
	int found;

	word += optional;
	if (str_eq(word, "all")) {
		memset(set->bits, 0xff, sizeof(set->bits));
		return true;
	}
	if (str_eq(word, "none"))
		return true;
	if (*word == '%')
		return add_class(set, word + 1);
	if (*word == '/')
		return add_matches(set, word + 1);
	if (str_to_u64(word, &number)) {
		if (number >= STRACE_CALLS)
			return false;
		set_add(set, number);
		return true;
	}
	found = syscall_number(word);
	if (found >= 0 && found < STRACE_CALLS)
		set_add(set, found);
	/* As old command lines have them: file, process, network ... without the %. */
	return found >= 0 || optional || add_class(set, word);
}

bool strace_set_parse(struct strace_set *set, const char *text, struct buf *why)
{
	bool inverted = *text == '!', good = true;

	*set = (struct strace_set){0};
	for (text += inverted; good && *text;) {
		size_t len = strcspn(text, ",");
		char *word = xstrndup(text, len);

		good = !len || add_word(set, word);
		if (!good)
			buf_printf(why, "there is no system call \"%s\" to trace", word);
		free(word);
		text += len + (text[len] == ',');
	}
	for (size_t i = 0; inverted && i < ARRAY_SIZE(set->bits); i++)
		set->bits[i] = ~set->bits[i];
	return good;
}

/* ---- plans ---- */

enum { LIMIT_PATH = 0xffff, LIMIT_SHOWN = 0xfffe, LIMIT_STRING = 0xfffd };
enum { STAGE_NONE, STAGE_BEFORE, STAGE_AFTER, STAGE_AFTER_GOOD };

struct copy {
	uint8_t stage, kind, length;
	uint16_t scale, limit;
};

#define FIXED LENGTH_FIXED
#define ARG LENGTH_ARG
#define RESULT LENGTH_RESULT
#define AT_ARG LENGTH_AT_ARG
#define STR(limit) STEP_STRING, LENGTH_FIXED, 0, limit
#define MEM(length, size, limit) STEP_BYTES, length, size, limit
#define BEFORE STAGE_BEFORE
#define AFTER STAGE_AFTER
#define AFTER_GOOD STAGE_AFTER_GOOD

/* Five numbers a copy. */
static const uint16_t copies[ARGUMENT_TYPES][10] = {
#define TYPE(id, printer, ...) [ARGUMENT_##id] = {__VA_ARGS__},
#include "run/strace/types.def"
#undef TYPE
};

static void add_copy(struct strace_plan *plan, unsigned n, strace_arg arg, const struct copy *copy,
		     const struct strace_options *o)
{
	bool before = copy->stage == STAGE_BEFORE;
	struct strace_step *steps = before ? plan->before : plan->after, *step = NULL;

	for (unsigned i = 0; i < STRACE_ITEMS && !step; i++)
		if (steps[i].kind == STEP_END)
			step = &steps[i];
	if (!step)
		BUG("a call's plan has more than %d steps", STRACE_ITEMS);
	*step = (struct strace_step){
		.kind = copy->kind, .arg = n, .length = copy->length, .scale = copy->scale, .limit = copy->limit,
		.when = copy->stage == STAGE_AFTER_GOOD ? WHEN_GOOD : WHEN_ALWAYS,
	};
	if (step->length == LENGTH_ARG || step->length == LENGTH_AT_ARG)
		step->length += arg_other(arg);
	if (copy->limit == LIMIT_PATH)
		step->limit = STRACE_PATH + 1;
	else if (copy->limit == LIMIT_SHOWN)
		step->limit = o->string_limit;
	else if (copy->limit == LIMIT_STRING)
		step->limit = o->string_limit + 2;
	if (copy->kind == STEP_STRING)
		step->scale = step->limit;
	if (before)
		plan->flags |= PLAN_BEFORE;
}

static void plan_argument(struct strace_plan *plan, unsigned n, strace_arg arg, const struct strace_options *o)
{
	enum strace_type type = arg_type(arg);

	for (unsigned i = 0; i < 10; i += 5) {
		const uint16_t *c = copies[type] + i;
		struct copy copy = {c[0], c[1], c[2], c[3], c[4]};

		if (copy.stage != STAGE_NONE)
			add_copy(plan, n, arg, &copy, o);
	}
	if (type == ARGUMENT_ARGV)
		plan->flags |= PLAN_EXEC;
	else if (type == ARGUMENT_IOVEC_IN || type == ARGUMENT_IOVEC_OUT)
		plan->flags |= PLAN_IOVEC;
	else if (type == ARGUMENT_MESSAGE_IN || type == ARGUMENT_MESSAGE_OUT)
		plan->flags |= PLAN_MESSAGE;
	else if (type == ARGUMENT_ENTRIES)
		plan->flags |= PLAN_ENTRIES;
	else if (type == ARGUMENT_SIGFRAME)
		plan->flags |= PLAN_FRAME;
	else
		return;
	plan->vector = n;
}

/* What a descriptor is begins or ends with such a call. */
static bool changes_descriptors(const struct strace_call *c)
{
	return c->result == RESULT_FD_RESULT || str_starts(c->name, "close") || str_starts(c->name, "execve");
}

void strace_plans(const struct strace_set *traced, const struct strace_options *o, struct strace_plan *plans)
{
	memset(plans, 0, STRACE_CALLS * sizeof(*plans));
	for (uint32_t n = 0; n < STRACE_CALLS; n++) {
		const struct strace_call *c = strace_call(n);
		struct strace_plan *plan = &plans[n];

		if (strace_set_has(traced, n))
			plan->flags |= PLAN_TRACED;
		if (c && o->descriptors && changes_descriptors(c))
			plan->flags |= PLAN_TRACED | PLAN_DESCRIPTORS;
		for (unsigned i = 0; c && i < c->nargs; i++)
			plan_argument(plan, i, c->args[i], o);
		if (c && c->result == RESULT_NEVER)
			plan->flags |= PLAN_NO_RETURN;
		if (c && (str_starts(c->name, "clone") || str_eq(c->name, "fork") || str_eq(c->name, "vfork")))
			plan->flags |= PLAN_CHILD;
		if (plan->flags & PLAN_TRACED && (o->times || plan->flags & (PLAN_BEFORE | PLAN_NO_RETURN)))
			plan->flags |= PLAN_ENTER;
	}
}

/* ---- buckets ---- */

unsigned strace_bucket(uint64_t ns)
{
	unsigned bit, bucket;

	if (ns < 1 << STRACE_BUCKET_BITS)
		return ns;
	bit = 63 - __builtin_clzll(ns);
	bucket = ((bit + 1 - STRACE_BUCKET_BITS) << STRACE_BUCKET_BITS) +
		 (ns >> (bit - STRACE_BUCKET_BITS) & ((1 << STRACE_BUCKET_BITS) - 1));
	return MIN_OF(bucket, STRACE_BUCKETS - 1u);
}

uint64_t strace_bucket_low(unsigned bucket)
{
	unsigned group = bucket >> STRACE_BUCKET_BITS, part = bucket & ((1 << STRACE_BUCKET_BITS) - 1);

	if (!group)
		return bucket;
	return (uint64_t)((1 << STRACE_BUCKET_BITS) + part) << (group - 1);
}
