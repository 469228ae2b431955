/* select.c - see select.h. Frames are matched once each, stacks once a node of the tree. */
#include "prof/select.h"

#include <errno.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#include "prof/label.h"

static char message[200];

static bool parse_time(const char *text, double *from, double *to, const char **why)
{
	const char *dots = strstr(text, "..");
	char *end;

	*from = 0;
	*to = INFINITY;
	*why = "--time wants A..B, in seconds of the recording (1.5..3)";
	if (!dots)
		return false;
	if (dots != text) {
		char *first = xstrndup(text, dots - text); /* "1..2": strtod would take "1." */
		bool good;

		*from = strtod(first, &end);
		good = !*end && *from >= 0;
		free(first);
		if (!good)
			return false;
	}
	if (dots[2]) {
		*to = strtod(dots + 2, &end);
		if (*end || !(*to >= 0))
			return false;
	}
	return *from < *to;
}

static bool parse_number(const char **s, unsigned long *n)
{
	char *end;

	if (**s < '0' || **s > '9')
		return false;
	*n = strtoul(*s, &end, 10);
	*s = end;
	return *n < 1 << 16;
}

/* A byte a CPU. */
static bool parse_cpus(const char *text, uint8_t *wanted, const char **why)
{
	*why = "--cpu wants a list like 0,2-4";
	for (;;) {
		unsigned long from, to;

		if (!parse_number(&text, &from))
			return false;
		to = from;
		if (*text == '-' && (text++, !parse_number(&text, &to)))
			return false;
		if (to < from)
			return false;
		for (unsigned long i = from; i <= to; i++)
			wanted[i] = 1;
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
}

static bool parse_regex(const char *text, const char *option, regex_t *re, const char **why)
{
	char reason[100];
	int err = regcomp(re, text, REG_EXTENDED | REG_NOSUB);

	if (!err)
		return true;
	regerror(err, re, reason, sizeof(reason));
	snprintf(message, sizeof(message), "%s %.60s: %s", option, text, reason);
	*why = message;
	return false;
}

/* By frame: whether its label matches. The caller frees it. */
static uint8_t *match_frames(const struct profile *p, const regex_t *re)
{
	uint8_t *matches = xcalloc(p->frames.n, 1);
	struct buf text = {0};

	for (size_t i = 1; i < p->frames.n; i++) {
		buf_reset(&text);
		prof_label(p, i, &text);
		matches[i] = !regexec(re, buf_str(&text), 0, NULL, 0);
	}
	buf_free(&text);
	return matches;
}

/* By node: what is kept of its stack, + 1; 0: nothing matches. The caller frees it. */
static uint32_t *match_stacks(struct profile *p, const regex_t *re, bool below)
{
	uint8_t *frames = match_frames(p, re);
	size_t n = p->nodes.n;
	uint32_t *kept = xcalloc(n, sizeof(*kept));

	for (size_t i = 1; i < n; i++) {
		struct prof_node node = p->nodes.v[i];

		if (!kept[node.parent] && !frames[node.frame])
			continue;
		if (!below)
			kept[i] = i + 1;
		else
			kept[i] = prof_child(p, kept[node.parent] ? kept[node.parent] - 1 : 0, node.frame) + 1;
	}
	free(frames);
	return kept;
}

static bool is_thread(const struct profile *p, const struct prof_thread *t, const char *want, int32_t id)
{
	uint64_t n;

	if (str_to_u64(want, &n))
		return id >= 0 && n == (uint64_t)id;
	return str_eq(prof_text(p, t->comm), want);
}

static uint8_t *match_threads(const struct profile *p, const struct prof_select *select)
{
	uint8_t *matches = xcalloc(p->threads.n, 1);

	for (size_t i = 0; i < p->threads.n; i++) {
		const struct prof_thread *t = &p->threads.v[i];

		/* perf prints the thread alone unless asked for both */
		matches[i] = (!select->process || is_thread(p, t, select->process, t->pid >= 0 ? t->pid : t->tid)) &&
			     (!select->thread || is_thread(p, t, select->thread, t->tid));
	}
	return matches;
}

static void keep_stacks(struct profile *p, const regex_t *re, bool below)
{
	uint32_t *kept = match_stacks(p, re, below);
	size_t n = 0;

	vec_each(s, &p->samples) {
		if (!kept[s->stack])
			continue;
		s->stack = kept[s->stack] - 1;
		p->samples.v[n++] = *s;
	}
	p->samples.n = n;
	free(kept);
}

static void keep_samples(struct profile *p, const struct prof_select *select, const uint8_t *cpus, double from,
			 double to)
{
	uint8_t *threads = match_threads(p, select);
	uint64_t start = profile_start(p);
	size_t n = 0;

	p->start = start;
	p->selected = true;
	vec_each(s, &p->samples) {
		double at = (s->time - start) / 1e9;

		if (!threads[s->thread] || (select->time && !(at >= from && at < to)) ||
		    (select->cpus && (s->cpu < 0 || s->cpu >= 1 << 16 || !cpus[s->cpu])))
			continue;
		p->samples.v[n++] = *s;
	}
	p->samples.n = n;
	free(threads);
}

int64_t profile_select(struct profile *p, const struct prof_select *select, const char **why)
{
	static uint8_t cpus[1 << 16];
	double from = 0, to = INFINITY;
	regex_t match, below;

	memset(cpus, 0, sizeof(cpus));
	if (select->time && !parse_time(select->time, &from, &to, why))
		return -EINVAL;
	if (select->time && !p->has_time) {
		*why = "--time: these samples have no time";
		return -EINVAL;
	}
	if (select->cpus && !parse_cpus(select->cpus, cpus, why))
		return -EINVAL;
	if ((select->process || select->thread) && !p->has_threads) {
		*why = "--process and --thread: these samples do not say of which thread they are";
		return -EINVAL;
	}
	if (select->match && !parse_regex(select->match, "--match", &match, why))
		return -EINVAL;
	if (select->below && !parse_regex(select->below, "--below", &below, why)) {
		if (select->match)
			regfree(&match);
		return -EINVAL;
	}
	keep_samples(p, select, cpus, from, to);
	if (select->match) {
		keep_stacks(p, &match, false);
		regfree(&match);
	}
	if (select->below) {
		keep_stacks(p, &below, true);
		regfree(&below);
	}
	return p->samples.n;
}
