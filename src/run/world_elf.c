/*
 * world_elf.c - what uprobes ask of ELF files (struct elf_names of kern/probe/probe.h),
 * answered by sym/. A file is opened once, however many probes name it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "run/world_int.h"

static const char *keep(struct arena *arena, struct buf *text)
{
	const char *kept = arena_strdup(arena, text->len ? buf_str(text) : "it cannot be read");

	buf_free(text);
	return kept;
}

static struct elf_syms *open_file(struct machine *m, struct arena *arena, const char *path,
				  const char **why)
{
	struct elf_syms *syms = hmap_gets(&m->elf, path);
	struct buf text = {0};

	if (syms)
		return syms;
	if (elf_syms_open(&syms, path, NULL, &text) != 0) {
		*why = keep(arena, &text);
		return NULL;
	}
	buf_free(&text);
	hmap_puts(&m->elf, path, syms);
	return syms;
}

/* Libraries of a process in a container are that container's; otherwise paths stay short. */
static bool other_root(const char *root)
{
	struct stat theirs, ours;

	return stat(root, &theirs) == 0 && stat("/", &ours) == 0 &&
	       (theirs.st_dev != ours.st_dev || theirs.st_ino != ours.st_ino);
}

static bool find(void *ctx, struct arena *arena, const char *name, const char **path,
		 const char **why)
{
	struct machine *m = ctx;
	struct buf text = {0};
	char root[48];
	const char *in = NULL;

	if (m->world.pid > 0) {
		snprintf(root, sizeof(root), "/proc/%lld/root", (long long)m->world.pid);
		in = other_root(root) ? root : NULL;
	}
	char *found = elf_find_file(name, in, &text);
	if (!found) {
		*why = keep(arena, &text);
		return false;
	}
	*path = arena_strdup(arena, found);
	free(found);
	buf_free(&text);
	return true;
}

struct each_call {
	bool (*each)(void *arg, const char *name, uint64_t address, uint64_t size,
		     uint64_t file_offset);
	void *arg;
};

static bool each_symbol(void *arg, const struct elf_symbol *symbol)
{
	struct each_call *call = arg;

	return call->each(call->arg, symbol->name, symbol->vaddr, symbol->size, symbol->offset);
}

static bool functions(void *ctx, struct arena *arena, const char *path, const char *glob,
		      bool (*each)(void *arg, const char *name, uint64_t address, uint64_t size,
				   uint64_t file_offset),
		      void *arg, const char **why)
{
	struct each_call call = {each, arg};
	struct elf_symbol symbol;
	struct elf_syms *syms = open_file(ctx, arena, path, why);

	if (!syms)
		return false;
	if (!strchr(glob, '*')) { /* a name: by lookup, not by a walk */
		if (elf_syms_lookup(syms, glob, &symbol) && symbol.function)
			each_symbol(&call, &symbol);
		return true;
	}
	int err = elf_syms_each(syms, glob, each_symbol, &call);
	if (err)
		*why = arena_printf(arena, "the symbols of %s cannot be read: %s", path,
				    strerror(-err));
	return !err;
}

static bool file_offset(void *ctx, struct arena *arena, const char *path, uint64_t address,
			uint64_t *offset, const char **why)
{
	struct elf_syms *syms = open_file(ctx, arena, path, why);

	if (!syms)
		return false;
	if (elf_syms_to_offset(syms, address, offset))
		return true;
	*why = arena_printf(arena, "address 0x%llx is outside of %s", (unsigned long long)address,
			    path);
	return false;
}

void world_elf_init(struct machine *m)
{
	m->probes.elf = (struct elf_names){m, find, functions, file_offset};
}

void world_elf_free(struct machine *m)
{
	vec_each(entry, &m->elf.entries)
		elf_syms_free(entry->value);
	hmap_free(&m->elf);
}

bool world_uaddr(struct world *w, const char *path, const char *name, uint64_t *address)
{
	struct elf_symbol symbol;
	const char *why;
	struct elf_syms *syms = path ? open_file(machine_of(w), w->arena, path, &why) : NULL;

	if (!syms || !elf_syms_lookup(syms, name, &symbol))
		return false;
	*address = symbol.vaddr;
	return true;
}
