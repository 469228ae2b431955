/*
 * read_perfdata.c - what `perf record` wrote, as samples with names. See read.h, perfdata.h.
 *
 *   mappings, execs, forks, exits --> sym/recorded: what is where at this moment
 *   sample (addresses) --named one by one--> frames --> profile
 *
 * User stacks that were recorded as bytes (--call-graph dwarf) are not walked: such samples keep what
 * the kernel walked itself, and count as cut.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/hmap.h"
#include "prof/perfdata.h"
#include "prof/read_int.h"
#include "sym/demangle.h"
#include "sym/recorded.h"

struct reading {
	struct prof_reader *r;
	struct perfdata *data;
	struct recorded *names;
	struct hmap comms;   /* tid -> string + 1 */
	struct hmap frames;  /* {pid, address} -> frame + 1, until a mapping changes */
	VEC(uint16_t) events; /* by the file's number: the profile's */
};

static void forget_frames(struct reading *f)
{
	hmap_free(&f->frames);
	f->frames = (struct hmap){0};
}

static void on_build_id(void *ctx, bool kernel, const char *file, const uint8_t *id, unsigned len)
{
	struct reading *f = ctx;

	if (kernel && str_starts(file, "[kernel.kallsyms]"))
		recorded_kernel_build_id(f->names, id, len);
	else
		recorded_build_id(f->names, file, id, len);
}

/* The kernel's own mapping is named after the symbol by which it can be found again: "[kernel.kallsyms]_text". */
static void on_mmap(void *ctx, const struct perfdata_mmap *m)
{
	static const char kernel[] = "[kernel.kallsyms]";
	struct reading *f = ctx;

	if (!m->kernel)
		recorded_mmap(f->names, &(struct recorded_mapping){m->pid, m->start, m->len, m->offset, m->ino,
			      m->file, m->build_id, m->build_id_len});
	else if (str_starts(m->file, kernel) && m->file[sizeof(kernel) - 1])
		recorded_kernel(f->names, m->file + sizeof(kernel) - 1, m->offset);
	forget_frames(f);
}

static void set_comm(struct reading *f, uint32_t tid, uint32_t string)
{
	*hmap_at(&f->comms, &tid, sizeof(tid)) = (void *)(uintptr_t)(string + 1);
}

static void on_comm(void *ctx, uint32_t pid, uint32_t tid, const char *comm, bool exec)
{
	struct reading *f = ctx;

	set_comm(f, tid, prof_string(f->r->p, comm, strlen(comm)));
	if (exec) {
		recorded_exec(f->names, pid);
		forget_frames(f);
	}
}

static void on_fork(void *ctx, uint32_t pid, uint32_t tid, uint32_t parent, uint32_t parent_tid)
{
	struct reading *f = ctx;
	uintptr_t comm = (uintptr_t)hmap_get(&f->comms, &parent_tid, sizeof(parent_tid));

	if (comm)
		set_comm(f, tid, comm - 1);
	recorded_fork(f->names, pid, parent);
	if (pid != parent)
		forget_frames(f);
}

static void on_exit_record(void *ctx, uint32_t pid, uint32_t tid)
{
	struct reading *f = ctx;

	if (pid != tid)
		return;
	recorded_exit(f->names, pid);
	forget_frames(f);
}

static void on_lost(void *ctx, uint64_t n)
{
	struct reading *f = ctx;

	f->r->p->quality.lost += n;
}

static uint32_t name_frame(struct reading *f, uint32_t pid, uint64_t addr, bool kernel)
{
	struct symbol sym;
	bool found = kernel ? recorded_kernel_symbol(f->names, addr, &sym)
			    : recorded_symbol(f->names, pid, addr, &sym);
	const char *module = sym.path ? sym.path : "[unknown]", *name = found ? sym.name : "[unknown]";
	enum prof_kind kind = kernel ? PROF_KERNEL : sym.kind == SYMBOL_GENERATED ? PROF_JIT : PROF_USER;
	char *plain = found ? demangle(name) : NULL;
	uint32_t frame;

	if (plain)
		name = plain;
	frame = prof_frame(f->r->p, name, strlen(name), module, strlen(module), kind);
	free(plain);
	return frame;
}

static uint32_t frame_at(struct reading *f, uint32_t pid, uint64_t addr, bool kernel)
{
	struct { uint64_t pid, addr; } key = {kernel ? 0 : pid, addr};
	void **at = hmap_at(&f->frames, &key, sizeof(key));

	if (!*at)
		*at = (void *)((uintptr_t)name_frame(f, pid, addr, kernel) + 1);
	return (uintptr_t)*at - 1;
}

/* All but the first address after each mark are where a call returns to, which may be the next function. */
static void push_frames(struct reading *f, const struct perfdata_sample *s)
{
	struct prof_reader *r = f->r;
	bool exact = true, marked = false, kernel = false;
	const char *name;

	r->frames.n = 0;
	for (size_t i = 0; i < s->nips && r->frames.n <= PROF_MAX_DEPTH; i++) {
		uint64_t ip = perfdata_ip(s, i);

		if (ip >= (uint64_t)PERF_CONTEXT_MAX) {
			exact = marked = true;
			kernel = ip == (uint64_t)PERF_CONTEXT_KERNEL;
			continue;
		}
		if (!ip)
			continue;
		vec_push(&r->frames, frame_at(f, s->pid, ip - !exact, marked ? kernel : ip >> 63));
		exact = false;
		name = prof_text(r->p, r->p->frames.v[vec_last(&r->frames)].name);
		r->p->quality.frames++;
		r->p->quality.unknown += str_eq(name, "[unknown]");
	}
}

static uint32_t thread_of(struct reading *f, const struct perfdata_sample *s)
{
	uintptr_t comm = (uintptr_t)hmap_get(&f->comms, &s->tid, sizeof(s->tid));
	struct profile *p = f->r->p;
	struct buf text = {0};
	uint32_t thread;

	if (comm)
		buf_puts(&text, prof_text(p, comm - 1));
	else if (!s->pid && !s->tid)
		buf_puts(&text, "swapper");
	else
		buf_printf(&text, ":%u", s->tid);
	thread = prof_thread(p, buf_str(&text), text.len, (int32_t)s->pid, (int32_t)s->tid);
	buf_free(&text);
	return thread;
}

static void on_sample(void *ctx, const struct perfdata_sample *s)
{
	struct reading *f = ctx;
	struct profile *p = f->r->p;
	struct prof_sample sample = {.time = s->time, .weight = 1, .cpu = s->cpu, .source = f->r->options.source};

	sample.event = s->event < f->events.n ? f->events.v[s->event] : 0;
	if (!prof_read_event_wanted(f->r, sample.event)) {
		p->quality.other_events++;
		return;
	}
	if (f->r->options.weight == PROF_WEIGHT_PERIOD)
		sample.weight = MAX_OF(s->weight, (uint64_t)1);
	if (sample.weight > 1 && !p->unit[0])
		strcpy(p->unit, "period");
	push_frames(f, s);
	p->quality.samples++;
	p->quality.no_stack += !f->r->frames.n;
	p->quality.cut += s->copied;
	sample.thread = thread_of(f, s);
	sample.stack = prof_stack(p, f->r->frames.v, f->r->frames.n);
	p->has_time |= s->time != 0;
	p->has_threads = true;
	prof_add(p, &sample);
}

int prof_read_perfdata(struct prof_reader *r, const char *data, size_t len)
{
	static const struct perfdata_visitor visitor = {
		.build_id = on_build_id, .mmap = on_mmap, .comm = on_comm, .fork = on_fork, .exit = on_exit_record,
		.lost = on_lost, .sample = on_sample,
	};
	struct reading f = {.r = r};
	struct perfdata_visitor v = visitor;
	struct buf why = {0};
	int err = perfdata_open(&f.data, data, len, &why);

	if (err) {
		prof_read_fail(r, err, "%s", why.len ? buf_str(&why) : "perf.data: no memory");
		buf_free(&why);
		return err;
	}
	v.ctx = &f;
	f.names = recorded_new();
	for (size_t i = 0; i < perfdata_events(f.data); i++) {
		const char *name = perfdata_event_name(f.data, i);

		vec_push(&f.events, prof_event(r->p, name, strlen(name)));
	}
	perfdata_visit(f.data, &v);
	r->p->quality.bad_lines += perfdata_bad(f.data);
	recorded_free(f.names);
	hmap_free(&f.comms);
	hmap_free(&f.frames);
	vec_free(&f.events);
	perfdata_free(f.data);
	return r->p->full ? prof_read_fail(r, -EFBIG, "too many different names, stacks or samples") : 0;
}
