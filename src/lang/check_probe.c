/*
 * check_probe.c - attach points to targets: the provider looked up, positional parameters
 * put in, the parts counted, and the world asked what they match.
 */
#include "lang/check_int.h"
#include "lang/fallback.h"

#include <ctype.h>
#include <stdlib.h>

static const struct provider_row {
	const char *name, *alias;
	unsigned min, max;
	const char *form, *doc;
	bool supported;
} providers[] = {
#define PROVIDER(id, name, alias, min, max, form, doc, supported) \
	[PROVIDER_##id] = {name, alias, min, max, form, doc, supported},
#include "lang/provider.def"
#undef PROVIDER
};

/* kfunc and kretfunc are the names fentry and fexit had before. */
static const struct { const char *name; enum provider provider; } old_names[] = {
	{"kfunc", PROVIDER_FENTRY}, {"kretfunc", PROVIDER_FEXIT},
	{"asyncwatchpoint", PROVIDER_WATCHPOINT}, {"aw", PROVIDER_WATCHPOINT},
};

const char *provider_name(enum provider provider)
{
	return providers[provider].name;
}

bool provider_samples(enum provider provider)
{
	return provider == PROVIDER_PROFILE || provider == PROVIDER_SOFTWARE || provider == PROVIDER_HARDWARE;
}

const struct field *world_result(struct world *w, const struct target *target)
{
	const struct type *args = w->args(w, target);
	const struct field *last = args && args->nfields ? &args->fields[args->nfields - 1] : NULL;

	return last && target->provider == PROVIDER_FEXIT && str_eq(last->name, "retval") ? last : NULL;
}

static int provider_find(const char *word)
{
	for (unsigned i = 0; i < PROVIDER_COUNT; i++)
		if (!strcasecmp(providers[i].name, word) ||
		    (providers[i].alias && str_eq(providers[i].alias, word)))
			return i;
	for (size_t i = 0; i < ARRAY_SIZE(old_names); i++)
		if (!strcasecmp(old_names[i].name, word))
			return old_names[i].provider;
	return -1;
}

static const char *provider_at(const void *ctx, size_t i)
{
	(void)ctx;
	return providers[i].name;
}

/* $1 ... inside an attach point's part, replaced; NULL, with a diagnostic, where one is missing. */
static const char *substitute(struct checker *c, const struct node *part)
{
	const char *text = part->text.data ? part->text.data : "";
	struct buf out = {0};
	const char *result;
	bool missing = false;

	if (!strchr(text, '$'))
		return text;
	for (const char *p = text; *p; p++) {
		char *end;
		unsigned long n;

		if (*p != '$' || !isdigit((unsigned char)p[1])) {
			buf_putc(&out, *p);
			continue;
		}
		n = strtoul(p + 1, &end, 10);
		if (n >= 1 && n <= c->world->nparams) {
			buf_puts(&out, c->world->params[n - 1]);
		} else {
			diag_add(c->script->diags, DIAG_UNKNOWN_PARAMETER, part->span,
				 "the attach point needs parameter $%lu, which was not given", n);
			missing = true;
		}
		p = end - 1;
	}
	result = missing ? NULL : arena_strdup(c->arena, buf_str(&out));
	buf_free(&out);
	return result;
}

/* A kernel function that is not there: what shows the same event, before what is called alike. */
static const char *same_event(struct checker *c, enum provider provider, const char *function)
{
	struct target t = {.provider = provider, .symbol = function};
	bool is_function = provider == PROVIDER_KPROBE || provider == PROVIDER_KRETPROBE ||
			   provider == PROVIDER_FENTRY || provider == PROVIDER_FEXIT;
	const char *name = is_function ? fallback_name(c->world, &t) : NULL;

	return name ? arena_printf(c->arena, "the same event: %s%s", name,
				   c->script->fell_back ? "" : " (--fallback uses it)") : NULL;
}

static void no_match(struct checker *c, const struct node *ap, const char *why, const char *hint)
{
	enum diag_id id = DIAG_NO_SUCH_TARGET;

	if (c->script->config.missing_probes == 2)
		return;
	if (c->script->config.missing_probes == 1)
		id = DIAG_MISSING_TARGET;
	diag_add(c->script->diags, id, ap->span, "%s: %s", ap->text.data, why ? why : "nothing matches");
	if (hint)
		diag_hint(c->script->diags, "%s", hint);
}

static void match(struct checker *c, struct probe *probe, const struct node *ap, int provider)
{
	const struct provider_row *row = &providers[provider];
	unsigned nparts = ap->list.n - 1;
	const char **parts = arena_array(c->arena, const char *, nparts);
	const char *why = NULL, *hint = NULL;

	if (!row->supported) {
		diag_add(c->script->diags, DIAG_NOT_SUPPORTED, ap->span,
			 "%s probes are not supported yet", row->name);
		return;
	}
	if (nparts < row->min || nparts > row->max) {
		diag_add(c->script->diags, DIAG_BAD_PROBE, ap->span,
			 "'%s' has %u part%s after the provider, %s", ap->text.data, nparts,
			 nparts == 1 ? "" : "s", nparts < row->min ? "too few" : "too many");
		diag_hint(c->script->diags, "the form is %s", row->form);
		return;
	}
	for (unsigned i = 0; i < nparts; i++) {
		parts[i] = substitute(c, ap->list.v[i + 1]);
		if (!parts[i])
			return;
	}
	if (!c->world->match(c->world, provider, parts, nparts, &probe->targets, &why, &hint)) {
		const char *same = nparts ? same_event(c, provider, parts[nparts - 1]) : NULL;

		no_match(c, ap, why, same ? same : hint);
	}
}

/* All attach points of a block are of one provider; others get a block of their own. */
static struct probe *probe_for(struct checker *c, struct probe *probe, int provider, bool first)
{
	struct probe *other;

	if (first || probe->provider == (enum provider)provider) {
		probe->provider = provider;
		return probe;
	}
	vec_each(it, &c->script->probes)
		if ((*it)->node == probe->node && (*it)->provider == (enum provider)provider)
			return *it;
	other = arena_new_of(c->arena, struct probe);
	*other = *probe;
	other->targets = (target_list){0};
	other->number = c->script->probes.n;
	other->provider = provider;
	avec_push(c->arena, &c->script->probes, other);
	return other;
}

void check_probe_targets(struct checker *c, struct probe *probe)
{
	bool first = true;

	vec_each(it, &probe->node->list) {
		const struct node *ap = *it;
		const char *word = ap->list.n ? substitute(c, ap->list.v[0]) : "";
		int provider;

		if (!word)
			continue;
		provider = provider_find(word);
		if (provider < 0) {
			const char *near = diag_nearest(word, PROVIDER_COUNT, provider_at, NULL);

			diag_add(c->script->diags, DIAG_UNKNOWN_PROBE, ap->span,
				 "there is no probe type '%s'", word);
			if (near)
				diag_hint(c->script->diags, "did you mean '%s'?", near);
			continue;
		}
		match(c, probe_for(c, probe, provider, first), ap, provider);
		first = false;
	}
}
