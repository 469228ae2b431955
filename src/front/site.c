/*
 * site.c - where a specifier attaches. A kernel function that is a system call (sys_read,
 * SyS_read, __x64_sys_read) is the call's tracepoint: the same on every kernel, whatever the
 * function is called there and whether it can be probed. Other functions go by their names.
 */
#include "front/front_int.h"

#include <ctype.h>

/* The system call's name in that of its function; NULL: it is none. */
static const char *syscall_of(const char *function)
{
	static const char *const prefixes[] = {"sys_", "SyS_", "__x64_sys_", "__arm64_sys_", "__se_sys_",
					       "__do_sys_"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(function, prefixes[i]) && function[strlen(prefixes[i])])
			return function + strlen(prefixes[i]);
	return NULL;
}

/* A part of an attach point: in quotes where its characters, but for those in `plain`, would end it. */
static const char *quote_part(struct front *f, const char *text, const char *plain)
{
	struct buf out = {0};
	bool quoted = false;

	for (const char *p = text; *p && !quoted; p++)
		quoted = !isalnum((unsigned char)*p) && !strchr(plain, *p);
	if (!quoted)
		return text;
	buf_putc(&out, '"');
	for (const char *p = text; *p; p++)
		buf_printf(&out, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
	buf_putc(&out, '"');
	text = arena_strdup(f->arena, buf_str(&out));
	buf_free(&out);
	return text;
}

static const char *quote_path(struct front *f, const char *text)
{
	return quote_part(f, text, "_./*?+-$@");
}

static const char *quote_name(struct front *f, const char *text)
{
	return quote_part(f, text, "_.*?-$@");
}

static bool matches(struct front *f, enum provider provider, const char *a, const char *b, target_list *found)
{
	const char *parts[] = {a, b}, *why, *hint;

	return f->world->match(f->world, provider, parts, 2, found, &why, &hint) && found->n;
}

/* The fields of a tracepoint, where it is one and they are known. */
static const struct type *fields_of(struct front *f, const char *category, const char *event)
{
	target_list found = {0};

	if (strchr(event, '*') || strchr(category, '*') || !matches(f, PROVIDER_TRACEPOINT, category, event, &found))
		return NULL;
	return f->world->args(f->world, found.v[0]);
}

static bool try_syscall(struct front *f, struct site *p)
{
	const char *call = syscall_of(p->spec->function);
	const char *event = call ? arena_printf(f->arena, "sys_%s_%s", p->at_return ? "exit" : "enter", call) : NULL;
	const char *other = call ? arena_printf(f->arena, "sys_%s_%s", p->at_return ? "enter" : "exit", call) : NULL;
	target_list found = {0};

	if (!call || *p->spec->offset || !matches(f, PROVIDER_TRACEPOINT, "syscalls", event, &found))
		return false;
	p->syscall = true;
	p->attach = arena_printf(f->arena, "tracepoint:syscalls:%s", quote_name(f, event));
	p->other = arena_printf(f->arena, "tracepoint:syscalls:%s", quote_name(f, other));
	p->args = fields_of(f, "syscalls", event);
	return true;
}

static void site_function(struct front *f, struct site *p)
{
	const struct spec *spec = p->spec;
	const char *function = *spec->binary ? quote_path(f, spec->function) : quote_name(f, spec->function), *name[2];

	for (unsigned at_return = 0; at_return < 2; at_return++) {
		if (!*spec->binary)
			name[at_return] = arena_printf(f->arena, "k%sprobe:%s%s", at_return ? "ret" : "", function,
						       at_return ? "" : spec->offset);
		else
			name[at_return] = arena_printf(f->arena, "u%sprobe:%s:%s%s", at_return ? "ret" : "",
						       quote_path(f, spec->binary), function,
						       at_return ? "" : spec->offset);
	}
	p->attach = name[p->at_return];
	p->other = name[!p->at_return];
}

void site_make(struct front *f, const struct spec *spec, struct site *out)
{
	*out = (struct site){.spec = spec, .at_return = spec->kind == SPEC_RETURN,
			      .wildcard = strchr(spec->function, '*') != NULL,
			      .shown = *spec->offset ? arena_printf(f->arena, "%s%s", spec->function, spec->offset)
						     : spec->function};
	switch (spec->kind) {
	case SPEC_ENTRY:
	case SPEC_RETURN:
		if (*spec->binary || !try_syscall(f, out))
			site_function(f, out);
		break;
	case SPEC_TRACEPOINT:
		out->attach = arena_printf(f->arena, "tracepoint:%s:%s", quote_name(f, spec->category),
					   quote_name(f, spec->function));
		out->args = fields_of(f, spec->category, spec->function);
		out->wildcard |= strchr(spec->category, '*') != NULL;
		break;
	case SPEC_USDT:
		out->attach = arena_printf(f->arena, "usdt:%s:%s%s%s", quote_path(f, spec->binary),
					   spec->category ? quote_name(f, spec->category) : "",
					   spec->category ? ":" : "", quote_name(f, spec->function));
		break;
	}
}

const char *site_argument(struct front *f, const struct site *p, unsigned number)
{
	if (!p->syscall)
		return arena_printf(f->arena, "arg%u", number);
	for (uint32_t i = 0; p->args && i < p->args->nfields; i++)
		if (p->args->fields[i].source == FIELD_SYSCALL && p->args->fields[i].offset == number)
			return arena_printf(f->arena, "args.%s", p->args->fields[i].name);
	return NULL;
}

static const char *field_at(const void *ctx, size_t i)
{
	return ((const struct type *)ctx)->fields[i].name;
}

bool site_has_field(struct front *f, const struct site *p, const char *name, const char **hint)
{
	const char *near;
	struct field found;

	if (!p->args || type_field(p->args, name, &found))
		return true;
	near = diag_nearest(name, p->args->nfields, field_at, p->args);
	*hint = near ? arena_printf(f->arena, "did you mean %s?", near) : "sonde -lv lists a tracepoint's fields";
	return false;
}

struct site site_other(struct front *f, const struct site *p)
{
	static const char syscalls[] = "tracepoint:syscalls:";
	struct site other = *p;

	other.attach = p->other;
	other.other = p->attach;
	other.at_return = !p->at_return;
	if (p->syscall)
		other.args = fields_of(f, "syscalls", other.attach + sizeof(syscalls) - 1);
	return other;
}
