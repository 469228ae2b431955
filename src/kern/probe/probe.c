/* probe.c - the registry of probe types, and what several of them share. See probe.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/buf.h"
#include "kern/link.h"
#include "kern/perf.h"
#include "kern/probe/probe.h"
#include "kern/sys.h"
#include "lang/lex.h"

const struct probe_type *probe_type_of(enum provider provider)
{
	static const struct probe_type *const types[PROVIDER_COUNT] = {
#define PROBE_TYPE(id, symbol) [PROVIDER_##id] = &symbol,
#include "kern/probe/probe.def"
#undef PROBE_TYPE
	};

	return provider < PROVIDER_COUNT ? types[provider] : NULL;
}

const char *probe_provider_name(enum provider provider)
{
	static const char *const names[] = {
#define PROVIDER(id, name, alias, min, max, form, doc, supported) name,
#include "lang/provider.def"
#undef PROVIDER
	};

	return names[provider];
}

int probe_attach(struct attach_job *job)
{
	const struct program *p = job->program;

	switch (p->carrier) {
	case CARRIER_RUN:
		return 0;
	case CARRIER_PERF_TRACEPOINT:
		return probe_attach_perf_tracepoint(job);
	case CARRIER_RAW_TRACEPOINT:
	case CARRIER_BTF_TRACEPOINT:
		return probe_attach_raw_tracepoint(job);
	case CARRIER_UPROBE:
	case CARRIER_UPROBE_MULTI:
		return probe_attach_uprobe(job);
	case CARRIER_KPROBE:
	case CARRIER_KPROBE_MULTI:
	case CARRIER_KPROBE_SESSION:
		return probe_attach_kprobe(job);
	case CARRIER_FENTRY:
	case CARRIER_FEXIT:
		return probe_attach_fentry(job);
	case CARRIER_PERF_EVENT:
	case CARRIER_ITER:
		break;
	}
	BUG_ON(!p->attachments.n);
	vec_each(a, &p->attachments) {
		const struct probe_type *type = probe_type_of(a->target->provider);
		int err;

		BUG_ON(!type || !type->attach);
		job->at = a;
		err = type->attach(job);
		if (err)
			return err;
	}
	return 0;
}

/* ---- matching ---- */

struct target *probe_target_add(struct probe_query *q, enum provider provider, const char *name)
{
	struct target *t = arena_new_of(q->env->arena, struct target);

	t->provider = provider;
	t->name = name;
	t->number = -1;
	avec_push(q->env->arena, q->out, t);
	return t;
}

bool probe_no_match(struct probe_query *q, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	q->why = arena_strdup(q->env->arena, buf_str(&text));
	buf_free(&text);
	return false;
}

const char *probe_query_name(struct probe_query *q, enum provider provider)
{
	struct buf text = {0};

	buf_puts(&text, probe_provider_name(provider));
	for (unsigned i = 0; i < q->nparts; i++)
		buf_printf(&text, ":%s", q->parts[i]);
	char *name = arena_strdup(q->env->arena, buf_str(&text));
	buf_free(&text);
	return name;
}

static const struct unit {
	const char *name;
	uint64_t ns;
} units[] = {
	{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000},
	{"m", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000},
};

static const struct unit *unit_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (str_eq(units[i].name, name))
			return &units[i];
	return NULL;
}

bool probe_count_parse(const char *text, uint64_t *n)
{
	size_t len = strlen(text);

	/* "5ms" is a number of the language, too, but no count. */
	if (!len || (strncasecmp(text, "0x", 2) && strchr("smhd", text[len - 1])))
		return false;
	return lex_text_number(text, n) && *n;
}

/* "hz", "99" / "s", "1" / "100ms" / "5000": the period in ns; false with why. */
static bool period_parse(struct probe_query *q, uint64_t *period, uint64_t *frequency)
{
	/* The kernel's timer does not fire more often, and beyond a year nobody waits. */
	const uint64_t least = 10000, most = 366ull * 86400 * 1000000000;
	uint64_t n;

	*frequency = 0;
	if (q->nparts == 1) {
		if (!lex_text_number(q->parts[0], period)) /* "100ms" or plain nanoseconds */
			return probe_no_match(q, "\"%s\" is not a duration (100ms, 1s, or "
						 "nanoseconds)", q->parts[0]);
	} else if (!probe_count_parse(q->parts[1], &n)) {
		return probe_no_match(q, "\"%s\" is not a positive number", q->parts[1]);
	} else if (str_eq(q->parts[0], "hz")) {
		*frequency = n;
		*period = 1000000000 / n;
	} else {
		const struct unit *unit = unit_find(q->parts[0]);
		if (!unit)
			return probe_no_match(q, "\"%s\" is not a unit of time (hz, s, ms, us)",
					      q->parts[0]);
		if (__builtin_mul_overflow(n, unit->ns, period))
			*period = UINT64_MAX;
	}
	if (*period < least)
		return probe_no_match(q, "more often than every 10 microseconds (100 kHz) is not "
					 "possible");
	if (*period > most)
		return probe_no_match(q, "a period of more than a year");
	return true;
}

bool probe_period_match(struct probe_query *q, enum provider provider)
{
	uint64_t period, frequency;

	if (!period_parse(q, &period, &frequency))
		return false;
	struct target *t = probe_target_add(q, provider, probe_query_name(q, provider));
	t->period = period;
	t->frequency = frequency;
	return true;
}

void probe_period_list(struct probe_env *env, enum provider provider, const char *const *parts, unsigned nparts,
		       probe_each *each, void *arg)
{
	static const char *const names[] = {"hz", "s", "ms", "us"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!nparts || str_glob(parts[0], names[i]))
			if (!each(arg, arena_printf(env->arena, "%s:%s:N", probe_provider_name(provider), names[i])))
				return;
}

/* ---- attaching ---- */

bool probe_is_wild(const struct attachment *a)
{
	if (!a->probe || !a->probe->node)
		return false;
	vec_each(point, &a->probe->node->list)
		if ((*point)->text.data && strchr((*point)->text.data, '*'))
			return true;
	return false;
}

int probe_attach_failed(struct attach_job *job, const struct attachment *failed, int err,
			const char *what)
{
	job->failed = failed;
	if (job->why->len)
		return err;
	switch (-err) {
	case EPERM:
	case EACCES:
		buf_printf(job->why, "%s is not permitted", what);
		job->hint = "run as root, or with CAP_BPF and CAP_PERFMON (and CAP_SYS_ADMIN "
			    "before Linux 5.8)";
		break;
	case EMFILE:
	case ENFILE:
		buf_printf(job->why, "%s needs more file descriptors than are allowed", what);
		job->hint = "raise `ulimit -n`, or attach to fewer places";
		break;
	case ENOENT:
		buf_printf(job->why, "this kernel does not have %s", what);
		break;
	case EOPNOTSUPP:
	case ENOSYS:
	case EINVAL:
		buf_printf(job->why, "this kernel does not offer %s", what);
		break;
	case EBUSY:
		buf_printf(job->why, "%s is in use by somebody else", what);
		break;
	case ESRCH:
		buf_printf(job->why, "%s: the process is gone", what);
		break;
	case ENOMEM:
		buf_printf(job->why, "%s: the kernel has no memory at hand", what);
		break;
	case E2BIG:
		buf_printf(job->why, "%s: more programs than the kernel allows there", what);
		break;
	default:
		buf_printf(job->why, "%s: %s", what, strerror(-err));
	}
	return err;
}

void probe_skip(struct attach_job *job, const struct attachment *a)
{
	if (!job->skipped++)
		job->skipped_at = a;
}

int probe_link_once(const struct place_links *p, size_t from, size_t to)
{
	struct link link = {.event_fd = -1, .program = p->job->number, .wait = LINK_WAITS};

	link.fd = p->link(p->ctx, from, to);
	if (link.fd < 0)
		return link.fd;
	vec_push(p->job->links, link);
	return 0;
}

int probe_link_places(const struct place_links *p, size_t from, size_t to)
{
	int err = probe_link_once(p, from, to);

	if (!err || !p->is_bad_place(err))
		return err ? p->failed(p->job, p->places[from], err) : 0;
	if (to - from == 1) {
		if (!probe_is_wild(p->places[from]))
			return p->failed(p->job, p->places[from], err);
		probe_skip(p->job, p->places[from]);
		return 0;
	}
	size_t middle = from + (to - from) / 2;
	err = probe_link_places(p, from, middle);
	return err ? err : probe_link_places(p, middle, to);
}

int probe_attach_event(struct attach_job *job, int event_fd, struct link link, uint64_t cookie)
{
	int err;

	link.program = job->number;
	link.event_fd = -1;
	if (job->plan->features.attach_cookie) {
		link.fd = link_perf_event(event_fd, job->prog_fd, cookie);
		err = MIN_OF(link.fd, 0);
	} else {
		BUG_ON(cookie && job->program->name_rows); /* nobody else reads it */
		link.fd = event_fd;
		err = perf_set_program(event_fd, job->prog_fd);
	}
	if (!err)
		err = perf_enable(event_fd);
	if (err) {
		if (link.fd >= 0 && link.fd != event_fd)
			sys_close(&link.fd);
		sys_close(&event_fd);
		return err;
	}
	/* A link keeps its event alive; the count of a sampling event is read later. */
	if (link.period)
		link.event_fd = link.fd == event_fd ? -1 : event_fd;
	else if (link.fd != event_fd)
		sys_close(&event_fd);
	vec_push(job->links, link);
	return 0;
}
