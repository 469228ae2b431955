/* features.c - see features.h: asking once, telling. The questions are in feature_probe.c. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "kern/features_private.h"
#include "kern/uapi.h"

static const struct feature_row {
	const char *name, *since, *cost;
	feature_probe *probe;       /* or, when NULL: */
	uint32_t prog_type, helper;
} rows[FEATURE_COUNT] = {
#define FEATURE(id, name, since, probe, cost) [FEATURE_##id] = {name, since, cost, ask_##probe, 0, 0},
#define FEATURE_HELPER(id, name, since, type, helper, cost) \
	[FEATURE_##id] = {name, since, cost, NULL, BPF_PROG_TYPE_##type, BPF_FUNC_##helper},
#include "kern/feature.def"
#undef FEATURE
#undef FEATURE_HELPER
};

static uint32_t parse_release(const char *s)
{
	unsigned major, minor;

	if (sscanf(s, "%u.%u", &major, &minor) != 2 || major > 255)
		return 0;
	return major << 8 | MIN_OF(minor, 255u);
}

struct features *features_new(void)
{
	struct features *f = xcalloc(1, sizeof(*f));
	struct utsname u;

	if (uname(&u) == 0) {
		snprintf(f->release, sizeof(f->release), "%s", u.release);
		f->kernel = parse_release(u.release);
	}
	/* Before 5.11 maps and programs count as locked memory of the user. */
	if (f->kernel && f->kernel < 0x050b)
		setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	return f;
}

void features_free(struct features *f)
{
	if (!f)
		return;
	for (int i = 0; i < FEATURE_COUNT; i++)
		free(f->whys[i]);
	hmap_free(&f->helpers);
	btf_close(f->btf);
	free(f);
}

static void set_answer(struct features *f, enum feature_id id, enum feature_answer answer,
		       const char *why)
{
	free(f->whys[id]);
	f->answers[id] = answer;
	f->whys[id] = xstrdup(why);
}

void feature_override(struct features *f, enum feature_id id, enum feature_answer answer,
		      const char *why)
{
	set_answer(f, id, answer, why ? why : "");
}

static void generic_reason(const struct features *f, const struct feature_row *row,
			   struct buf *why)
{
	uint32_t since = parse_release(row->since);

	if (since && f->kernel && f->kernel < since)
		buf_printf(why, "appeared in kernel %s", row->since);
	else
		buf_puts(why, "this kernel is built without it, or forbids it");
}

enum feature_answer feature_ask(struct features *f, enum feature_id id)
{
	const struct feature_row *row = &rows[id];
	struct buf why = {0};
	enum feature_answer answer;

	if (f->answers[id])
		return f->answers[id];
	if (row->probe) {
		answer = row->probe(f, &why);
	} else if (feature_ask(f, FEATURE_BPF) != FEATURE_YES) {
		answer = FEATURE_UNKNOWN;
		buf_puts(&why, feature_why(f, FEATURE_BPF));
	} else {
		answer = features_helper(f, row->prog_type, row->helper) ? FEATURE_YES : FEATURE_NO;
	}
	if (answer != FEATURE_YES && !why.len)
		generic_reason(f, row, &why);
	set_answer(f, id, answer, answer == FEATURE_YES ? "" : buf_str(&why));
	buf_free(&why);
	return answer;
}

const char *feature_why(struct features *f, enum feature_id id)
{
	feature_ask(f, id);
	return f->whys[id];
}

const char *feature_name(enum feature_id id)
{
	return rows[id].name;
}

const char *feature_cost(enum feature_id id)
{
	return rows[id].cost;
}

bool features_helper(struct features *f, uint32_t prog_type, uint32_t helper)
{
	uint64_t key = (uint64_t)prog_type << 32 | helper;
	void **at = hmap_at(&f->helpers, &key, sizeof(key));

	if (!*at)
		*at = (void *)(uintptr_t)probe_helper(prog_type, helper);
	return *at == (void *)(uintptr_t)FEATURE_YES;
}

uint32_t features_kernel(const struct features *f)
{
	return f->kernel;
}

const char *features_release(const struct features *f)
{
	return f->release;
}

const struct btf *features_btf(struct features *f)
{
	struct buf why = {0};

	if (!f->btf && f->answers[FEATURE_BTF] <= FEATURE_YES) {
		if (btf_open_kernel(&f->btf, &why))
			set_answer(f, FEATURE_BTF, FEATURE_NO, buf_str(&why));
		else
			set_answer(f, FEATURE_BTF, FEATURE_YES, "");
		buf_free(&why);
	}
	return f->answers[FEATURE_BTF] == FEATURE_YES ? f->btf : NULL;
}

void features_drop_btf(struct features *f)
{
	btf_close(f->btf);
	f->btf = NULL;
}

void features_print(struct features *f, struct buf *out)
{
	static const char *const words[] = {
		[FEATURE_YES] = "yes", [FEATURE_NO] = "no", [FEATURE_UNKNOWN] = "unknown",
	};

	buf_printf(out, "kernel %s\n", *f->release ? f->release : "unknown");
	for (int id = 0; id < FEATURE_COUNT; id++) {
		enum feature_answer answer = feature_ask(f, id);

		buf_printf(out, "  %-44s %s\n", rows[id].name, words[answer]);
		if (answer != FEATURE_YES)
			buf_printf(out, "      why:   %s\n      costs: %s\n", f->whys[id],
				   rows[id].cost);
	}
}

static void json_string(struct buf *out, const char *s)
{
	buf_putc(out, '"');
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			buf_printf(out, "\\u%04x", c);
		else
			buf_putc(out, c);
	}
	buf_putc(out, '"');
}

void features_print_json(struct features *f, struct buf *out)
{
	static const char *const words[] = {
		[FEATURE_YES] = "true", [FEATURE_NO] = "false", [FEATURE_UNKNOWN] = "null",
	};

	buf_puts(out, "{\"kernel\":");
	json_string(out, f->release);
	buf_puts(out, ",\"features\":[");
	for (int id = 0; id < FEATURE_COUNT; id++) {
		enum feature_answer answer = feature_ask(f, id);

		buf_puts(out, id ? ",\n{\"name\":" : "\n{\"name\":");
		json_string(out, rows[id].name);
		buf_printf(out, ",\"present\":%s,\"since\":", words[answer]);
		json_string(out, rows[id].since);
		if (answer != FEATURE_YES) {
			buf_puts(out, ",\"why\":");
			json_string(out, f->whys[id]);
			buf_puts(out, ",\"costs\":");
			json_string(out, rows[id].cost);
		}
		buf_putc(out, '}');
	}
	buf_puts(out, "\n]}\n");
}
