/*
 * argdist.c - bcc's argdist: how values are distributed, as histograms (-H) or counts (-C).
 *
 *   PROBE(SIGNATURE)[:TYPE[,TYPE...]:EXPR[,EXPR...][:FILTER]][#LABEL]
 *
 * Specifier number i has the maps @hist<i> or @counts<i>, and for what is to be known from a
 * function's call at its return @start<i> and @entry<i>_<k>, by thread and depth: a function may
 * call itself. @depth<i> is how many of its calls are open.
 */
#include "front/front_int.h"

#include <ctype.h>

struct question { /* one specifier */
	struct spec spec;
	struct site site;
	unsigned number;
	bool histogram;
	const char *label;
	span_list types, exprs;   /* .off in the source, not in all sources */
	uint32_t filter, filter_end;
	span_list entries;        /* of $entry(...), in all sources */
	VEC(const char *) keys;   /* what the table's keys are called */
};

static const char *slice(struct front *f, const struct question *q, struct span part)
{
	return spec_slice(f, q->spec.source, part.off, part.off + part.len);
}

static void split(struct front *f, const struct source *s, uint32_t from, uint32_t to, span_list *out)
{
	while (from < to) {
		uint32_t comma = spec_until(s, from, to, ",");

		avec_push(f->arena, out, ((struct span){from, comma - from}));
		from = comma + 1;
	}
}

/* ":TYPES:EXPRS:FILTER#LABEL" behind the probe. */
static bool read_rest(struct front *f, struct question *q)
{
	const struct source *s = q->spec.source;
	uint32_t end = spec_until(s, q->spec.rest, s->len, "#"), at = spec_skip_blanks(s, q->spec.rest), to;

	q->label = end < s->len ? spec_slice(f, s, end + 1, s->len) : spec_slice(f, s, 0, s->len);
	if (at >= end)
		return true;
	if (s->text[at] != ':') {
		front_wrong(f, front_span(s, at, end), "':' and a type belong here, or '#' and a label");
		diag_hint(f->diags, "as in: 'p:c:write(int fd, void *buf, size_t count):size_t:count'");
		return false;
	}
	to = spec_until(s, at + 1, end, ":");
	split(f, s, at + 1, to, &q->types);
	at = to + 1;
	to = at < end ? spec_until(s, at, end, ":") : end;
	if (at < end)
		split(f, s, at, to, &q->exprs);
	if (q->exprs.n != q->types.n) {
		front_wrong(f, front_span(s, q->spec.rest, MIN_OF(to, end)), "%zu type%s for %zu expression%s",
			    q->types.n, q->types.n == 1 ? "" : "s", q->exprs.n, q->exprs.n == 1 ? "" : "s");
		diag_hint(f->diags, "PROBE:TYPE,TYPE:EXPRESSION,EXPRESSION[:FILTER], as in ':int,size_t:fd,count'");
		return false;
	}
	if (to < end) {
		q->filter = to + 1;
		q->filter_end = end;
	}
	return true;
}

/* One star behind the word char, whatever else is said of it. */
static bool is_string(const char *type)
{
	size_t len = strlen(type), end = len ? len - 1 : 0;

	if (!len || type[end] != '*' || strchr(type, '*') != type + end)
		return false;
	while (end > 0 && isspace((unsigned char)type[end - 1]))
		end--;
	return end >= 4 && !memcmp(type + end - 4, "char", 4) && (end == 4 || isspace((unsigned char)type[end - 5]));
}

static bool is_address(const char *type)
{
	size_t len = strlen(type);

	return len && type[len - 1] == '*';
}

static bool is_unsigned(const char *type)
{
	if (str_starts(type, "const "))
		type += strlen("const ");
	type += strspn(type, "_");
	return type[0] == 'u' || strstr(type, "unsigned") || str_starts(type, "size_t");
}

/* Expression i as its type says. */
static bool put_value(struct front *f, struct question *q, struct expr *e, size_t i)
{
	const char *type = slice(f, q, q->types.v[i]);
	struct span x = q->exprs.v[i];

	if (!*type) {
		front_wrong(f, front_span(q->spec.source, x.off, x.off + x.len), "the specifier does not say of "
			    "what type this is");
		diag_hint(f->diags, "a type stands before its expression: ':int:fd', ':char*:path'");
		return false;
	}
	if (!spec_is_type(type)) {
		front_wrong(f, front_span(q->spec.source, q->types.v[i].off, q->types.v[i].off + q->types.v[i].len),
			    "this is no type");
		diag_hint(f->diags, "words and stars: int, size_t, char *, struct sock *");
		return false;
	}
	if (is_string(type))
		return expr_put_string(f, e, x.off, x.off + x.len);
	front_put(f, arena_printf(f->arena, "(%s)(", is_address(type) ? "uint64" : type),
		  front_span(q->spec.source, q->types.v[i].off, q->types.v[i].off + q->types.v[i].len));
	if (!expr_put(f, e, x.off, x.off + x.len))
		return false;
	buf_putc(&f->body, ')');
	return true;
}

/* "rq->cmd_flags" as rq_cmd_flags; "key" where nothing of the expression is left. */
static const char *plain_name(struct front *f, const char *text)
{
	char *name = arena_strdup(f->arena, text), *to = name;

	for (; *text; text++)
		if (isalnum((unsigned char)*text))
			*to++ = *text;
		else if (to > name && to[-1] != '_')
			*to++ = '_';
	while (to > name && to[-1] == '_')
		to--;
	*to = '\0';
	return *name ? name : "key";
}

/* What a key is called in the header and in JSON: as no other key of `all` up to q is. */
static const char *key_name(struct front *f, const struct question *all, struct question *q, const char *text)
{
	const char *plain = plain_name(f, text), *name = plain;
	size_t next = q->number + q->keys.n;
	bool taken = true;

	while (taken) {
		taken = false;
		for (const struct question *one = all; one <= q && !taken; one++)
			for (size_t i = 0; i < one->keys.n && !taken; i++)
				taken = str_eq(one->keys.v[i], name);
		if (taken)
			name = arena_printf(f->arena, "%s_%zu", plain, ++next);
	}
	avec_push(f->arena, &q->keys, name);
	return name;
}

/* How the table shows expression i. */
static void put_key(struct front *f, const struct question *all, struct question *q, size_t i, struct buf *by)
{
	const char *type = slice(f, q, q->types.v[i]), *text = slice(f, q, q->exprs.v[i]);
	const char *key = key_name(f, all, q, text);
	struct buf shown = {0};

	/* the format of a column has but one conversion */
	for (const char *p = front_quoted(f, text); *p; p++)
		buf_puts(&shown, *p == '%' ? " mod " : (const char[]){*p, 0});
	buf_printf(by, "%s%s", i ? "," : "", key);
	front_head(f, "key %s: %s \"%s = %s\" last = 0", key, i ? "\"\"" : "EVENT", buf_str(&shown),
		   is_string(type) ? "%s" : is_address(type) ? "%#x" : is_unsigned(type) ? "%u" : "%d");
	buf_free(&shown);
}

static void put_table(struct front *f, const struct question *all, struct question *q)
{
	struct buf by = {0};

	for (size_t i = 0; i < q->exprs.n; i++)
		put_key(f, all, q, i, &by);
	if (!q->exprs.n) {
		buf_puts(&by, key_name(f, all, q, "event"));
		front_head(f, "key %s: EVENT %%s last = 0", buf_str(&by));
	}
	front_head(f, "by @counts%u: %s", q->number, buf_str(&by));
	front_head(f, "table @counts%u: COUNT %%-10d", q->number);
	buf_free(&by);
}

static bool put_update(struct front *f, struct question *q, struct expr *e)
{
	bool at_return = q->site.at_return && !q->exprs.n;

	if (q->histogram) {
		buf_printf(&f->body, "\t@hist%u = hist(", q->number);
		if (at_return)
			buf_puts(&f->body, q->site.syscall ? "args.ret" : "retval");
		else if (!q->exprs.n)
			buf_puts(&f->body, "1");
		else if (!put_value(f, q, e, 0))
			return false;
		buf_puts(&f->body, ");\n");
		return true;
	}
	buf_printf(&f->body, "\t@counts%u[", q->number);
	if (!q->exprs.n)
		buf_puts(&f->body, "\"total calls\"");
	for (size_t i = 0; i < q->exprs.n; i++) {
		buf_puts(&f->body, i ? ", " : "");
		if (!put_value(f, q, e, i))
			return false;
	}
	buf_puts(&f->body, "] = count();\n");
	return true;
}

/* What the return wants to know of the call: kept by thread. */
static bool put_call(struct front *f, struct question *q, bool latency)
{
	struct site call = site_other(f, &q->site);
	struct expr e = {.site = &call, .number = q->number};

	front_put(f, call.attach, q->spec.span);
	buf_printf(&f->body, "\n{\n\t$depth = @depth%u[tid] + 1;\n\t@depth%u[tid] = $depth;\n", q->number, q->number);
	if (latency)
		buf_printf(&f->body, "\t@start%u[tid, $depth] = nsecs;\n", q->number);
	for (size_t k = 0; k < q->entries.n; k++) {
		uint32_t from = q->entries.v[k].off - q->spec.source->base;

		buf_printf(&f->body, "\t@entry%u_%zu[tid, $depth] = (uint64)(", q->number, k);
		if (!expr_put(f, &e, from, from + q->entries.v[k].len))
			return false;
		buf_puts(&f->body, ");\n");
	}
	buf_puts(&f->body, "}\n");
	return true;
}

/* The probe's block, without its attach point; *latency: it asks for one. */
static bool put_block(struct front *f, struct question *q, bool *latency)
{
	struct expr e = {.site = &q->site, .number = q->number, .entries = &q->entries,
			 .string_size = front_number(f, "STRING_SIZE")};

	if (q->filter) {
		buf_puts(&f->body, "\tif (");
		if (!expr_put(f, &e, q->filter, q->filter_end))
			return false;
		buf_puts(&f->body, ") {\n\t");
	}
	if (!put_update(f, q, &e))
		return false;
	if (q->filter)
		buf_puts(&f->body, "\t}\n");
	*latency = e.uses_latency;
	return true;
}

static void put_forgetting(struct front *f, const struct question *q, bool latency)
{
	if (latency)
		buf_printf(&f->body, "\tdelete(@start%u, (tid, $depth));\n", q->number);
	for (size_t k = 0; k < q->entries.n; k++)
		buf_printf(&f->body, "\tdelete(@entry%u_%zu, (tid, $depth));\n", q->number, k);
	buf_printf(&f->body, "\tif ($depth > 1) {\n\t\t@depth%u[tid] = $depth - 1;\n\t} else {\n"
		   "\t\tdelete(@depth%u, tid);\n\t}\n", q->number, q->number);
}

/* The block is translated first, to learn what it wants of the call; then all in its order. */
static bool put_probe(struct front *f, struct question *q)
{
	size_t before = f->body.len, pieces = f->pieces.n;
	bool latency = false, paired;

	if (!put_block(f, q, &latency))
		return false;
	f->body.len = before;
	f->pieces.n = pieces;
	paired = latency || q->entries.n;
	if (paired && !put_call(f, q, latency))
		return false;
	front_put(f, q->site.attach, q->spec.span);
	if (paired) /* only a call that was seen */
		buf_printf(&f->body, "\n/ @depth%u[tid] /\n{\n\t$depth = @depth%u[tid];\n", q->number, q->number);
	else
		buf_puts(&f->body, "\n{\n");
	put_block(f, q, &latency);
	if (paired)
		put_forgetting(f, q, latency);
	buf_puts(&f->body, "}\n");
	return true;
}

static bool read_question(struct front *f, const struct source *source, struct question *q)
{
	if (!spec_parse(f, source, &q->spec) || !read_rest(f, q))
		return false;
	site_make(f, &q->spec, &q->site);
	if (q->histogram && q->exprs.n > 1) {
		front_wrong(f, front_span(source, q->exprs.v[1].off, q->exprs.v[1].off + q->exprs.v[1].len),
			    "a histogram is of one expression");
		diag_hint(f->diags, "-C counts combinations of several");
		return false;
	}
	return true;
}

static void put_print(struct front *f, const struct question *q)
{
	unsigned long long top = front_number(f, "TOP");

	buf_puts(&f->body, "\tprintf(\"%s\\n\", ");
	front_literal(&f->body, q->label);
	buf_puts(&f->body, ");\n");
	buf_printf(&f->body, "\tprint(@%s%u", q->histogram ? "hist" : "counts", q->number);
	if (!q->histogram && top)
		buf_printf(&f->body, ", %llu", top);
	buf_puts(&f->body, ");\n");
	if (!front_number(f, "CUMULATIVE"))
		buf_printf(&f->body, "\tclear(@%s%u);\n", q->histogram ? "hist" : "counts", q->number);
}

static void put_prints(struct front *f, const struct question *all, size_t n)
{
	unsigned long long interval = front_number(f, "INTERVAL"), rounds = front_number(f, "ROUNDS");

	buf_printf(&f->body, "interval:s:%llu\n{\n\ttime(\"[%%H:%%M:%%S]\\n\");\n", interval ? interval : 1);
	for (size_t i = 0; i < n; i++)
		put_print(f, &all[i]);
	if (rounds)
		buf_printf(&f->body, "\t@rounds++;\n\tif (@rounds >= %llu) {\n\t\texit();\n\t}\n", rounds);
	buf_puts(&f->body, "}\nend\n");
	if (rounds) /* what was asked for has been printed */
		buf_printf(&f->body, "/ @rounds < %llu /\n", rounds);
	buf_puts(&f->body, "{\n\ttime(\"[%H:%M:%S]\\n\");\n");
	for (size_t i = 0; i < n; i++)
		put_print(f, &all[i]);
	buf_puts(&f->body, "}\n");
}

static bool translate_all(struct front *f, const source_list *list, bool histogram, struct question *all, size_t *n)
{
	bool good = true;

	for (size_t i = 0; i < list->n; i++) {
		struct question *q = &all[*n];

		*q = (struct question){.number = *n, .histogram = histogram};
		++*n;
		if (!read_question(f, list->v[i], q) || !put_probe(f, q)) {
			good = false;
			continue;
		}
		if (!histogram)
			put_table(f, all, q);
		else
			front_head(f, "histogram @hist%u: \"%s\"", q->number, q->exprs.n
				   ? front_quoted(f, slice(f, q, q->exprs.v[0])) : q->site.at_return ? "retval" : "1");
	}
	return good;
}

bool front_argdist(struct front *f)
{
	source_list hists = {0}, counts = {0};
	struct question *all;
	size_t n = 0;
	bool good;

	front_sources(f, "HISTS", "specifier", &hists);
	front_sources(f, "COUNTS", "specifier", &counts);
	all = arena_array(f->arena, struct question, hists.n + counts.n + 1);
	front_head(f, "summary: distributions of values");
	front_head(f, "example: argdist -H 'r::vfs_read()' | what reads return");
	good = front_includes(f);
	good &= translate_all(f, &hists, true, all, &n);
	good &= translate_all(f, &counts, false, all, &n);
	if (good)
		put_prints(f, all, n);
	return good;
}
