/* pythons.c - see pythons.h. */
#include "run/pythons.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "base/hmap.h"
#include "kern/map.h"
#include "run/ring.h"
#include "sym/python_code.h"

enum { MOST_KEPT = 65536, MOST_REASONS = 4096 };

struct build {
	struct python_build is;
	uint64_t code_shift;    /* of code: virtual address - offset in the file */
};

struct process {
	uint32_t build;         /* number */
	uint64_t bias;
};

struct known { /* a code object */
	struct python_code code;
	uint32_t build;
};

struct code_key {
	uint64_t object;
	uint32_t pid, check;
};

struct pythons {
	int processes_fd;
	int met_fd;
	struct ring met;                    /* code objects met */
	VEC(struct build) builds;
	struct hmap processes;              /* pid -> struct process, malloc'd; NULL: it was one */
	struct hmap codes;                  /* struct code_key -> struct known, malloc'd */
	struct buf reasons;
};

struct pythons *pythons_new(const struct plan *plan, const struct kernel_maps *maps, int *err)
{
	struct pythons *p = xcalloc(1, sizeof(*p));

	p->processes_fd = maps->list.v[KMAP_PYTHON_PROCESSES].fd;
	p->met_fd = maps->list.v[KMAP_PYTHON_MET].fd;
	*err = ring_open(&p->met, p->met_fd, plan->kmaps.v[KMAP_PYTHON_MET].entries);
	if (!*err)
		return p;
	free(p);
	return NULL;
}

static void forget_codes(struct pythons *p)
{
	vec_each(entry, &p->codes.entries) {
		struct known *known = entry->value;

		python_code_free(&known->code);
		free(known);
	}
	hmap_free(&p->codes);
	p->codes = (struct hmap){0};
}

void pythons_free(struct pythons *p)
{
	if (!p)
		return;
	ring_close(&p->met);
	vec_free(&p->builds);
	vec_each(entry, &p->processes.entries)
		free(entry->value);
	hmap_free(&p->processes);
	forget_codes(p);
	buf_free(&p->reasons);
	free(p);
}

const char *pythons_reasons(struct pythons *p)
{
	return buf_str(&p->reasons);
}

/* ---- where interpreters are ---- */

uint32_t pythons_file(struct pythons *p, const struct elf_file *file)
{
	struct buf why = {0};
	struct build b;
	bool found = python_build_find(file, &b.is, &why);

	if (p->reasons.len < MOST_REASONS)
		buf_puts(&p->reasons, buf_str(&why));
	buf_free(&why);
	if (!found)
		return 0;
	vec_each(s, &file->segments) {
		if (!s->executable)
			continue;
		b.code_shift = s->vaddr - s->offset;
		vec_push(&p->builds, b);
		return (uint32_t)p->builds.n;
	}
	return 0;
}

void pythons_update(struct pythons *p, uint32_t pid, uint32_t number, uint64_t start, uint64_t offset)
{
	const struct build *b = &p->builds.v[number - 1];
	uint64_t bias = start - (offset + b->code_shift);
	struct python_process row = {.runtime = b->is.runtime + bias, .layout = b->is.layout};
	void **place = hmap_at(&p->processes, &pid, sizeof(pid));
	struct process *known = *place;

	if (known && known->build == number && known->bias == bias)
		return;
	if (!known)
		*place = known = xcalloc(1, sizeof(*known));
	*known = (struct process){number, bias};
	map_update(p->processes_fd, &pid, &row, BPF_ANY); /* full: native frames only, by their own names */
}

void pythons_forget(struct pythons *p, uint32_t pid)
{
	if (hmap_get(&p->processes, &pid, sizeof(pid))) {
		void **place = hmap_at(&p->processes, &pid, sizeof(pid));

		map_delete(p->processes_fd, &pid);
		free(*place);
		*place = NULL;
	}
}

/* ---- names ---- */

static bool read_process(void *ctx, uint64_t address, void *to, size_t len)
{
	struct iovec ours = {to, len}, theirs = {(void *)(uintptr_t)address, len};

	return process_vm_readv((pid_t)(uintptr_t)ctx, &ours, 1, &theirs, 1, 0) == (ssize_t)len;
}

/* NULL: not known, and not to be had now. */
static const struct known *code_of(struct pythons *p, const struct code_key *key)
{
	const struct process *process = hmap_get(&p->processes, &key->pid, sizeof(key->pid));
	struct process_memory memory = {(void *)(uintptr_t)key->pid, read_process};
	struct known *known = hmap_get(&p->codes, key, sizeof(*key));
	struct python_code code;

	if (known || !process)
		return known;
	if (!python_code_read(&p->builds.v[process->build - 1].is, process->bias, &memory, key->object, key->check,
			      &code))
		return NULL;
	if (p->codes.entries.n >= MOST_KEPT)
		forget_codes(p);
	known = xcalloc(1, sizeof(*known));
	*known = (struct known){code, process->build};
	*hmap_at(&p->codes, key, sizeof(*key)) = known;
	return known;
}

static void on_met(void *ctx, const uint8_t *data, uint32_t len)
{
	struct python_met met;
	struct code_key key;

	if (len < sizeof(met))
		return;
	memcpy(&met, data, sizeof(met));
	key = (struct code_key){met.object, met.tgid, met.check};
	code_of(ctx, &key);
}

void pythons_answer(struct pythons *p)
{
	ring_drain(&p->met, on_met, p);
}

int pythons_fd(const struct pythons *p)
{
	return p->met_fd;
}

void pythons_frame(struct pythons *p, uint32_t pid, uint64_t first, uint64_t second, struct python_frame *out)
{
	struct code_key key = {first & PYTHON_OBJECT_MASK, pid, (uint32_t)(second >> 32)};
	const struct known *known = code_of(p, &key);

	*out = (struct python_frame){0};
	if (!known)
		return;
	out->function = known->code.function;
	out->file = known->code.file;
	out->line = python_code_line(&p->builds.v[known->build - 1].is, &known->code, (uint32_t)second);
}
