/* fallback.c - see fallback.h. */
#include "lang/fallback.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

static const struct row {
	const char *function, *event, *arguments;
	bool is_syscall;
} rows[] = {
#define FALLBACK(function, event, arguments) {function, event, arguments, false},
#define SYSCALL(function, call, arguments) {function, call, arguments, true},
#define INLINED(function, since)
#include "lang/fallback.def"
#undef FALLBACK
#undef SYSCALL
#undef INLINED
};

static const struct { const char *function; uint32_t since; } inlined[] = {
#define FALLBACK(function, event, arguments)
#define SYSCALL(function, call, arguments)
#define INLINED(function, since) {function, since},
#include "lang/fallback.def"
#undef FALLBACK
#undef SYSCALL
#undef INLINED
};

/* What a system call's own function is called: the call's name follows. */
static const char *const wrappers[] = {"__x64_sys_", "__arm64_sys_", "__se_sys_", "__do_sys_", "sys_"};

struct stand_in { /* one tracepoint in a function's place */
	const char *provider, *category, *event;
	const struct row *row; /* NULL: a system call's own function */
	bool by_regs;          /* whose only argument is the registers */
	bool at_return;
};
typedef VEC(struct stand_in) stand_ins;

/* ---- finding ---- */

static const struct { const char *name; enum provider provider; } providers[] = {
	{"kprobe", PROVIDER_KPROBE}, {"k", PROVIDER_KPROBE},
	{"kretprobe", PROVIDER_KRETPROBE}, {"kr", PROVIDER_KRETPROBE},
	{"fentry", PROVIDER_FENTRY}, {"f", PROVIDER_FENTRY}, {"kfunc", PROVIDER_FENTRY},
	{"fexit", PROVIDER_FEXIT}, {"fr", PROVIDER_FEXIT}, {"kretfunc", PROVIDER_FEXIT},
};

static bool is_here(struct world *w, const struct stand_in *s)
{
	const char *parts[] = {s->category ? s->category : s->event, s->event}, *why, *hint;
	target_list found = {0};

	return w->match(w, s->category ? PROVIDER_TRACEPOINT : PROVIDER_RAWTRACEPOINT, parts, s->category ? 2 : 1,
			&found, &why, &hint);
}

static void add(struct world *w, stand_ins *out, struct stand_in s)
{
	if (is_here(w, &s))
		avec_push(w->arena, out, s);
}

static struct stand_in syscall_stand_in(struct arena *arena, const char *call, bool at_return)
{
	return (struct stand_in){
		.provider = "tracepoint", .category = "syscalls", .at_return = at_return,
		.event = arena_printf(arena, "sys_%s_%s", at_return ? "exit" : "enter", call)};
}

/* Everything that tells of this function's call (or return) on this kernel. */
static stand_ins find(struct world *w, enum provider provider, const char *function)
{
	bool at_return = provider == PROVIDER_KRETPROBE || provider == PROVIDER_FEXIT;
	stand_ins found = {0};

	for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++)
		if (str_starts(function, wrappers[i]) && function[strlen(wrappers[i])]) {
			struct stand_in s = syscall_stand_in(w->arena, function + strlen(wrappers[i]), at_return);

			s.by_regs = strstr(wrappers[i], "64_sys") != NULL;
			add(w, &found, s);
			return found;
		}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stand_in s;

		if (!str_eq(rows[i].function, function) || (at_return && !rows[i].is_syscall))
			continue;
		s = rows[i].is_syscall ? syscall_stand_in(w->arena, rows[i].event, at_return)
				       : (struct stand_in){.provider = "rawtracepoint", .event = rows[i].event};
		s.row = &rows[i];
		add(w, &found, s);
	}
	return found;
}

static const char *name_of(struct arena *arena, const struct stand_in *s)
{
	return s->category ? arena_printf(arena, "%s:%s:%s", s->provider, s->category, s->event)
			   : arena_printf(arena, "%s:%s", s->provider, s->event);
}

static const char *names_of(struct arena *arena, const stand_ins *all)
{
	const char *text = NULL;

	vec_each(s, all)
		text = text ? arena_printf(arena, "%s, %s", text, name_of(arena, s)) : name_of(arena, s);
	return text;
}

const char *fallback_name(struct world *world, const struct target *target)
{
	stand_ins found = {0};

	if (target->symbol && !target->file_offset)
		found = find(world, target->provider, target->symbol);
	return names_of(world->arena, &found);
}

/* ---- rewriting a block ---- */

struct rewrite {
	struct world *world;
	struct arena *arena;
	enum provider provider;
	const struct stand_in *s;
	const char *function;
	const char *lacking; /* what the tracepoint does not tell, or NULL */
};

static void lacks(struct rewrite *r, const char *what)
{
	if (!r->lacking)
		r->lacking = what;
}

static struct node *args_field(struct rewrite *r, const char *name, struct span span)
{
	struct node *field = node_new(r->arena, NODE_FIELD, span);

	field->name = name;
	field->a = node_new(r->arena, NODE_IDENT, span);
	field->a->name = "args";
	return field;
}

/* argN of a kprobe is a number, whatever the tracepoint's type. */
static struct node *as_number(struct rewrite *r, struct node *value)
{
	struct node *cast = node_new(r->arena, NODE_CAST, value->span);

	cast->a = node_new(r->arena, NODE_TYPE, value->span);
	cast->a->name = "uint64";
	cast->b = value;
	return cast;
}

/* What stands for the argument: a field, a constant, or nothing. */
static struct node *stand_for(struct rewrite *r, const char *value, size_t len, struct span span)
{
	struct node *n;

	if (!len)
		return NULL;
	value = arena_strndup(r->arena, value, len);
	if (value[0] != '-' && !isdigit((unsigned char)value[0]))
		return args_field(r, value, span);
	n = node_new(r->arena, NODE_INT, span);
	n->num = (uint64_t)strtoll(value, NULL, 0);
	return n;
}

/* The argument by number (name NULL) or by name, as the row has it. */
static struct node *argument(struct rewrite *r, const char *name, unsigned number, struct span span)
{
	const char *p = r->s->row ? r->s->row->arguments : "";

	for (unsigned i = 0; *p; i++) {
		size_t whole = strcspn(p, " "), own = strcspn(p, "= ");

		if (name ? strlen(name) == own && !strncmp(p, name, own) : i == number)
			return own < whole ? stand_for(r, p + own + 1, whole - own - 1, span)
					   : stand_for(r, p, whole, span);
		p += whole;
		p += strspn(p, " ");
	}
	return NULL;
}

/* Argument n of the system call, by the tracepoint's own name for it. */
static struct node *syscall_argument(struct rewrite *r, unsigned number, struct span span)
{
	struct target t = {.provider = PROVIDER_TRACEPOINT, .category = r->s->category, .event = r->s->event,
			   .name = name_of(r->arena, r->s), .number = -1};
	const struct type *args = r->s->at_return ? NULL
		: r->world->args(r->world, arena_copy(r->arena, &t, sizeof(t)));

	for (uint32_t i = 0; args && i < args->nfields; i++)
		if (args->fields[i].source == FIELD_SYSCALL && args->fields[i].offset == number)
			return args_field(r, args->fields[i].name, span);
	return NULL;
}

static int register_number(const char *name)
{
	static const char *const x86[] = {"di", "si", "dx", "r10", "r8", "r9"};

	for (size_t i = 0; i < ARRAY_SIZE(x86); i++)
		if (str_eq(name, x86[i]))
			return i;
	return -1;
}

static bool is_ident(const struct node *n, const char *name)
{
	return n && n->kind == NODE_IDENT && str_eq(n->name, name);
}

static bool is_args_field(const struct node *n)
{
	return n->kind == NODE_FIELD && is_ident(n->a, "args");
}

static bool is_argn(const struct node *n, unsigned *number)
{
	uint64_t value;

	if (n->kind != NODE_IDENT || !str_starts(n->name, "arg") || !isdigit((unsigned char)n->name[3]) ||
	    !str_to_u64(n->name + 3, &value) || value > 255)
		return false;
	*number = value;
	return true;
}

/* ((struct pt_regs *)arg0)->si, args.regs->si: an argument of the call. */
static struct node *through_registers(struct rewrite *r, const struct node *n)
{
	const struct node *base = n->kind == NODE_FIELD ? n->a : NULL;
	int number = base ? register_number(n->name) : -1;

	while (base && base->kind == NODE_CAST)
		base = base->b;
	if (number < 0 || !r->s->by_regs || !base || !(is_ident(base, "arg0") || is_args_field(base)))
		return NULL;
	struct node *field = syscall_argument(r, number, n->span);
	return field ? as_number(r, field) : NULL;
}

/* The node in its place; NULL: it stays as it is. */
static struct node *replacement(struct rewrite *r, const struct node *n)
{
	bool typed = r->provider == PROVIDER_FENTRY || r->provider == PROVIDER_FEXIT;
	struct node *value = through_registers(r, n);
	unsigned number;

	if (value)
		return value;
	if (is_argn(n, &number)) {
		value = r->s->row ? argument(r, NULL, number, n->span)
				  : r->s->by_regs ? NULL : syscall_argument(r, number, n->span);
		if (!value || r->s->at_return)
			lacks(r, n->name);
		return value ? as_number(r, value) : NULL;
	}
	if (is_args_field(n)) {
		value = r->s->at_return ? NULL : argument(r, n->name, 0, n->span);
		if (!value && !r->s->at_return && !r->s->row && !r->s->by_regs)
			value = args_field(r, n->name, n->span); /* __do_sys_read(fd, buf, count) */
		if (!value)
			lacks(r, arena_printf(r->arena, "args.%s", n->name));
		return value;
	}
	if (is_ident(n, "retval")) {
		value = args_field(r, "ret", n->span);
		return typed ? value : as_number(r, value);
	}
	if (is_ident(n, "func")) {
		value = node_new(r->arena, NODE_STRING, n->span);
		value->text = (struct text){r->function, strlen(r->function)};
		return value;
	}
	if (is_ident(n, "args") || is_ident(n, "ctx") || (n->kind == NODE_CALL && str_eq(n->name, "reg")))
		lacks(r, n->name);
	return NULL;
}

static void rewrite(struct node **slot, void *ctx)
{
	struct rewrite *r = ctx;
	struct node *n = replacement(r, *slot);

	if (n)
		*slot = n;
	else
		node_each_slot(*slot, rewrite, r);
}

/* ---- the script ---- */

static struct node *part(struct arena *arena, const char *text, struct span span)
{
	struct node *n = node_new(arena, NODE_STRING, span);

	n->text = (struct text){text, strlen(text)};
	return n;
}

static struct node *attach_point(struct arena *arena, const struct stand_in *s, struct span span)
{
	struct node *n = node_new(arena, NODE_ATTACH_POINT, span);
	const char *name = name_of(arena, s);

	n->text = (struct text){name, strlen(name)};
	avec_push(arena, &n->list, part(arena, s->provider, span));
	if (s->category)
		avec_push(arena, &n->list, part(arena, s->category, span));
	avec_push(arena, &n->list, part(arena, s->event, span));
	return n;
}

static bool is_inlined(const struct script *script, const char *function)
{
	for (size_t i = 0; i < ARRAY_SIZE(inlined); i++)
		if (str_eq(inlined[i].function, function) && script->world->kernel >= inlined[i].since)
			return true;
	return false;
}

/* What stands in for it is asked for first: to look for a symbol takes long. */
static bool is_gone(const struct script *script, enum provider provider, const char *function)
{
	struct world *w = script->world;
	uint64_t address;

	return is_inlined(script, function) ||
	       (find(w, provider, function).n && !w->kaddr(w, function, &address));
}

/* Whether an attach point is a kernel function's, and this kernel has not the hook or the function. */
static bool is_missing(const struct script *script, const struct node *ap, bool has_kprobe, bool has_fentry,
		       enum provider *provider)
{
	if (ap->list.n < 2 || ap->list.n > 3)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(providers); i++)
		if (!strcasecmp(providers[i].name, ap->list.v[0]->text.data)) {
			*provider = providers[i].provider;
			bool kprobe = *provider == PROVIDER_KPROBE || *provider == PROVIDER_KRETPROBE;
			return !(kprobe ? has_kprobe : has_fentry) ||
			       is_gone(script, *provider, vec_last(&ap->list)->text.data);
		}
	return false;
}

/* Blocks for all that stand in for one attach point; false, and a word why, when one cannot. */
static bool stand_in_for(struct script *script, const struct node *probe, const struct node *ap,
			 enum provider provider, node_list *out)
{
	const char *function = ap->list.v[ap->list.n - 1]->text.data;
	stand_ins all = find(script->world, provider, function);
	const char *names = names_of(script->arena, &all);
	size_t before = out->n;

	vec_each(s, &all) {
		struct rewrite r = {.world = script->world, .arena = script->arena, .provider = provider, .s = s,
				    .function = function};
		struct node *block = node_clone(script->arena, probe);

		block->list = (node_list){0};
		avec_push(script->arena, &block->list, attach_point(script->arena, s, ap->span));
		if (block->a)
			rewrite(&block->a, &r);
		rewrite(&block->b, &r);
		if (r.lacking) {
			out->n = before;
			diag_add(script->diags, DIAG_SERVED_BY, ap->span, "%s is not used in place of %s: it does not "
				 "tell %s", name_of(script->arena, s), ap->text.data, r.lacking);
			return false;
		}
		avec_push(script->arena, out, block);
	}
	if (all.n)
		diag_add(script->diags, DIAG_SERVED_BY, ap->span, "%s is served by %s", ap->text.data, names);
	return all.n > 0;
}

static void rewrite_probe(struct script *script, struct node *probe, bool has_kprobe, bool has_fentry,
			  node_list *out)
{
	node_list rest = {0}, blocks = {0};
	enum provider provider;

	vec_each(it, &probe->list) {
		const struct node *ap = *it;

		if (!is_missing(script, ap, has_kprobe, has_fentry, &provider) ||
		    !stand_in_for(script, probe, ap, provider, &blocks))
			avec_push(script->arena, &rest, *it);
	}
	if (rest.n || !blocks.n) {
		probe->list = rest;
		avec_push(script->arena, out, probe);
	}
	vec_each(it, &blocks)
		avec_push(script->arena, out, *it);
}

void fallback_rewrite(struct script *script, bool has_kprobe, bool has_fentry)
{
	node_list out = {0};

	vec_each(it, &script->root->list)
		if ((*it)->kind == NODE_PROBE)
			rewrite_probe(script, *it, has_kprobe, has_fentry, &out);
		else
			avec_push(script->arena, &out, *it);
	script->root->list = out;
	script->fell_back = true;
}
