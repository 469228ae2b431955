/*
 * world_elf.c - what uprobes ask of ELF files (struct elf_names of kern/probe/probe.h),
 * answered by sym/. A file is opened once, however many probes name it.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "run/world_int.h"
#include "sym/demangle.h"
#include "sym/elf_usdt.h"

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
	if (address && elf_syms_to_offset(syms, address, offset)) /* at 0 there is no code in any file */
		return true;
	*why = arena_printf(arena, "address 0x%llx is outside of %s", (unsigned long long)address,
			    path);
	return false;
}

struct note_call {
	bool (*each)(void *arg, const struct elf_static_probe *probe);
	void *arg;
};

static bool each_note(void *arg, const struct elf_usdt_note *note)
{
	struct note_call *call = arg;
	struct elf_static_probe probe = {
		.provider = note->provider, .name = note->name, .args = note->args,
		.address = note->address, .file_offset = note->offset, .ref_counter = note->semaphore,
	};

	return call->each(call->arg, &probe);
}

static bool static_probes(void *ctx, struct arena *arena, const char *path,
			  bool (*each)(void *arg, const struct elf_static_probe *probe), void *arg,
			  const char **why)
{
	struct machine *m = ctx;
	struct note_call call = {each, arg};
	bool known = hmap_gets(&m->elf, path);
	struct elf_syms *syms = open_file(m, arena, path, why);
	struct buf text = {0};

	if (!syms)
		return false;
	if (elf_usdt_each(syms, each_note, &call, NULL, &text)) {
		*why = keep(arena, &text);
		/* Of all that processes have mapped few have any: open, the others would use up all descriptors. */
		if (!known) {
			hmap_puts(&m->elf, path, NULL);
			elf_syms_free(syms);
		}
		return false;
	}
	buf_free(&text);
	return true;
}

/* ---- lines and C++ names ---- */

struct dwarf *world_dwarf(struct machine *m, const char *path, const char **why)
{
	struct elf_syms *syms = open_file(m, m->world.arena, path, why);
	struct dwarf *d = syms ? hmap_gets(&m->dwarf, path) : NULL;
	struct buf text = {0};

	if (!syms || d)
		return d;
	if (dwarf_open(&d, syms, NULL, &text)) {
		*why = keep(m->world.arena, &text);
		return NULL;
	}
	buf_free(&text);
	hmap_puts(&m->dwarf, path, d);
	return d;
}

struct line_call {
	struct elf_syms *syms;
	bool (*each)(void *arg, const struct elf_source_line *line);
	void *arg;
};

static bool each_line(void *arg, const struct dwarf_line *line)
{
	struct line_call *call = arg;
	struct elf_symbol function = {.name = ""};
	struct elf_source_line out = {.line = line->line, .column = line->column, .address = line->address};

	if (!line->statement || !elf_syms_to_offset(call->syms, line->address, &out.file_offset))
		return true;
	if (elf_syms_find(call->syms, line->address, &function))
		out.function = function.vaddr;
	out.name = function.name;
	return call->each(call->arg, &out);
}

static bool lines(void *ctx, struct arena *arena, const char *path, const char *file,
		  bool (*each)(void *arg, const struct elf_source_line *line), void *arg, const char **why)
{
	struct dwarf *d = world_dwarf(ctx, path, why);
	struct line_call call = {d ? open_file(ctx, arena, path, why) : NULL, each, arg};
	struct buf text = {0};

	if (!d || !call.syms)
		return false;
	if (dwarf_lines(d, file, each_line, &call, &text))
		return true;
	*why = keep(arena, &text);
	return false;
}

static const char *demangled(void *ctx, struct arena *arena, const char *symbol_name)
{
	char *name = demangle(symbol_name);
	const char *kept = name ? arena_strdup(arena, name) : NULL;

	(void)ctx;
	free(name);
	return kept;
}

static bool symbol(void *ctx, struct arena *arena, const char *path, const char *name, uint64_t *address)
{
	struct elf_symbol found;
	const char *why;
	struct elf_syms *syms = open_file(ctx, arena, path, &why);

	if (!syms || !elf_syms_lookup(syms, name, &found))
		return false;
	*address = found.vaddr;
	return true;
}

/* ---- what processes have mapped ---- */

struct mapped_call {
	struct machine *m;
	struct arena *arena;
	struct hmap seen; /* "dev:inode" */
	bool (*each)(void *arg, const char *path);
	void *arg;
	bool stopped;
};

/* The path if it is that very file. */
static const char *same_file(const char *path, unsigned long long inode)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_ino == inode ? path : NULL;
}

/*
 * One line of /proc/PID/maps, "START-END PERMS OFFSET DEV INODE   PATH": executable mappings of
 * files. The path is below the process's own root if that is a mount (a container), below ours
 * if it is a mere folder (chroot): the inode tells.
 */
static void mapped_line(struct mapped_call *call, const char *line, const char *root)
{
	char perms[8] = "", device[16] = "";
	unsigned long long inode = 0;
	int at = 0;

	if (sscanf(line, "%*s %7s %*s %15s %llu %n", perms, device, &inode, &at) != 3 || !inode ||
	    !strchr(perms, 'x') || line[at] != '/')
		return;
	const char *id = arena_printf(call->arena, "%s:%llu", device, inode);
	if (hmap_gets(&call->seen, id))
		return;
	hmap_puts(&call->seen, id, call);
	const char *path = root ? same_file(arena_printf(call->arena, "%s%s", root, line + at), inode) : NULL;
	if (!path)
		path = same_file(arena_strdup(call->arena, line + at), inode);
	if (path)
		call->stopped = !call->each(call->arg, path);
}

static void mapped_of(struct mapped_call *call, int64_t pid)
{
	struct buf text = {0};
	char path[48], root[48];
	char *rest = NULL;
	bool other;

	snprintf(path, sizeof(path), "/proc/%lld/maps", (long long)pid);
	snprintf(root, sizeof(root), "/proc/%lld/root", (long long)pid);
	other = other_root(root);
	if (!buf_read_file(&text, path, 64 << 20) && text.len)
		for (char *line = strtok_r(text.data, "\n", &rest); line && !call->stopped;
		     line = strtok_r(NULL, "\n", &rest))
			mapped_line(call, line, other ? root : NULL);
	buf_free(&text);
}

static void mapped(void *ctx, struct arena *arena, int64_t pid, bool (*each)(void *arg, const char *path),
		   void *arg)
{
	struct mapped_call call = {.m = ctx, .arena = arena, .each = each, .arg = arg};
	struct dirent *entry;
	DIR *dir;

	if (pid > 0) {
		mapped_of(&call, pid);
	} else if ((dir = opendir("/proc"))) {
		while (!call.stopped && (entry = readdir(dir)))
			if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
				mapped_of(&call, atoll(entry->d_name));
		closedir(dir);
	}
	hmap_free(&call.seen);
}

struct library_search {
	const char *name, *found;
};

static bool is_library(void *arg, const char *path)
{
	struct library_search *search = arg;

	if (elf_library_matches(strrchr(path, '/') + 1, search->name))
		search->found = path;
	return !search->found;
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
		/* of several libraries of a name, the one that the process uses */
		struct library_search search = {.name = name};
		if (name[0] && !strchr(name, '/'))
			mapped(ctx, arena, m->world.pid, is_library, &search);
		if (search.found) {
			*path = search.found;
			return true;
		}
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

void world_elf_init(struct machine *m)
{
	m->probes.elf = (struct elf_names){
		.ctx = m, .find = find, .functions = functions, .static_probes = static_probes,
		.lines = lines, .demangle = demangled,
		.symbol = symbol, .mapped = mapped, .file_offset = file_offset,
	};
}

void world_elf_free(struct machine *m)
{
	vec_each(entry, &m->dwarf.entries)
		dwarf_free(entry->value);
	hmap_free(&m->dwarf);
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
