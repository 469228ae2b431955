/* python_stack.c - see python_stack.h. */
#include "run/python_stack.h"

#include "ir/unwind.h"

struct merge {
	const struct stack_entry *entry;
	struct merged_frame *out;
	uint32_t n, next, end; /* next, end: words of Python's */
};

static void put(struct merge *m, bool python, uint32_t at)
{
	if (m->n < STACK_MAX_DEPTH)
		m->out[m->n++] = (struct merged_frame){python, at};
}

/* One call's frames of Python. Whether there were any. */
static bool put_call(struct merge *m)
{
	uint32_t before = m->n;

	while (m->next + 1 < m->end) {
		uint64_t first = m->entry->ip[m->next];

		if (first & STACK_OBJECT_MASK)
			put(m, true, m->next);
		m->next += 2;
		if (first & STACK_CALL_LAST)
			break;
	}
	return m->n > before;
}

static uint32_t count_calls(const struct stack_entry *entry, uint32_t end)
{
	uint32_t calls = 0, i = entry->native;

	for (; i + 1 < end; i += 2)
		calls += entry->ip[i] & STACK_CALL_LAST ? 1 : 0;
	if (i > entry->native && !(entry->ip[i - 2] & STACK_CALL_LAST))
		calls++; /* cut within a call */
	return calls;
}

uint32_t python_stack_merge(const struct stack_entry *entry, const bool *is_call, struct merged_frame *out)
{
	uint32_t names = MIN_OF(entry->names, (uint32_t)(entry->words - entry->native) / 2);
	struct merge m = {entry, out, 0, entry->native, entry->words - 2 * names};
	uint32_t calls = count_calls(entry, m.end), evals = 0, early = 0, late = 0;

	for (uint32_t i = 0; i < entry->native; i++)
		evals += is_call[i];
	if (entry->end == UNWIND_COMPLETE) {
		early = calls > evals ? calls - evals : 0; /* without a native frame, innermost */
		late = evals > calls ? evals - calls : 0;  /* without one of Python, innermost */
	}
	for (uint32_t i = 0; i < entry->native; i++) {
		if (!is_call[i] || late) {
			put(&m, false, i);
			late -= is_call[i] ? 1 : 0;
			continue;
		}
		for (; early; early--)
			put_call(&m);
		if (!put_call(&m))
			put(&m, false, i);
	}
	while (m.next + 1 < m.end) /* outer ones, whose native frames were cut */
		put_call(&m);
	return m.n;
}
