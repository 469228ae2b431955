/* list_fields.c - arguments of probes and members of kernel types, as C declares them. */
#include <inttypes.h>
#include <stdlib.h>

#include "run/list_int.h"
#include "run/world_int.h"

/* ---- probes ---- */

static void tracepoint_fields(struct machine *m, const char *category, const char *event,
			      struct buf *out)
{
	const struct tracefs *tracefs = machine_tracefs(m, NULL);
	struct tracefs_format format;

	if (!tracefs)
		return;
	if (tracefs_format(tracefs, category, event, &format) == 0)
		for (size_t i = format.common; i < format.fields.n; i++) {
			const struct tracefs_field *f = &format.fields.v[i];
			const char *loc = f->kind == TRACEFS_DATA_LOC ? "__data_loc " :
					  f->kind == TRACEFS_REL_LOC ? "__rel_loc " : "";
			buf_printf(out, "    %s%s%s %s", loc, f->type, loc[0] ? "[]" : "", f->name);
			if (f->kind == TRACEFS_ARRAY)
				buf_printf(out, "[%u]", f->count);
			buf_putc(out, '\n');
		}
	tracefs_format_free(&format);
}

/* "ssize_t (*read)(struct file *, char *)" */
static void function_pointer(struct btf *btf, const struct btf_info *proto, const char *name,
			     struct buf *out)
{
	const char *parameter;
	uint32_t type;

	btf_print_type(btf, proto->ref, out);
	buf_printf(out, "%s(*%s)(", out->data[out->len - 1] == '*' ? "" : " ", name);
	for (uint32_t i = 0; i < proto->count; i++) {
		if (!btf_param_at(btf, proto->id, i, &parameter, &type))
			break;
		if (i)
			buf_puts(out, ", ");
		if (type)
			btf_print_type(btf, type, out);
		else
			buf_puts(out, "...");
	}
	buf_putc(out, ')');
}

static void declaration(struct btf *btf, uint32_t type, const char *name, struct buf *out)
{
	struct buf dims = {0};
	struct btf_info info, target;
	uint32_t elem, count;

	/* a typedef of an array or function pointer keeps its own name */
	while (btf_get(btf, btf_strip(btf, type), &info) && info.kind == BTF_KIND_ARRAY &&
	       btf_array(btf, type, &elem, &count)) {
		buf_printf(&dims, "[%u]", count);
		type = elem;
	}
	if (info.kind == BTF_KIND_PTR && !dims.len &&
	    btf_get(btf, btf_strip(btf, info.ref), &target) && target.kind == BTF_KIND_FUNC_PROTO) {
		function_pointer(btf, &target, name, out);
		return;
	}
	btf_print_type(btf, type, out);
	if (name[0] && out->data[out->len - 1] != '*')
		buf_putc(out, ' ');
	buf_printf(out, "%s%s", name, buf_str(&dims));
	buf_free(&dims);
}

/* A line of a probe's arguments: "    struct sock * sk". */
static void argument(struct btf *btf, uint32_t type, const char *name, struct buf *out)
{
	buf_puts(out, "    ");
	btf_print_type(btf, type, out);
	buf_printf(out, " %s\n", name);
}

static void rawtracepoint_fields(struct machine *m, const char *name, struct buf *out)
{
	const char *colon = strchr(name, ':'), *event = colon ? colon + 1 : name;
	char *module = xstrndup(name, colon ? colon - name : 0);
	struct types_of *of = colon ? machine_module_types(m, module) : NULL;
	struct btf *btf = of ? of->btf : colon ? NULL : machine_btf(m, NULL);
	uint32_t count, type;

	free(module);
	if (!btf || !btf_raw_tracepoint(btf, event, &count))
		return;
	for (uint32_t i = 0; i < count; i++) {
		if (!btf_raw_tracepoint_arg(btf, event, i, &name, &type))
			return;
		argument(btf, type, name, out);
	}
}

/* "MODULE:FUNCTION", "bpf:ID:PROGRAM": parameters, and of fexit the result. */
static void function_fields(struct machine *m, enum provider provider, char *name, struct buf *out)
{
	struct world *w = machine_world(m);
	const char *parts[3], *why, *hint, *parameter;
	target_list found = {0};
	struct btf_info func, proto;
	struct types_of *of = NULL;
	unsigned n = 0;
	uint32_t type;

	while (name && n < ARRAY_SIZE(parts))
		parts[n++] = strsep(&name, ":");
	if (!w->match(w, provider, parts, n, &found, &why, &hint))
		return;
	const struct target *t = found.v[0];
	if (t->category)
		of = t->number >= 0 ? machine_program_types(m, t->number) : machine_module_types(m, t->category);
	struct btf *btf = of ? of->btf : t->category ? NULL : machine_btf(m, NULL);
	if (!btf || !btf_get(btf, t->id, &func) || !btf_get(btf, func.ref, &proto))
		return;
	for (uint32_t i = 0; i < proto.count && btf_param_at(btf, t->id, i, &parameter, &type); i++) {
		argument(btf, type, parameter, out);
	}
	if (provider == PROVIDER_FEXIT && proto.ref) {
		argument(btf, proto.ref, "retval", out);
	}
}

/* The parameters of "uprobe:PATH:FUNCTION" as debugging information has them. */
static void uprobe_fields(struct machine *m, const char *place, struct buf *out)
{
	const struct elf_names *elf = &machine_probes(m)->elf;
	const char *colon = strrchr(place, ':');
	uint64_t address;

	if (!colon)
		return;
	char *path = arena_strndup(machine_world(m)->arena, place, colon - place);
	if (elf->symbol(elf->ctx, machine_world(m)->arena, path, colon + 1, &address))
		world_dwarf_print_args(m, path, address, out);
}

/* The members of an iterator's context. */
static void iterator_fields(struct machine *m, const char *object, struct buf *out)
{
	struct btf *btf = machine_btf(m, NULL);
	const char *context = arena_printf(machine_world(m)->arena, "bpf_iter__%s", object);
	struct btf_member_info member, inner;
	struct btf_info info;

	if (!btf || !btf_get(btf, btf_find(btf, BTF_KIND_STRUCT, context), &info))
		return;
	for (uint32_t i = 0; i < info.count && btf_member_at(btf, info.id, i, &member); i++) {
		/* pointers stand in a union with a number, so that they have 8 bytes everywhere */
		if (!member.name[0] && btf_member_at(btf, btf_strip(btf, member.type), 0, &inner))
			member = inner;
		argument(btf, member.type, member.name, out);
	}
}

void list_fields(struct machine *m, const char *name, struct buf *out)
{
	char *copy = xstrdup(name), *rest = NULL;
	const char *provider = strtok_r(copy, ":", &rest);

	if (provider && str_eq(provider, "tracepoint")) {
		const char *category = strtok_r(NULL, ":", &rest);
		const char *event = strtok_r(NULL, "", &rest);
		if (category && event)
			tracepoint_fields(m, category, event, out);
	} else if (provider && str_eq(provider, "rawtracepoint") && rest) {
		rawtracepoint_fields(m, rest, out);
	} else if (provider && rest && (str_eq(provider, "fentry") || str_eq(provider, "fexit"))) {
		function_fields(m, str_eq(provider, "fexit") ? PROVIDER_FEXIT : PROVIDER_FENTRY, rest, out);
	}
	if (provider && str_eq(provider, "uprobe") && rest)
		uprobe_fields(m, rest, out);
	else if (provider && str_eq(provider, "iter") && rest)
		iterator_fields(m, rest, out);
	free(copy);
}

/* ---- types ---- */

static const struct kind {
	const char *word;
	uint32_t kinds[2];
} kinds[] = {
	{"struct ", {BTF_KIND_STRUCT, 0}},
	{"union ", {BTF_KIND_UNION, 0}},
	{"enum ", {BTF_KIND_ENUM, BTF_KIND_ENUM64}},
};

static const struct kind *kind_of(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_starts(text, kinds[i].word))
			return &kinds[i];
	return NULL;
}

bool list_is_type(const char *text)
{
	return kind_of(text) != NULL;
}

static void enumerators(struct btf *btf, const struct btf_info *info, struct buf *out)
{
	const char *name;
	int64_t value;

	for (uint32_t i = 0; i < info->count && btf_enumerator_at(btf, info->id, i, &name, &value); i++)
		buf_printf(out, "\t%s = %" PRId64 ",\n", name, value);
}

static void members(struct btf *btf, const struct btf_info *info, struct buf *out, unsigned depth)
{
	struct btf_member_info member;
	struct btf_info inner;

	for (uint32_t i = 0; i < info->count && btf_member_at(btf, info->id, i, &member); i++) {
		bool anonymous = btf_get(btf, btf_strip(btf, member.type), &inner) && !inner.name[0] &&
				 (inner.kind == BTF_KIND_STRUCT || inner.kind == BTF_KIND_UNION);
		buf_pad(out, '\t', depth + 1);
		if (anonymous && depth < 8) {
			buf_printf(out, "%s {\n", inner.kind == BTF_KIND_UNION ? "union" : "struct");
			members(btf, &inner, out, depth + 1);
			buf_pad(out, '\t', depth + 1);
			buf_printf(out, "}%s%s", member.name[0] ? " " : "", member.name);
		} else {
			declaration(btf, member.type, member.name, out);
		}
		if (member.bit_size)
			buf_printf(out, " : %u", member.bit_size);
		buf_puts(out, ";\n");
	}
}

static void print_type(struct btf *btf, const struct kind *kind, const struct btf_info *info,
		       bool verbose, struct buf *out)
{
	buf_printf(out, "%s%s", kind->word, info->name);
	if (!verbose) {
		buf_putc(out, '\n');
		return;
	}
	buf_puts(out, " {\n");
	if (kind->kinds[0] == BTF_KIND_ENUM)
		enumerators(btf, info, out);
	else
		members(btf, info, out, 0);
	buf_puts(out, "};\n");
}

long list_types(struct machine *m, const char *text, bool verbose, struct buf *out)
{
	const struct kind *kind = kind_of(text);
	const char *glob = text + strlen(kind->word);
	struct btf *btf = machine_btf(m, NULL);
	struct btf_info info;
	long count = 0;

	for (unsigned k = 0; btf && k < 2 && kind->kinds[k]; k++) {
		struct btf_cursor at = {0};
		while (btf_each(btf, kind->kinds[k], &at, &info)) {
			if (!info.name[0] || !str_glob(glob, info.name))
				continue;
			print_type(btf, kind, &info, verbose, out);
			count++;
		}
	}
	return count;
}
