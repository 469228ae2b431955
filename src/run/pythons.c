/* pythons.c - see pythons.h. */
#include "run/pythons.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/hmap.h"
#include "base/thread.h"
#include "kern/map.h"
#include "kern/privilege.h"
#include "kern/sys.h"
#include "run/reader.h"
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
	int processes_fd, met_fd, stop_fd;
	uint32_t kernel;
	struct ring met;                    /* code objects met: the thread's */
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;               /* of what follows */
	VEC(struct build) builds;
	struct hmap processes;              /* pid -> struct process, malloc'd; NULL: it was one */
	struct hmap codes;                  /* struct code_key -> struct known, malloc'd */
	struct buf reasons;                 /* why interpreters are not known, a line each */
	uint64_t unnamed;                   /* frames */
};

static void *answer(void *arg);

struct pythons *pythons_new(const struct plan *plan, const struct kernel_maps *maps, int *err)
{
	struct pythons *p = xcalloc(1, sizeof(*p));

	pthread_mutex_init(&p->lock, NULL);
	p->kernel = plan->features.kernel;
	p->processes_fd = maps->list.v[KMAP_PYTHON_PROCESSES].fd;
	p->met_fd = maps->list.v[KMAP_PYTHON_MET].fd;
	p->stop_fd = eventfd(0, EFD_CLOEXEC);
	*err = p->stop_fd < 0 ? -errno : ring_open(&p->met, p->met_fd, plan->kmaps.v[KMAP_PYTHON_MET].entries);
	if (!*err)
		*err = thread_start(&p->thread, NULL, answer, p);
	p->running = !*err;
	if (p->running)
		return p;
	pythons_free(p);
	return NULL;
}

static void stop(struct pythons *p)
{
	uint64_t one = 1;
	ssize_t n = write(p->stop_fd, &one, sizeof(one));

	(void)n; /* a new eventfd has room */
	pthread_join(p->thread, NULL);
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
	if (p->running)
		stop(p);
	sys_close(&p->stop_fd);
	ring_close(&p->met);
	vec_free(&p->builds);
	vec_each(entry, &p->processes.entries)
		free(entry->value);
	hmap_free(&p->processes);
	forget_codes(p);
	buf_free(&p->reasons);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* ---- where interpreters are ---- */

static uint32_t add_build(struct pythons *p, struct build *b, const struct elf_file *file)
{
	vec_each(s, &file->segments) {
		if (!s->executable)
			continue;
		b->code_shift = s->vaddr - s->offset;
		vec_push(&p->builds, *b);
		return (uint32_t)p->builds.n;
	}
	return 0;
}

uint32_t pythons_file(struct pythons *p, const struct elf_file *file)
{
	struct buf why = {0};
	struct build b;
	bool found = python_build_find(file, &b.is, &why);
	uint32_t number;

	pthread_mutex_lock(&p->lock);
	if (p->reasons.len < MOST_REASONS)
		buf_puts(&p->reasons, buf_str(&why));
	number = found ? add_build(p, &b, file) : 0;
	pthread_mutex_unlock(&p->lock);
	buf_free(&why);
	return number;
}

/* Whether that is new. */
static bool note_process(struct pythons *p, uint32_t pid, struct process now)
{
	void **place = hmap_at(&p->processes, &pid, sizeof(pid));
	struct process *known = *place;

	if (known && known->build == now.build && known->bias == now.bias)
		return false;
	if (!known)
		*place = known = xcalloc(1, sizeof(*known));
	*known = now;
	return true;
}

void pythons_update(struct pythons *p, uint32_t pid, uint32_t number, uint64_t start, uint64_t offset)
{
	struct python_process row;
	struct build *b;
	uint64_t bias;
	bool is_new;

	pthread_mutex_lock(&p->lock);
	b = &p->builds.v[number - 1];
	bias = start - (offset + b->code_shift);
	row = (struct python_process){.runtime = b->is.runtime + bias, .layout = b->is.layout};
	is_new = note_process(p, pid, (struct process){number, bias});
	pthread_mutex_unlock(&p->lock);
	if (is_new)
		map_update(p->processes_fd, &pid, &row, BPF_ANY); /* full: native frames only, by their own names */
}

void pythons_forget(struct pythons *p, uint32_t pid)
{
	void **place = NULL;

	pthread_mutex_lock(&p->lock);
	if (hmap_get(&p->processes, &pid, sizeof(pid))) {
		place = hmap_at(&p->processes, &pid, sizeof(pid));
		free(*place);
		*place = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	if (place)
		map_delete(p->processes_fd, &pid);
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

static void *answer(void *arg)
{
	struct pythons *p = arg;
	struct pollfd fds[] = {{.fd = p->stop_fd, .events = POLLIN}, {.fd = p->met_fd, .events = POLLIN}};

	thread_hurry();
	privilege_drop(p->kernel);
	while (poll(fds, ARRAY_SIZE(fds), -1) >= 0 || errno == EINTR) {
		if (fds[0].revents)
			break;
		pthread_mutex_lock(&p->lock);
		ring_drain(&p->met, on_met, p);
		pthread_mutex_unlock(&p->lock);
	}
	return NULL;
}

void pythons_frame(struct pythons *p, uint32_t pid, uint64_t first, uint64_t second, struct arena *strings,
		   struct python_frame *out)
{
	struct code_key key = {first & STACK_OBJECT_MASK, pid, (uint32_t)(second >> 32)};
	const struct known *known;

	*out = (struct python_frame){0};
	pthread_mutex_lock(&p->lock);
	known = code_of(p, &key);
	if (known) {
		out->function = arena_strdup(strings, known->code.function);
		out->file = arena_strdup(strings, known->code.file);
		out->line = python_code_line(&p->builds.v[known->build - 1].is, &known->code, (uint32_t)second);
	} else {
		p->unnamed++;
	}
	pthread_mutex_unlock(&p->lock);
}

void pythons_report(struct pythons *p, struct buf *out)
{
	pthread_mutex_lock(&p->lock);
	buf_add(out, p->reasons.data, p->reasons.len);
	if (p->unnamed)
		buf_printf(out,
			   "%6" PRIu64 " functions of Python without a name: their code was gone before it was read\n",
			   p->unnamed);
	pthread_mutex_unlock(&p->lock);
}
