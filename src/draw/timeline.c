/* timeline.c - samples to lanes. See timeline.h. */
#include "draw/timeline.h"

#include <stdlib.h>

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * Twice the lower quartile of the times from one sample of a lane to the next: threads that run for
 * longer than a sample have their period there, waits are above. Of many samples a part is enough.
 */
static uint64_t typical_period(const struct profile *p, const struct lanes *l)
{
	static const uint64_t USUAL = 10000000, LONGEST = 60000000000; /* 10 ms, a minute */
	enum { ENOUGH = 1 << 16 };
	size_t each = p->samples.n / ENOUGH + 1;
	VEC(uint64_t) apart = {0};
	uint64_t period = 0;

	vec_each(lane, &l->list)
		for (size_t i = 1; i < lane->n; i += each) {
			const uint32_t *at = l->samples + lane->first + i;
			uint64_t ns = p->samples.v[at[0]].time - p->samples.v[at[-1]].time;

			if (ns)
				vec_push(&apart, ns);
		}
	if (apart.n) {
		qsort(apart.v, apart.n, sizeof(*apart.v), by_number);
		period = 2 * apart.v[apart.n / 4];
	}
	vec_free(&apart);
	return period ? MIN_OF(period, LONGEST) : USUAL;
}

/* -1: of no lane. No machine has more CPUs than MOST_CPUS; a file can say what it likes. */
static int64_t id_of(const struct prof_sample *s, enum timeline_by by)
{
	enum { MOST_CPUS = 1 << 16 };

	if (by == TIMELINE_CPU)
		return s->cpu < MOST_CPUS ? s->cpu : -1;
	return s->thread;
}

static int by_thread(const void *a, const void *b, void *profile)
{
	const struct profile *p = profile;
	const struct prof_thread *x = &p->threads.v[((const struct lane *)a)->id];
	const struct prof_thread *y = &p->threads.v[((const struct lane *)b)->id];
	int order = strcmp(prof_text(p, x->comm), prof_text(p, y->comm));

	if (order)
		return order;
	return x->pid != y->pid ? (x->pid < y->pid ? -1 : 1) : x->tid < y->tid ? -1 : x->tid > y->tid;
}

struct lanes lanes_make(const struct profile *p, enum timeline_by by)
{
	struct lanes made = {0};
	uint32_t *order = profile_by_time(p);
	size_t most = 0, *at, first = 0;

	vec_each(s, &p->samples)
		if (id_of(s, by) >= 0)
			most = MAX_OF(most, (size_t)id_of(s, by) + 1);
	at = xcalloc(most + 1, sizeof(*at));
	vec_each(s, &p->samples)
		if (id_of(s, by) >= 0)
			at[id_of(s, by)]++;
	for (size_t id = 0; id < most; id++) {
		size_t n = at[id];

		at[id] = first;
		if (n && (by == TIMELINE_CPU || p->has_threads))
			vec_push(&made.list, ((struct lane){id, first, n}));
		first += n;
	}
	made.samples = xcalloc(first + 1, sizeof(*made.samples));
	for (size_t i = 0; i < p->samples.n; i++) {
		int64_t id = id_of(&p->samples.v[order[i]], by);

		if (id >= 0)
			made.samples[at[id]++] = order[i];
	}
	if (by == TIMELINE_THREAD && made.list.n)
		qsort_r(made.list.v, made.list.n, sizeof(*made.list.v), by_thread, (void *)p);
	made.period = typical_period(p, &made);
	free(at);
	free(order);
	return made;
}

void lanes_free(struct lanes *l)
{
	vec_free(&l->list);
	free(l->samples);
}

void lane_print(const struct profile *p, enum timeline_by by, uint32_t id, struct buf *out)
{
	const struct prof_thread *t = &p->threads.v[by == TIMELINE_CPU ? 0 : id];

	if (by == TIMELINE_CPU) {
		buf_printf(out, "CPU %u", id);
		return;
	}
	buf_puts(out, prof_text_len(p, t->comm) ? prof_text(p, t->comm) : "unknown");
	if (t->pid >= 0)
		buf_printf(out, "-%d", t->pid);
	if (t->tid >= 0)
		buf_printf(out, "%c%d", t->pid >= 0 ? '/' : '-', t->tid);
}
