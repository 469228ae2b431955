/*
 * ply_probe.c - ply's attach points.
 *
 *   kprobe:do_sys_open           kretprobe:SyS_read (a system call: its tracepoint)
 *   tracepoint:sched/sched_switch    trace:sched/sched_switch, as it was called in 2017
 *   profile:99hz                 profile:0:99hz: on one CPU
 *   interval:5  interval:1s 10ms ...     BEGIN  END
 */
#include "front/ply_int.h"

#include <ctype.h>
#include <stdlib.h>

struct part { uint32_t from, to; };

static bool no_probe(struct ply *p, struct part all, const char *what)
{
	diag_add(p->f->diags, DIAG_NOT_TRANSLATED, front_span(p->source, all.from, all.to), "%s", what);
	diag_hint(p->f->diags, "kprobe:FUNCTION, kretprobe:FUNCTION, tracepoint:CATEGORY/EVENT, profile:[CPU:]Nhz, "
		  "interval:N[m|s|ms|us|ns], BEGIN, END");
	return false;
}

/* A function of the kernel, as bcc's specifiers have it. */
static bool attach_function(struct ply *p, struct part all, uint32_t name, bool at_return)
{
	struct spec *spec = &p->probe.spec;

	*spec = (struct spec){.source = p->source, .kind = at_return ? SPEC_RETURN : SPEC_ENTRY, .binary = "",
			      .function = spec_slice(p->f, p->source, name, all.to), .offset = "",
			      .span = front_span(p->source, all.from, all.to)};
	if (!spec_take_offset(p->f, spec))
		return false;
	if (!*spec->function)
		return no_probe(p, all, "this names no function");
	p->probe.function = true;
	p->probe.ret = at_return;
	site_make(p->f, spec, &p->probe.site);
	return true;
}

static bool attach_tracepoint(struct ply *p, struct part all, uint32_t name)
{
	struct spec *spec = &p->probe.spec;
	const char *text = spec_slice(p->f, p->source, name, all.to), *slash = strchr(text, '/');

	if (!slash || slash == text || !slash[1])
		return no_probe(p, all, "a tracepoint is CATEGORY/EVENT");
	*spec = (struct spec){.source = p->source, .kind = SPEC_TRACEPOINT, .offset = "",
			      .category = arena_strndup(p->f->arena, text, slash - text), .function = slash + 1,
			      .binary = "", .span = front_span(p->source, all.from, all.to)};
	p->probe.tracepoint = true;
	site_make(p->f, spec, &p->probe.site);
	return true;
}

static bool attach_profile(struct ply *p, struct part all, uint32_t name)
{
	const char *text = spec_slice(p->f, p->source, name, all.to), *colon = strchr(text, ':');
	const char *rate = colon ? colon + 1 : text;
	char *end;
	unsigned long n = strtoul(rate, &end, 10);
	uint64_t cpu;

	if (end == rate || !str_eq(end, "hz") || n < 1 || n > 1000)
		return no_probe(p, all, "a profile is of 1hz to 1000hz");
	if (colon) {
		if (!str_to_u64(arena_strndup(p->f->arena, text, colon - text), &cpu))
			return no_probe(p, all, "this CPU is no number");
		p->probe.condition = arena_printf(p->f->arena, "cpu == %llu", (unsigned long long)cpu);
	}
	p->probe.site.attach = arena_printf(p->f->arena, "profile:hz:%lu", n);
	return true;
}

static bool attach_interval(struct ply *p, struct part all, uint32_t name)
{
	static const struct { const char *unit; unsigned long ns; } units[] = {
		{"", 1000000000}, {"s", 1000000000}, {"m", 60000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1},
	};
	const char *text = spec_slice(p->f, p->source, name, all.to);
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	for (size_t i = 0; isdigit((unsigned char)*text) && i < ARRAY_SIZE(units); i++)
		if (str_eq(end, units[i].unit) && n && n <= UINT64_MAX / units[i].ns && n * units[i].ns >= 1000) {
			n *= units[i].ns;
			p->probe.site.attach = n % 1000000000 == 0
				? arena_printf(p->f->arena, "interval:s:%lu", n / 1000000000)
				: n % 1000000 == 0 ? arena_printf(p->f->arena, "interval:ms:%lu", n / 1000000)
						   : arena_printf(p->f->arena, "interval:us:%lu", n / 1000);
			return true;
		}
	return no_probe(p, all, "this is no interval");
}

bool ply_attach(struct ply *p, uint32_t from, uint32_t to)
{
	struct part all = {from, to};
	const char *text = spec_slice(p->f, p->source, from, to), *colon = strchr(text, ':');
	size_t word = colon ? (size_t)(colon - text) : strlen(text);
	uint32_t rest = from + (uint32_t)word + 1;
	const char *provider = arena_strndup(p->f->arena, text, word);

	p->probe = (struct ply_probe){0};
	p->locals.n = 0;
	if (!colon && (str_eq(text, "BEGIN") || str_eq(text, "END"))) {
		p->probe.site.attach = text[0] == 'B' ? "begin" : "end";
		return true;
	}
	if (!colon)
		return no_probe(p, all, "a probe belongs here");
	if (str_eq(provider, "kprobe") || str_eq(provider, "kretprobe"))
		return attach_function(p, all, rest, provider[1] == 'r');
	if (str_eq(provider, "tracepoint") || str_eq(provider, "trace"))
		return attach_tracepoint(p, all, rest);
	if (str_eq(provider, "profile"))
		return attach_profile(p, all, rest);
	if (str_eq(provider, "interval"))
		return attach_interval(p, all, rest);
	return no_probe(p, all, "there is no such kind of probe");
}
