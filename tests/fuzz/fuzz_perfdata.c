/*
 * fuzz_perfdata.c - what `perf record` writes, as anyone may send it. Names are not asked for: that would open
 * the files that the input names. Every text and every address that is given out is read.
 */
#include "fuzz/fuzz.h"
#include "prof/perfdata.h"

struct seen { uint64_t sum, time; size_t events; };

static void see(struct seen *seen, const char *text)
{
	seen->sum += strlen(text);
}

static void on_build_id(void *ctx, bool kernel, const char *file, const uint8_t *id, unsigned len)
{
	see(ctx, file);
	for (unsigned i = 0; i < len; i++)
		((struct seen *)ctx)->sum += id[i] + kernel;
}

static void on_mmap(void *ctx, const struct perfdata_mmap *m)
{
	see(ctx, m->file);
	for (unsigned i = 0; i < m->build_id_len; i++)
		((struct seen *)ctx)->sum += m->build_id[i];
}

static void on_comm(void *ctx, uint32_t pid, uint32_t tid, const char *comm, bool exec)
{
	(void)pid;
	(void)tid;
	(void)exec;
	see(ctx, comm);
}

static void on_sample(void *ctx, const struct perfdata_sample *s)
{
	struct seen *seen = ctx;

	if (s->time < seen->time || s->event >= MAX_OF(seen->events, (size_t)1))
		BUG("out of order, or of no event");
	seen->time = s->time;
	for (size_t i = 0; i < s->nips; i++)
		seen->sum += perfdata_ip(s, i);
}

static void fuzz_perfdata(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size, false);
	struct seen seen = {0};
	struct perfdata_visitor v = {.ctx = &seen, .build_id = on_build_id, .mmap = on_mmap, .comm = on_comm,
				     .sample = on_sample};
	struct perfdata *d;
	struct buf why = {0};

	if (!perfdata_open(&d, copy, size, &why)) {
		seen.events = perfdata_events(d);
		for (size_t i = 0; i < seen.events; i++)
			see(&seen, perfdata_event_name(d, i));
		perfdata_visit(d, &v);
		perfdata_free(d);
	} else if (!why.len) {
		BUG("refused without a reason");
	}
	buf_free(&why);
	free(copy);
}

FUZZ(perfdata, fuzz_perfdata)
