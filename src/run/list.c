/* list.c - see list.h. */
#include <stdlib.h>
#include <strings.h>

#include "run/list_int.h"

enum { PARTS_MAX = 32 };

static const struct {
	const char *name, *alias;
	unsigned min, max;
} providers[] = {
#define PROVIDER(id, name, alias, min, max, form, doc, supported) \
	[PROVIDER_##id] = {name, alias, min, max},
#include "lang/provider.def"
#undef PROVIDER
};

struct listing {
	struct machine *m;
	bool verbose;
	const char *filter; /* full names must match this glob; NULL: all do */
	struct buf *out;
	long count;
};

/* A pattern split at its colons, those in "..." excepted. */
struct pattern {
	char *text;
	const char *parts[PARTS_MAX];
	unsigned nparts;
};

static void pattern_split(struct pattern *p, const char *text, size_t len)
{
	bool quoted = false;
	char *out;

	*p = (struct pattern){.text = xstrndup(text, len)};
	p->parts[p->nparts++] = out = p->text;
	for (const char *c = p->text; *c; c++) {
		if (*c == '"') {
			quoted = !quoted;
		} else if (*c == ':' && !quoted && p->nparts < PARTS_MAX) {
			*out++ = '\0';
			p->parts[p->nparts++] = out;
		} else {
			*out++ = *c;
		}
	}
	*out = '\0';
}

static bool print_name(void *arg, const char *name)
{
	struct listing *l = arg;

	if (l->filter && !str_glob(l->filter, name))
		return true;
	l->count++;
	buf_puts(l->out, name);
	buf_putc(l->out, '\n');
	if (l->verbose)
		list_fields(l->m, name, l->out);
	return true;
}

static void list_provider(struct listing *l, enum provider provider, const struct pattern *p)
{
	const struct probe_type *type = probe_type_of(provider);
	unsigned given = p ? p->nparts - 1 : 0;
	struct buf filter = {0};

	if (!type)
		return;
	if (provider == PROVIDER_UPROBE || provider == PROVIDER_URETPROBE || provider == PROVIDER_USDT ||
	    given >= providers[provider].max || !given) {
		type->list(machine_probes(l->m), p ? p->parts + 1 : NULL, given, print_name, l);
		return;
	}
	/* "t:*exec*": a '*' reaches over colons; "t:sched": all of it */
	buf_printf(&filter, "%s", providers[provider].name);
	for (unsigned i = 1; i < p->nparts; i++)
		buf_printf(&filter, ":%s", p->parts[i]);
	if (!strchr(buf_str(&filter), '*') && providers[provider].min > given)
		buf_puts(&filter, ":*");
	if (given >= providers[provider].min) {
		type->list(machine_probes(l->m), p->parts + 1, given, print_name, l);
	} else {
		l->filter = buf_str(&filter);
		type->list(machine_probes(l->m), NULL, 0, print_name, l);
		l->filter = NULL;
	}
	buf_free(&filter);
}

static bool is_uprobe(unsigned provider)
{
	return provider == PROVIDER_UPROBE || provider == PROVIDER_URETPROBE || provider == PROVIDER_USDT;
}

/* The first word holds a '*' (or is no provider): every provider's full names are searched. */
static void list_everywhere(struct listing *l, const char *text)
{
	char *filter = strpbrk(text, "*:") ? xstrdup(text) : xasprintf("*%s*", text);

	l->filter = filter;
	for (unsigned i = 0; i < PROVIDER_COUNT; i++)
		if (probe_type_of(i) && !is_uprobe(i))
			probe_type_of(i)->list(machine_probes(l->m), NULL, 0, print_name, l);
	l->filter = NULL;
	free(filter);
}

static int provider_find(const char *word)
{
	for (unsigned i = 0; i < PROVIDER_COUNT; i++)
		if (strcasecmp(providers[i].name, word) == 0 ||
		    (providers[i].alias && str_eq(providers[i].alias, word)))
			return i;
	/* what they were called before */
	return strcasecmp(word, "kfunc") == 0 ? (int)PROVIDER_FENTRY
	     : strcasecmp(word, "kretfunc") == 0 ? (int)PROVIDER_FEXIT : -1;
}

/* Why nothing was found: the same question, asked as an attach point. */
static void explain(struct machine *m, int provider, const struct pattern *p, const char *text,
		    struct buf *why, struct buf *hint)
{
	struct world *w = machine_world(m);
	target_list targets = {0};
	const char *reason = NULL, *remedy = NULL;
	unsigned given = p->nparts - 1;

	if (provider >= 0 && given >= providers[provider].min && given <= providers[provider].max &&
	    !w->match(w, provider, p->parts + 1, given, &targets, &reason, &remedy)) {
		buf_puts(why, reason);
		if (remedy)
			buf_puts(hint, remedy);
		return;
	}
	buf_printf(why, "nothing matches \"%s\"", text);
}

static long list_one(struct machine *m, const char *text, size_t len, bool verbose,
		     struct buf *out, struct buf *why, struct buf *hint)
{
	struct listing l = {.m = m, .verbose = verbose, .out = out};
	char *whole = xstrndup(text, len);
	struct pattern p;
	int provider = -1;

	pattern_split(&p, text, len);
	if (list_is_type(whole)) {
		l.count = list_types(m, whole, verbose, out);
	} else if (!whole[0] || str_eq(whole, "*")) {
		list_everywhere(&l, "*");
	} else if ((provider = provider_find(p.parts[0])) >= 0) {
		if (!probe_type_of(provider)) {
			buf_printf(why, "%s probes are not supported", providers[provider].name);
			l.count = -1;
		} else {
			list_provider(&l, provider, &p);
		}
	} else {
		list_everywhere(&l, whole);
	}
	if (!l.count) {
		explain(m, provider, &p, whole, why, hint);
		l.count = -1;
	}
	free(p.text);
	free(whole);
	return l.count;
}

long list_print(struct machine *m, const char *pattern, bool verbose, struct buf *out,
		struct buf *why, struct buf *hint)
{
	long total = 0;

	if (!pattern)
		pattern = "";
	for (const char *at = pattern;; at++) {
		size_t len = strcspn(at, ",");
		long n = list_one(m, at, len, verbose, out, why, hint);
		if (n < 0)
			return -1;
		total += n;
		at += len;
		if (!*at)
			return total;
	}
}
