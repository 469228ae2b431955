/* unwinder.c - see unwinder.h. */
#include "run/unwinder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "base/hmap.h"
#include "ir/unwind.h"
#include "kern/map.h"
#include "kern/map_outer.h"
#include "kern/sys.h"
#include "run/pythons.h"
#include "run/ring.h"
#include "run/tables_ahead.h"
#include "sym/elf_needed.h"
#include "sym/elf_syms.h"
#include "sym/file.h"
#include "sym/unwind_cached.h"

enum {
	SMALLEST_RANGE = 3, /* 8 areas */
	CLASSES = 11 - SMALLEST_RANGE,
	NOTE_NONE = 1,      /* a file's note: no table; from 2 on: number of the table + 2 */
};
#define REUSE_NS UINT64_C(100000000) /* a program may still be walking by a range for that long */

struct file_table {
	uint32_t page, pages; /* in the map of pages */
	uint32_t python;      /* pythons_file()'s number */
};

struct freed {
	uint32_t first;
	uint64_t since;
};

struct unwinder {
	int spaces_fd, rows_fd, files_fd;
	struct unwind_area *areas;
	struct unwind_page *pages;
	struct unwind_rule *rules;
	struct ring wanted;
	int wanted_fd;
	uint32_t *stores[UNWIND_STORES];
	struct outer_wait *waits[UNWIND_STORES];
	size_t store_bytes, areas_bytes, pages_bytes, rules_bytes;
	uint32_t nstores, store_used, npages, nareas, nrules;
	uint64_t version; /* of the space written last */
	struct unwind_rules *dictionary; /* of all files */
	struct unwind_cached cached;
	struct buf no_cache;        /* why tables are not kept; empty: they are, or nobody wants it */
	struct hmap by_file;        /* device, inode, size, time of writing -> note */
	VEC(struct file_table) tables;
	VEC(struct freed) freed[CLASSES]; /* ranges of 8 << class areas, oldest first */
	struct unwinder_totals totals;
	struct pythons *pythons;
	/* of the process being written */
	struct procs *procs;
	uint32_t pid;
	VEC(struct unwind_area) list;
	bool has_python, incomplete; /* incomplete: patience ended before all its tables were made */
	struct tables_ahead *ahead;
	const struct unwinder_patience *patience; /* or NULL: it does not end */
};

/* ---- opening ---- */

static int map_memory(const struct plan *plan, const struct kernel_maps *maps, uint32_t number, void **out,
		      size_t *bytes)
{
	const struct kmap *k = &plan->kmaps.v[number];

	*bytes = map_mmap_size(k->value_size, k->entries);
	return map_mmap(maps->list.v[number].fd, *bytes, true, out);
}

static int map_store(struct unwinder *u, int fd)
{
	void *memory;
	int err = map_mmap(fd, u->store_bytes, true, &memory);

	if (err)
		return err;
	u->stores[u->nstores] = memory;
	u->nstores++;
	u->store_used = 0;
	return 0;
}

static bool member_offset(const struct btf *btf, const char *type, const char *name, uint32_t *out)
{
	struct btf_member_info member;
	uint32_t id = btf_find(btf, BTF_KIND_STRUCT, type);

	if (!id || !btf_member_find(btf, id, name, &member) || member.bit_offset % 8)
		return false;
	*out = member.bit_offset / 8;
	return true;
}

/* task_struct.thread.fsbase; 0: this machine has none. */
static uint32_t thread_base(const struct btf *btf)
{
	uint32_t thread, fsbase;

	return btf && member_offset(btf, "task_struct", "thread", &thread) &&
	       member_offset(btf, "thread_struct", "fsbase", &fsbase) ? thread + fsbase : 0;
}

/* What uprobes keep; false: none of it is known. */
static bool find_uprobes(const struct btf *btf, struct unwind_layout *l)
{
	uint32_t state, area;

	if (!btf || !member_offset(btf, "task_struct", "utask", &l->utask) ||
	    !member_offset(btf, "task_struct", "mm", &l->mm) ||
	    !member_offset(btf, "uprobe_task", "return_instances", &l->return_instances) ||
	    !member_offset(btf, "uprobe_task", "vaddr", &l->vaddr) ||
	    !member_offset(btf, "uprobe_task", "xol_vaddr", &l->xol_vaddr) ||
	    !member_offset(btf, "return_instance", "stack", &l->return_stack) ||
	    !member_offset(btf, "return_instance", "orig_ret_vaddr", &l->return_address) ||
	    !member_offset(btf, "return_instance", "next", &l->return_next) ||
	    !member_offset(btf, "mm_struct", "uprobes_state", &state) ||
	    !member_offset(btf, "uprobes_state", "xol_area", &area) ||
	    !member_offset(btf, "xol_area", "vaddr", &l->xol_address))
		return false;
	l->xol_area = state + area;
	return true;
}

static void write_layout(const struct kernel_maps *maps, const struct btf *btf)
{
	struct unwind_layout l = {0};
	uint32_t zero = 0;

	l.valid = btf && member_offset(btf, "vm_area_struct", "vm_start", &l.vm_start) &&
		  member_offset(btf, "vm_area_struct", "vm_end", &l.vm_end) &&
		  member_offset(btf, "vm_area_struct", "vm_flags", &l.vm_flags) &&
		  member_offset(btf, "vm_area_struct", "vm_pgoff", &l.vm_pgoff) &&
		  member_offset(btf, "vm_area_struct", "vm_file", &l.vm_file) &&
		  member_offset(btf, "file", "f_inode", &l.f_inode) &&
		  member_offset(btf, "inode", "i_ino", &l.i_ino) && member_offset(btf, "inode", "i_sb", &l.i_sb) &&
		  member_offset(btf, "super_block", "s_dev", &l.s_dev);
	l.fsbase = thread_base(btf);
	if (!find_uprobes(btf, &l))
		l.utask = 0;
	const uint32_t in_vma[] = {l.vm_start, l.vm_end, l.vm_flags, l.vm_pgoff, l.vm_file};
	for (size_t i = 0; i < ARRAY_SIZE(in_vma); i++)
		l.valid &= in_vma[i] <= UNWIND_VMA_BYTES - 8;
	map_update(maps->list.v[KMAP_UNWIND_LAYOUT].fd, &zero, &l, BPF_ANY);
}

struct unwinder *unwinder_new(const struct plan *plan, const struct kernel_maps *maps, const struct btf *btf,
			      struct buf *why)
{
	struct unwinder *u;
	void *memory = NULL;
	int err;

	if (!plan->kmaps.v[KMAP_UNWIND_SPACES].type)
		return NULL;
	u = xcalloc(1, sizeof(*u));
	u->dictionary = unwind_rules_new();
	unwind_cached_open(&u->cached, &u->no_cache);
	u->nrules = 1;
	write_layout(maps, btf);
	u->files_fd = maps->list.v[KMAP_UNWIND_FILES].fd;
	u->spaces_fd = maps->list.v[KMAP_UNWIND_SPACES].fd;
	u->rows_fd = maps->list.v[KMAP_UNWIND_ROWS].fd;
	u->store_bytes = map_mmap_size(8, UNWIND_ROWS_PER_STORE / 2);
	err = map_memory(plan, maps, KMAP_UNWIND_AREAS, &memory, &u->areas_bytes);
	u->areas = err ? NULL : memory;
	if (!err)
		err = map_memory(plan, maps, KMAP_UNWIND_PAGES, &memory, &u->pages_bytes);
	u->pages = err ? NULL : memory;
	if (!err)
		err = map_memory(plan, maps, KMAP_UNWIND_RULES, &memory, &u->rules_bytes);
	u->rules = err ? NULL : memory;
	u->wanted_fd = maps->list.v[KMAP_UNWIND_WANTED].fd;
	if (!err)
		err = ring_open(&u->wanted, u->wanted_fd, plan->kmaps.v[KMAP_UNWIND_WANTED].entries);
	if (!err)
		u->pythons = pythons_new(plan, maps, &err);
	if (!err)
		err = map_store(u, maps->list.v[KMAP_UNWIND_ROWS].inner_fd);
	if (!err)
		return u;
	buf_printf(why, "user stacks are walked by frame pointers only: no memory for unwind tables (%s)",
		   strerror(-err));
	unwinder_free(u);
	return NULL;
}

void unwinder_free(struct unwinder *u)
{
	if (!u)
		return;
	for (unsigned i = 0; i < u->nstores; i++)
		sys_munmap(u->stores[i], u->store_bytes);
	for (unsigned i = 0; i < UNWIND_STORES; i++)
		outer_wait_end(u->waits[i]);
	if (u->areas)
		sys_munmap(u->areas, u->areas_bytes);
	if (u->pages)
		sys_munmap(u->pages, u->pages_bytes);
	if (u->rules)
		sys_munmap(u->rules, u->rules_bytes);
	ring_close(&u->wanted);
	pythons_free(u->pythons);
	unwind_rules_free(u->dictionary);
	unwind_cached_close(&u->cached);
	buf_free(&u->no_cache);
	hmap_free(&u->by_file);
	for (unsigned i = 0; i < CLASSES; i++)
		vec_free(&u->freed[i]);
	vec_free(&u->tables);
	vec_free(&u->list);
	free(u);
}

/* ---- tables of files ---- */

/* One more store, in the next place of the outer map. */
static bool add_store(struct unwinder *u)
{
	struct map_spec spec = {
		.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .flags = BPF_F_MMAPABLE,
		.max_entries = UNWIND_ROWS_PER_STORE / 2, .name = "unwind_rows",
	};
	uint32_t place = u->nstores;
	bool good;
	int fd;

	if (place == UNWIND_STORES)
		return false;
	fd = map_create(&spec);
	if (fd < 0)
		return false;
	outer_wait_end(u->waits[place]); /* of one that could not be mapped */
	good = !outer_put(&u->waits[place], u->rows_fd, place, fd) && !map_store(u, fd);
	sys_close(&fd); /* the outer map holds it */
	return good;
}

/* The numbers of a table's rules among those of all files; 0: no room, which is counted by rows. */
static uint16_t *take_rules(struct unwinder *u, const struct unwind_table *t)
{
	uint16_t *numbers = xreallocarray(NULL, t->rules.n, sizeof(*numbers));

	for (size_t i = 0; i < t->rules.n; i++)
		numbers[i] = unwind_rules_number(u->dictionary, &t->rules.v[i]);
	for (; u->nrules < unwind_rules_count(u->dictionary); u->nrules++)
		u->rules[u->nrules] = *unwind_rules_at(u->dictionary, u->nrules);
	return numbers;
}

/* A page's rows into the store, with the numbers that rules have there. */
static void write_rows(struct unwinder *u, const struct unwind_table *t, const struct unwind_table_page *page,
		       const uint16_t *numbers)
{
	uint32_t *to = u->stores[u->nstores - 1] + u->store_used;

	for (uint32_t i = 0; i < page->count; i++) {
		uint32_t row = t->rows.v[page->first + i], number = numbers[row >> 16];

		to[i] = (row & 0xffff) | number << 16;
		u->totals.no_room_rules += !number && t->rules.v[row >> 16].cfa != UNWIND_CFA_NONE;
	}
	u->store_used += page->count;
}

/*
 * A table into the maps: rules and rows first, then the pages that name them, so that no program
 * sees a page whose rows are not there. False: no room; what was written is not named by anything.
 */
static bool upload(struct unwinder *u, const struct unwind_table *t, struct file_table *out)
{
	uint16_t *numbers;
	bool good = true;

	if (t->pages.n > UNWIND_PAGES - u->npages)
		return false;
	numbers = take_rules(u, t);
	for (size_t i = 0; i < t->pages.n && good; i++) {
		const struct unwind_table_page *page = &t->pages.v[i];

		/* A page's rows are in one store. */
		good = page->count <= UNWIND_ROWS_PER_STORE - u->store_used || add_store(u);
		if (!good)
			break;
		u->pages[u->npages + i] = (struct unwind_page){
			.first = (u->nstores - 1) << UNWIND_STORE_BITS | u->store_used, .count = page->count};
		write_rows(u, t, page, numbers);
	}
	free(numbers);
	if (!good)
		return false;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*out = (struct file_table){.page = u->npages, .pages = (uint32_t)t->pages.n};
	u->npages += t->pages.n;
	return true;
}

static uint32_t make_table(struct unwinder *u, const struct elf_file *file)
{
	struct unwind_table t;
	struct file_table ours;
	uint64_t begin = now_ns();
	uint32_t note = NOTE_NONE;

	if (unwind_cached_table(&u->cached, &t, file) || !t.rows.n) {
		u->totals.without++;
	} else if (!upload(u, &t, &ours)) {
		u->totals.no_room_files++;
	} else {
		ours.python = pythons_file(u->pythons, file);
		vec_push(&u->tables, ours);
		note = (uint32_t)u->tables.n + 1;
		u->totals.files++;
		u->totals.rows += t.rows.n;
		u->totals.bytes += t.rows.n * sizeof(uint32_t) + t.pages.n * sizeof(struct unwind_page);
	}
	u->totals.no_room_rules += t.no_room;
	unwind_table_free(&t);
	u->totals.build_ns += now_ns() - begin;
	return note;
}

/* For processes that are asked about in the kernel, which has the device in its own form. */
static void publish(struct unwinder *u, const struct elf_file *file, uint32_t note)
{
	struct unwind_file_key key = {(uint64_t)major(file->dev) << 20 | minor(file->dev), file->ino};
	struct unwind_file value = {0};

	if (note > NOTE_NONE)
		value = (struct unwind_file){u->tables.v[note - 2].page, u->tables.v[note - 2].pages};
	map_update(u->files_fd, &key, &value, BPF_ANY); /* full: those not in it are met and read later */
}

static uint32_t note_of_file(struct unwinder *u, const struct elf_file *file)
{
	uint64_t place[4] = {file->dev, file->ino, file->size, (uint64_t)file->written};
	uintptr_t known;
	void **at;

	if (!file->ino) /* an image in memory: the vdso, which has one note */
		return make_table(u, file);
	at = hmap_at(&u->by_file, place, sizeof(place));
	known = (uintptr_t)*at;
	if (!known) {
		known = make_table(u, file);
		*at = (void *)known;
		publish(u, file, (uint32_t)known);
	}
	return (uint32_t)known;
}

/* The note of a file: which table serves it. sym/elf_cache.h knows copies of a file as one. */
static uint32_t note_of(struct unwinder *u, const struct procs_mapping *m)
{
	const struct elf_file *file = procs_mapping_file(u->procs, u->pid, m);

	if (file)
		return note_of_file(u, file);
	u->totals.without++;
	return NOTE_NONE;
}

struct preparation {
	struct unwinder *unwinder;
	VEC(char *) paths; /* done and to do, each once */
};

static void prepare_also(void *ctx, const char *name)
{
	struct preparation *p = ctx;
	struct buf why = {0};
	char *path = elf_find_file(name, NULL, &why);

	buf_free(&why);
	for (size_t i = 0; path && i < p->paths.n; i++) {
		if (str_eq(p->paths.v[i], path)) {
			free(path);
			return;
		}
	}
	if (path)
		vec_push(&p->paths, path);
}

static void prepare_file(struct preparation *p, const char *path)
{
	struct buf why = {0};
	struct elf_file *file;
	int fd = plain_file_open(NULL, path, true, NULL);

	if (fd >= 0 && !elf_file_open(&file, fd, path, &why)) {
		note_of_file(p->unwinder, file);
		elf_needed(file, prepare_also, p);
		elf_file_free(file);
	}
	buf_free(&why);
}

void unwinder_prepare(struct unwinder *u, const char *path)
{
	const uint64_t budget = UINT64_C(100000000), begin = now_ns();
	struct preparation p = {.unwinder = u};

	vec_push(&p.paths, xstrdup(path));
	for (size_t i = 0; i < p.paths.n && now_ns() - begin < budget; i++)
		prepare_file(&p, p.paths.v[i]);
	vec_each(it, &p.paths)
		free(*it);
	vec_free(&p.paths);
}

/* ---- processes ---- */

static bool is_over(const struct unwinder *u)
{
	return u->patience && __atomic_load_n(u->patience->awaited, __ATOMIC_RELAXED) &&
	       now_ns() >= u->patience->until;
}

static void on_mapping(void *ctx, const struct procs_mapping *m)
{
	struct unwinder *u = ctx;
	struct unwind_area area = {.start = m->start, .end = m->end, .offset = m->offset};

	if (m->has_file) {
		if (!*m->note && is_over(u)) {
			u->incomplete = true;
		} else if (!*m->note) {
			tables_ahead_reach(u->ahead, m->start);
			*m->note = note_of(u, m);
			if (u->cached.made)
				tables_ahead_start(u->ahead);
		}
		if (*m->note > NOTE_NONE) {
			const struct file_table *t = &u->tables.v[*m->note - 2];

			area.page = t->page;
			area.pages = t->pages;
			if (t->python) {
				pythons_update(u->pythons, u->pid, t->python, m->start, m->offset);
				u->has_python = true;
			}
		}
	}
	if (u->list.n < UNWIND_AREAS_PER_SPACE)
		vec_push(&u->list, area);
	else
		u->totals.no_room_areas++;
}

static unsigned class_of(size_t n)
{
	unsigned class = 0;

	while ((size_t)1 << (class + SMALLEST_RANGE) < n)
		class++;
	return class;
}

static bool take_range(struct unwinder *u, unsigned class, uint32_t *first)
{
	uint32_t size = 1u << (class + SMALLEST_RANGE);
	__typeof__(u->freed[0]) *freed = &u->freed[class];

	if (freed->n && now_ns() - freed->v[0].since > REUSE_NS) {
		*first = freed->v[0].first;
		memmove(freed->v, freed->v + 1, --freed->n * sizeof(*freed->v));
		return true;
	}
	if (size > UNWIND_AREAS - u->nareas)
		return false;
	*first = u->nareas;
	u->nareas += size;
	return true;
}

static void give_range(struct unwinder *u, const struct unwind_space *space)
{
	struct freed f = {space->first, now_ns()};

	if (space->count)
		vec_push(&u->freed[class_of(space->count)], f);
}

static bool is_same(const struct unwinder *u, const struct unwind_space *space)
{
	return space->count == u->list.n &&
	       !memcmp(u->areas + space->first, u->list.v, u->list.n * sizeof(*u->list.v));
}

/* `old`: what the process has now, count 0: nothing. */
static void write_space(struct unwinder *u, const struct unwind_space *old)
{
	struct unwind_space new = {.count = (uint32_t)u->list.n, .version = ++u->version};

	if (is_same(u, old))
		return;
	if (!take_range(u, class_of(new.count), &new.first)) {
		u->totals.no_room_processes++;
		new.count = 0; /* what it had mapped before would lead astray: frame pointers */
	}
	memcpy(u->areas + new.first, u->list.v, new.count * sizeof(*u->list.v));
	if (map_update(u->spaces_fd, &u->pid, &new, BPF_ANY)) {
		u->totals.no_room_processes++;
		give_range(u, &new);
		return;
	}
	give_range(u, old);
}

bool unwinder_knows(const struct unwinder *u, uint32_t pid)
{
	struct unwind_space space;

	return !map_lookup(u->spaces_fd, &pid, &space);
}

void unwinder_forget(struct unwinder *u, uint32_t pid)
{
	struct unwind_space old;

	if (map_lookup(u->spaces_fd, &pid, &old))
		return;
	pythons_forget(u->pythons, pid);
	map_delete(u->spaces_fd, &pid);
	give_range(u, &old);
}

void unwinder_update(struct unwinder *u, struct procs *procs, uint32_t pid)
{
	unwinder_update_patiently(u, procs, pid, NULL);
}

void unwinder_update_patiently(struct unwinder *u, struct procs *procs, uint32_t pid,
			       const struct unwinder_patience *patience)
{
	struct unwind_space old = {0}, nothing = {0};

	u->patience = patience;
	u->procs = procs;
	u->pid = pid;
	u->list.n = 0;
	u->has_python = u->incomplete = false;
	if (map_lookup(u->spaces_fd, &pid, &old))
		old.count = 0;
	u->cached.made = false;
	u->ahead = tables_ahead_new(procs, pid);
	procs_mappings(procs, pid, on_mapping, u);
	tables_ahead_free(u->ahead);
	if (u->incomplete)
		return;
	if (!u->has_python)
		pythons_forget(u->pythons, pid);
	if (u->list.n) {
		write_space(u, &old);
		return;
	}
	/* a thread of the kernel's, or just gone: so that it is not asked for again and again */
	map_update(u->spaces_fd, &pid, &nothing, BPF_ANY);
	give_range(u, &old);
}

void unwinder_rest(struct unwinder *u)
{
	unwind_cached_rest(&u->cached);
}

enum { ANSWERED = 64 }; /* at a time; others ask again */
struct wanted { uint32_t pids[ANSWERED]; size_t n; };

/* Each stack of a process asks until there is an answer. */
static void note_wanted(void *ctx, const uint8_t *data, uint32_t len)
{
	struct wanted *w = ctx;
	uint32_t pid;

	if (len < sizeof(pid) || w->n == ANSWERED)
		return;
	memcpy(&pid, data, sizeof(pid));
	for (size_t i = 0; i < w->n; i++)
		if (w->pids[i] == pid)
			return;
	w->pids[w->n++] = pid;
}

int unwinder_wanted_fd(const struct unwinder *u)
{
	return u->wanted_fd;
}

void unwinder_answer(struct unwinder *u, struct procs *procs)
{
	struct wanted w = {.n = 0};

	if (!ring_drain(&u->wanted, note_wanted, &w))
		return;
	for (size_t i = 0; i < w.n; i++)
		if (!unwinder_knows(u, w.pids[i]))
			unwinder_update(u, procs, w.pids[i]);
	unwinder_rest(u);
}

struct pythons *unwinder_pythons(struct unwinder *u)
{
	return u->pythons;
}

void unwinder_totals(const struct unwinder *u, struct unwinder_totals *out)
{
	*out = u->totals;
	disk_cache_counts(u->cached.cache, &out->cache);
	out->no_cache = u->no_cache.len ? u->no_cache.data : "";
}
