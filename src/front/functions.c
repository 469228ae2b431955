/*
 * functions.c - bcc's tools that take functions without expressions: funccount and stackcount
 * (anything that can be probed, wildcards allowed), funcinterval (the same, from one to the next),
 * funclatency and funcslower (functions that return).
 *
 * A call is paired with its return by thread and depth, so that functions that call themselves,
 * or each other where a wildcard names several, are measured each for itself:
 *
 *   @depth<i>[tid]         how many calls are open
 *   @start<i>[tid, depth]  when the innermost began; behind a wildcard both by func, too
 */
#include "front/front_int.h"

struct pair { /* how a call's maps are keyed */
	unsigned number;
	const char *key;   /* "tid" or "tid, func" */
	bool nested;       /* by depth; system calls are not */
};

static bool one_site(struct front *f, const struct source *source, struct spec *spec, struct site *site)
{
	if (!spec_parse(f, source, spec))
		return false;
	site_make(f, spec, site);
	if (spec_skip_blanks(source, spec->rest) >= source->len)
		return true;
	front_wrong(f, front_span(source, spec_skip_blanks(source, spec->rest), source->len),
		    "%s takes a function alone, without a predicate or a format", f->name);
	diag_hint(f->diags, "trace prints, argdist counts values and takes filters");
	return false;
}

/* What the event is called: the function, the event or the probe. */
static void put_name(struct front *f, const struct site *p)
{
	bool named = p->spec->kind > SPEC_RETURN || p->syscall;

	if (p->wildcard || (named && p->spec->kind == SPEC_USDT))
		buf_puts(&f->body, named ? "probe" : "func");
	else if (p->spec->kind == SPEC_TRACEPOINT)
		front_literal(&f->body, arena_printf(f->arena, "%s:%s", p->spec->category, p->spec->function));
	else
		front_literal(&f->body, p->shown);
}

static void put_cpu(struct front *f)
{
	if (front_number(f, "ON_CPU"))
		buf_printf(&f->body, "/ cpu == %llu /\n", (unsigned long long)front_number(f, "CPU"));
}

static void put_attach(struct front *f, const char *attach, const struct spec *spec)
{
	front_put(f, attach, spec->span);
	buf_putc(&f->body, '\n');
}

/* `Tracing calls of 'c:mem*, sys_read'... Hit Ctrl-C to end.` */
static void put_banner(struct front *f, const char *what)
{
	struct buf text = {0};

	buf_printf(&text, "Tracing %s \"", what);
	for (const char *p = *front_text(f, "PATTERN") ? front_text(f, "PATTERN") : front_text(f, "FUNCTION"); *p; p++)
		buf_puts(&text, *p == FRONT_SEPARATOR ? ", " : (const char[]){*p, 0});
	buf_puts(&text, "\"... Hit Ctrl-C to end.");
	front_banner(f, buf_str(&text));
	buf_free(&text);
}

/*
 * The patterns as sources. With -r the last part is a regular expression: everything is matched,
 * and the engine leaves out what the expression does not.
 */
static bool take_patterns(struct front *f, source_list *out)
{
	source_list given = {0};
	const char *text, *wide;
	uint32_t from;

	front_sources(f, "PATTERN", "pattern", &given);
	front_sources(f, "FUNCTION", "function", &given);
	if (!front_number(f, "REGEX") || !given.n) {
		*out = given;
		return true;
	}
	if (given.n > 1) {
		front_wrong(f, front_span(given.v[1], 0, given.v[1]->len), "-r takes one pattern");
		diag_hint(f->diags, "several names of one library are one expression: 'c:^(malloc|free)$'");
		return false;
	}
	text = given.v[0]->text;
	from = front_regex_start(text);
	wide = arena_printf(f->arena, "%.*s*", (int)from, text);
	avec_push(f->arena, out, source_add(f->diags->sources, "pattern", wide, strlen(wide)));
	return front_regex(f, given.v[0], from);
}

/* Every so many seconds and at the end; without an interval only then. */
static void put_printing(struct front *f, void (*put)(struct front *f))
{
	unsigned long long interval = front_number(f, "INTERVAL");
	const char *time = front_number(f, "TIME") ? "\ttime(\"\\n%H:%M:%S\\n\");\n" : "\tprintf(\"\\n\");\n";

	if (interval) {
		buf_printf(&f->body, "interval:s:%llu\n{\n%s", interval, time);
		put(f);
		buf_puts(&f->body, "}\n");
	}
	buf_printf(&f->body, "end\n{\n%s", time);
	put(f);
	buf_puts(&f->body, "}\n");
}

/* A probe for each specifier, all with the same block. False: some are wrong. */
static bool put_sites(struct front *f, const source_list *all, void (*put)(struct front *f, const struct site *site))
{
	bool good = true;

	for (size_t i = 0; i < all->n; i++) {
		struct spec spec;
		struct site site;

		if (!one_site(f, all->v[i], &spec, &site)) {
			good = false;
			continue;
		}
		put_attach(f, site.attach, &spec);
		put_cpu(f);
		put(f, &site);
	}
	return good;
}

/* ---- funccount ---- */

static void print_counts(struct front *f)
{
	buf_puts(&f->body, "\tprint(@counts);\n\tclear(@counts);\n");
}

static void put_count(struct front *f, const struct site *site)
{
	buf_puts(&f->body, "{\n\t@counts[");
	put_name(f, site);
	buf_puts(&f->body, "] = count();\n}\n");
}

bool front_funccount(struct front *f)
{
	source_list all = {0};
	bool good;

	if (!take_patterns(f, &all))
		return false;
	front_head(f, "summary: calls, by function");
	front_head(f, "example: funccount 'vfs_*' | calls into the file system layer");
	put_banner(f, "calls of");
	front_head(f, "key name: FUNC %%-36s = 0");
	front_head(f, "by @counts: name");
	front_head(f, "table @counts: COUNT %%8d");
	good = put_sites(f, &all, put_count);
	put_printing(f, print_counts);
	return good;
}

/* ---- stackcount ---- */

static void print_stacks(struct front *f)
{
	buf_puts(&f->body, "\tprint(@stacks);\n\tclear(@stacks);\n");
}

static void put_stack(struct front *f, const struct site *site)
{
	bool kernel = front_number(f, "KERNEL_STACK"), user = front_number(f, "USER_STACK");

	(void)site;
	buf_printf(&f->body, "{\n\t@stacks[%s%s] = count();\n}\n",
		   front_number(f, "PER_PROCESS") ? "comm, pid, " : "",
		   kernel == user ? "kstack, ustack" : kernel ? "kstack" : "ustack");
}

bool front_stackcount(struct front *f)
{
	source_list all = {0};
	bool good;

	if (!take_patterns(f, &all))
		return false;
	front_head(f, "summary: events, by stack");
	front_head(f, "example: stackcount t:block:block_rq_issue | who issues disk I/O");
	put_banner(f, "stacks of");
	good = put_sites(f, &all, put_stack);
	put_printing(f, print_stacks);
	return good;
}

/* ---- calls and returns ---- */

static struct pair pair_of(const struct site *p, unsigned number)
{
	return (struct pair){number, p->wildcard && !p->syscall ? "tid, func" : "tid", !p->syscall};
}

/* Arguments of the call that are to be known at its return; a system call may have fewer. */
static void put_saved(struct front *f, const struct site *call, const struct pair *pair, unsigned arguments)
{
	for (unsigned i = 0; i < arguments; i++) {
		const char *argument = site_argument(f, call, i);

		buf_printf(&f->body, "\t@arg%u_%u[%s%s] = (uint64)%s;\n", pair->number, i + 1, pair->key,
			   pair->nested ? ", $depth" : "", argument ? argument : "0");
	}
}

static void put_call(struct front *f, const struct site *call, const struct pair *pair, unsigned arguments)
{
	put_attach(f, call->attach, call->spec);
	buf_puts(&f->body, "{\n");
	if (pair->nested)
		buf_printf(&f->body, "\t$depth = @depth%u[%s] + 1;\n\t@depth%u[%s] = $depth;\n"
			   "\t@start%u[%s, $depth] = nsecs;\n", pair->number, pair->key, pair->number, pair->key,
			   pair->number, pair->key);
	else
		buf_printf(&f->body, "\t@start%u[%s] = nsecs;\n", pair->number, pair->key);
	put_saved(f, call, pair, arguments);
	buf_puts(&f->body, "}\n");
}

/* The return's block up to where $ns is known and its maps are done with. */
static void put_return(struct front *f, const struct site *p, const struct pair *pair, unsigned arguments)
{
	const char *depth = pair->nested ? ", $depth" : "";

	put_attach(f, p->attach, p->spec);
	if (pair->nested)
		buf_printf(&f->body, "/ @depth%u[%s] /\n{\n\t$depth = @depth%u[%s];\n", pair->number, pair->key,
			   pair->number, pair->key);
	else
		buf_printf(&f->body, "/ @start%u[%s] /\n{\n", pair->number, pair->key);
	buf_printf(&f->body, "\t$ns = nsecs - @start%u[%s%s];\n\tdelete(@start%u, %s%s%s%s);\n", pair->number,
		   pair->key, depth, pair->number, *depth ? "(" : "", pair->key, depth, *depth ? ")" : "");
	for (unsigned i = 1; i <= arguments; i++)
		buf_printf(&f->body, "\t$arg%u = @arg%u_%u[%s%s];\n", i, pair->number, i, pair->key, depth);
	for (unsigned i = 1; i <= arguments; i++)
		buf_printf(&f->body, "\tdelete(@arg%u_%u, %s%s%s%s);\n", pair->number, i,
			   *depth ? "(" : "", pair->key, depth, *depth ? ")" : "");
	if (!pair->nested)
		return;
	buf_printf(&f->body, "\tif ($depth > 1) {\n\t\t@depth%u[%s] = $depth - 1;\n\t} else {\n"
		   "\t\tdelete(@depth%u, %s%s%s);\n\t}\n", pair->number, pair->key, pair->number,
		   strchr(pair->key, ',') ? "(" : "", pair->key, strchr(pair->key, ',') ? ")" : "");
}

/* A function's call and return. */
static bool function_pair(struct front *f, const struct source *source, struct spec *spec, struct site *call,
			  struct site *back)
{
	struct site given;

	if (!one_site(f, source, spec, &given))
		return false;
	if (spec->kind > SPEC_RETURN || *spec->offset) {
		front_wrong(f, spec->span, "%s measures functions from call to return; this is %s", f->name,
			    *spec->offset ? "a place within one" : "an event");
		diag_hint(f->diags, "FUNCTION for the kernel's, LIBRARY:FUNCTION for a program's");
		return false;
	}
	*call = given.at_return ? site_other(f, &given) : given;
	*back = site_other(f, call);
	return true;
}

/* ---- funclatency ---- */

static const char *unit_of(const struct front *f, unsigned *divisor)
{
	*divisor = front_number(f, "MILLISECONDS") ? 1000000 : front_number(f, "MICROSECONDS") ? 1000 : 1;
	return *divisor == 1 ? "nsecs" : *divisor == 1000 ? "usecs" : "msecs";
}

static void print_latency(struct front *f)
{
	unsigned divisor;
	const char *unit = unit_of(f, &divisor);

	buf_puts(&f->body, "\tprint(@latency);\n\tclear(@latency);\n");
	buf_printf(&f->body, "\tif (@calls > 0) {\n\t\tprintf(\"avg = %%d %s, total: %%d %s, count: %%d\\n\", "
		   "@total / @calls, @total, @calls);\n\t}\n\tclear(@total);\n\tclear(@calls);\n", unit, unit);
}

static bool put_latency(struct front *f, const struct source *source, unsigned number)
{
	struct spec spec;
	struct site call, back;
	struct pair pair;
	unsigned divisor;

	if (!function_pair(f, source, &spec, &call, &back))
		return false;
	pair = pair_of(&call, number);
	unit_of(f, &divisor);
	put_call(f, &call, &pair, 0);
	put_return(f, &back, &pair, 0);
	if (divisor > 1)
		buf_printf(&f->body, "\t$ns = $ns / %u;\n", divisor);
	buf_puts(&f->body, "\t@latency");
	if (front_number(f, "PER_FUNCTION")) {
		buf_putc(&f->body, '[');
		put_name(f, &back);
		buf_putc(&f->body, ']');
	}
	buf_puts(&f->body, " = hist($ns);\n\t@total = sum($ns);\n\t@calls = count();\n}\n");
	return true;
}

bool front_funclatency(struct front *f)
{
	source_list all = {0};
	unsigned divisor;
	bool good = true;

	if (!take_patterns(f, &all))
		return false;
	front_head(f, "summary: how long functions take");
	front_head(f, "example: funclatency c:malloc | of the C library's malloc");
	put_banner(f, "functions");
	front_head(f, "histogram @latency: %s", unit_of(f, &divisor));
	if (front_number(f, "PER_FUNCTION")) {
		front_head(f, "key Function: FUNC %%s = 0");
		front_head(f, "by @latency: Function");
	}
	for (size_t i = 0; i < all.n; i++)
		good &= put_latency(f, all.v[i], i);
	put_printing(f, print_latency);
	return good;
}

/* ---- funcinterval ---- */

/* From one call to the next, whoever makes them; a call that another CPU has seen later counts as none. */
static void put_interval(struct front *f, const struct site *site)
{
	unsigned divisor;

	unit_of(f, &divisor);
	buf_puts(&f->body, "{\n\t$now = nsecs;\n\t$last = @last[");
	put_name(f, site);
	buf_puts(&f->body, "];\n\tif ($last && $now > $last) {\n");
	buf_puts(&f->body, "\t\t$ns = $now - $last;\n");
	if (divisor > 1)
		buf_printf(&f->body, "\t\t$ns = $ns / %u;\n", divisor);
	buf_puts(&f->body, "\t\t@latency = hist($ns);\n\t\t@total = sum($ns);\n\t\t@calls = count();\n\t}\n"
		 "\t@last[");
	put_name(f, site);
	buf_puts(&f->body, "] = $now;\n}\n");
}

bool front_funcinterval(struct front *f)
{
	source_list all = {0};
	unsigned divisor;
	bool good;

	if (!take_patterns(f, &all))
		return false;
	front_head(f, "summary: how long from one call to the next");
	front_head(f, "example: funcinterval c:malloc | of the C library's malloc");
	put_banner(f, "intervals of");
	front_head(f, "histogram @latency: %s", unit_of(f, &divisor));
	good = put_sites(f, &all, put_interval);
	put_printing(f, print_latency);
	return good;
}

/* ---- funcslower ---- */

/* Nanoseconds from which on a call is slow. */
static uint64_t slow_ns(const struct front *f)
{
	uint64_t us = front_number(f, "MIN_US"), ms = front_number(f, "MIN_MS");

	return us ? us * 1000 : (ms ? ms : 1) * 1000000;
}

static bool put_slower(struct front *f, const struct source *source, unsigned number)
{
	unsigned arguments = (unsigned)front_number(f, "ARGUMENTS");
	bool kernel = front_number(f, "KERNEL_STACK"), user = front_number(f, "USER_STACK");
	struct spec spec;
	struct site call, back;
	struct pair pair;

	if (!function_pair(f, source, &spec, &call, &back))
		return false;
	if (arguments && call.syscall && !call.args) {
		front_wrong(f, spec.span, "-a is of one system call; these are several, each with its own arguments");
		return false;
	}
	pair = pair_of(&call, number);
	put_call(f, &call, &pair, arguments);
	put_return(f, &back, &pair, arguments);
	buf_printf(&f->body, "\tif ($ns >= %llu) {\n", (unsigned long long)slow_ns(f));
	if (front_number(f, "FOLDED")) {
		buf_printf(&f->body, "\t\t@slow[comm, %s] = count();\n\t}\n}\n",
			   kernel && user ? "ustack, kstack" : kernel ? "kstack" : "ustack");
		return true;
	}
	buf_puts(&f->body, "\t\trow(");
	if (front_number(f, "TIME"))
		buf_puts(&f->body, "strftime(\"%H:%M:%S\", nsecs), ");
	if (front_number(f, "TIMESTAMP"))
		buf_puts(&f->body, "elapsed, ");
	buf_printf(&f->body, "comm, pid, $ns, %s, \"%%s", back.syscall ? "args.ret" : "retval");
	for (unsigned i = 0; i < arguments; i++)
		buf_puts(&f->body, " 0x%x");
	buf_printf(&f->body, "%s%s\", ", kernel ? "%s" : "", user ? "%s" : "");
	put_name(f, &back);
	for (unsigned i = 0; i < arguments; i++)
		buf_printf(&f->body, ", $arg%u", i + 1);
	buf_printf(&f->body, "%s%s);\n\t}\n}\n", kernel ? ", kstack" : "", user ? ", ustack" : "");
	return true;
}

bool front_funcslower(struct front *f)
{
	unsigned long long us = front_number(f, "MIN_US"), ms = front_number(f, "MIN_MS");
	source_list all = {0};
	bool good = true;

	if (front_number(f, "ARGUMENTS") > 6) {
		front_wrong(f, (struct span){0}, "-a prints 6 arguments at most, not %llu",
			    (unsigned long long)front_number(f, "ARGUMENTS"));
		return false;
	}
	if (us > UINT64_MAX / 1000 || ms > UINT64_MAX / 1000000) {
		front_wrong(f, (struct span){0}, "-%c %llu is longer than time is counted", us ? 'u' : 'm',
			    us ? us : ms);
		return false;
	}
	if (front_number(f, "FOLDED") && !front_number(f, "KERNEL_STACK") && !front_number(f, "USER_STACK")) {
		front_wrong(f, (struct span){0}, "-f folds stacks: of the program with -U, of the kernel with -K");
		return false;
	}
	front_sources(f, "FUNCTION", "function", &all);
	front_head(f, "summary: slow calls, a line each");
	front_head(f, "example: funcslower -m 10 vfs_read | reads that take 10 ms and more");
	front_banner(f, arena_printf(f->arena, "Tracing function calls slower than %llu %s... Ctrl+C to quit.",
				     us ? us : ms ? ms : 1, us ? "us" : "ms"));
	if (front_number(f, "TIME"))
		front_head(f, "column: TIME %%-8s");
	if (front_number(f, "TIMESTAMP"))
		front_head(f, "column: TIME %%-10.6f/1000000000");
	front_head(f, "column: COMM %%-14s");
	front_head(f, "column: PID %%-6d");
	front_head(f, us ? "column: LAT(us) %%7.2f/1000" : "column: LAT(ms) %%7.2f/1000000");
	front_head(f, "column: RVAL %%16x");
	front_head(f, "column: %s %%m", front_number(f, "ARGUMENTS") ? "\"FUNC ARGS\"" : "FUNC");
	for (size_t i = 0; i < all.n; i++)
		good &= put_slower(f, all.v[i], i);
	if (front_number(f, "FOLDED"))
		buf_puts(&f->body, "end\n{\n\tprint(@slow);\n}\n");
	return good;
}
