/*
 * lang_parse.c - what golden files cannot say of lexer and parser: places, limits on size and
 * depth, time, the lexer by itself, fragments, and trees that stay usable after errors.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lang/lex.h"
#include "lang/parse.h"

static unsigned checks_failed, checks_done;

#define CHECK(cond) do { \
	checks_done++; \
	if (!(cond)) { \
		checks_failed++; \
		fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #cond); \
	} \
} while (0)

#define CHECK_STR(got, want) do { \
	const char *got_ = (got), *want_ = (want); \
	checks_done++; \
	if (!got_ || !str_eq(got_, want_)) { \
		checks_failed++; \
		fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #got, \
			got_ ? got_ : "(null)", want_); \
	} \
} while (0)

struct run {
	struct arena *arena;
	struct sources sources;
	struct diags diags;
	struct source *source;
	struct node *script;
};

static void start(struct run *r, const char *text, size_t len)
{
	*r = (struct run){.arena = arena_new()};
	r->sources.arena = r->diags.arena = r->arena;
	r->diags.sources = &r->sources;
	r->source = source_add(&r->sources, "test", text, len);
}

static void parse(struct run *r, const char *text)
{
	start(r, text, strlen(text));
	r->script = parse_script(r->arena, &r->diags, r->source, NULL);
}

static void end(struct run *r)
{
	arena_free(r->arena);
}

static const struct node *item(const struct run *r, size_t i)
{
	return i < r->script->list.n ? r->script->list.v[i] : NULL;
}

/* The node's text in the source. */
static const char *text_of(const struct run *r, const struct node *n)
{
	return arena_strndup(r->arena, r->source->text + (n->span.off - r->source->base),
			     n->span.len);
}

static void test_spans(void)
{
	static const char text[] = "kprobe:f, uprobe:/a:\"b c\" / pid == 1 / {\n"
				   "\t$x = (uint8)a.b[1] + (2 * 3);\n"
				   "\tif (x) { print(1) } else { f(@m[1, 2]) }\n}\n";
	struct run r;
	const struct node *probe, *sum, *branch;

	parse(&r, text);
	CHECK(!r.diags.errors);
	CHECK(r.script->list.n == 1);
	probe = item(&r, 0);
	CHECK(probe->span.len == strlen(text) - 1);
	CHECK_STR(text_of(&r, probe->list.v[0]), "kprobe:f");
	CHECK_STR(text_of(&r, probe->list.v[1]), "uprobe:/a:\"b c\"");
	CHECK_STR(text_of(&r, probe->list.v[1]->list.v[1]), "/a");
	CHECK_STR(text_of(&r, probe->list.v[1]->list.v[2]), "\"b c\"");
	CHECK_STR(probe->list.v[1]->list.v[2]->text.data, "b c");
	CHECK_STR(text_of(&r, probe->a), "pid == 1");
	CHECK_STR(text_of(&r, probe->b->list.v[0]), "$x = (uint8)a.b[1] + (2 * 3)");
	sum = probe->b->list.v[0]->b;
	CHECK_STR(text_of(&r, sum->a), "(uint8)a.b[1]");
	CHECK_STR(text_of(&r, sum->a->a), "uint8");
	CHECK_STR(text_of(&r, sum->a->b), "a.b[1]");
	CHECK_STR(text_of(&r, sum->a->b->a), "a.b");
	CHECK_STR(text_of(&r, sum->b), "(2 * 3)");
	branch = probe->b->list.v[1];
	CHECK_STR(text_of(&r, branch), "if (x) { print(1) } else { f(@m[1, 2]) }");
	CHECK_STR(text_of(&r, branch->b), "{ print(1) }");
	CHECK_STR(text_of(&r, branch->c->list.v[0]->a->list.v[0]), "@m[1, 2]");
	CHECK_STR(text_of(&r, branch->c->list.v[0]->a->list.v[0]->a), "1, 2");
	end(&r);
}

static void test_literal_values(void)
{
	static const struct {
		const char *text;
		uint64_t value;
		unsigned flags;
	} rows[] = {
		{"0", 0, 0}, {"007", 7, 0}, {"0x10", 16, 0}, {"0b11", 3, 0}, {"1e3", 1000, 0},
		{"9223372036854775807", INT64_MAX, 0},
		{"9223372036854775808", 1ull << 63, NODE_UNSIGNED},
		{"18446744073709551615", UINT64_MAX, NODE_UNSIGNED},
		{"0xffffffffffffffffULL", UINT64_MAX, NODE_UNSIGNED},
		{"1__0_0", 100, 0}, {"0e99999999999", 0, 0},
		{"1ns", 1, NODE_DURATION}, {"7us", 7000, NODE_DURATION},
		{"10ms", 10000000, NODE_DURATION}, {"2s", 2000000000, NODE_DURATION},
		{"1m", 60000000000, NODE_DURATION}, {"1h", 3600000000000, NODE_DURATION},
		{"1d", 86400000000000, NODE_DURATION},
		{"213503d", 18446659200000000000u, NODE_DURATION | NODE_UNSIGNED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run r;
		struct node *n;

		start(&r, rows[i].text, strlen(rows[i].text));
		n = parse_fragment(r.arena, r.source,
				   (struct span){r.source->base, r.source->len});
		CHECK(n && n->kind == NODE_INT && n->num == rows[i].value &&
		      n->flags == rows[i].flags);
		end(&r);
	}
}

/* Strings may hold any byte, NULs too, and their length says so. */
static void test_string_bytes(void)
{
	static const char text[] = "\"a\\0b\\x00\\377\"";
	struct run r;
	struct node *n;

	start(&r, text, strlen(text));
	n = parse_fragment(r.arena, r.source, (struct span){r.source->base, r.source->len});
	CHECK(n && n->kind == NODE_STRING && n->text.len == 5);
	CHECK(n && !memcmp(n->text.data, "a\0b\0\377", 6));
	end(&r);
}

static void test_fragments(void)
{
	static const struct {
		const char *text;
		bool is_expression;
	} rows[] = {
		{"1 + 2", true}, {"(a) * b // why", true}, {"\"x\"", true}, {"f(1)", true},
		{"", false}, {"1 +", false}, {"a b", false}, {"1.5", false}, {"$0", false},
		{"\"open", false}, {"struct x", false}, {"{ 1 }", true}, {"\"\\q\"", false},
		{"'x'", true}, {"'xy'", false}, {"a = 1", false}, {"08", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run r;

		start(&r, rows[i].text, strlen(rows[i].text));
		CHECK((parse_fragment(r.arena, r.source, (struct span){r.source->base,
				      r.source->len}) != NULL) == rows[i].is_expression);
		end(&r);
	}
}

/* A part of a larger text, at its own place. */
static void test_fragment_inside(void)
{
	struct run r;
	struct node *n;

	start(&r, "xx 1+y yy", 9);
	n = parse_fragment(r.arena, r.source, (struct span){r.source->base + 3, 3});
	CHECK(n && n->kind == NODE_BINARY && n->b->kind == NODE_IDENT);
	CHECK_STR(n ? text_of(&r, n->b) : NULL, "y");
	end(&r);
}

/* prefix, `unit` `count` times, suffix: parsed; the ids of the diagnostics are returned. */
struct outcome {
	unsigned errors, of_id;
	uint64_t ns;
	size_t items;
};

static struct outcome repeat(const char *prefix, const char *unit, size_t count,
			     const char *suffix, enum diag_id id)
{
	struct outcome out = {0};
	struct buf text = {0}, dump = {0};
	struct run r;

	buf_puts(&text, prefix);
	for (size_t i = 0; i < count; i++)
		buf_puts(&text, unit);
	buf_puts(&text, suffix);
	start(&r, buf_str(&text), text.len);
	out.ns = now_ns();
	r.script = parse_script(r.arena, &r.diags, r.source, NULL);
	out.ns = now_ns() - out.ns;
	ast_print(r.script, &dump, NULL, NULL); /* recursion: no tree may be too deep for it */
	out.errors = r.diags.errors;
	out.items = r.script->list.n;
	vec_each(d, &r.diags.list)
		out.of_id += d->id == id;
	buf_free(&dump);
	buf_free(&text);
	end(&r);
	return out;
}

static void check_one(const char *prefix, const char *unit, size_t count, const char *suffix,
		      enum diag_id id)
{
	struct outcome out = repeat(prefix, unit, count, suffix, id);

	if (out.errors != 1 || out.of_id != 1)
		fprintf(stderr, "'%s' '%s' times %zu '%s': %u errors, %u of id %s\n", prefix, unit,
			count, suffix, out.errors, out.of_id, diag_name(id));
	CHECK(out.errors == 1 && out.of_id == 1);
}

/* However deep the nesting: one diagnostic, and no more stack than the limit allows. */
static void test_depth(void)
{
	check_one("begin { $x = ", "(", 200000, "", DIAG_TOO_DEEP);
	check_one("begin { $x = ", "-", 20001, "1; }", DIAG_TOO_DEEP);
	check_one("begin { $x = ", "!", 20001, "1; }", DIAG_TOO_DEEP);
	check_one("begin { $x = ", "(uint8)", 20001, "1; }", DIAG_TOO_DEEP);
	check_one("begin { $x = ", "@x[", 20001, "", DIAG_TOO_DEEP);
	check_one("begin { $x = ", "f(", 20001, "", DIAG_TOO_DEEP);
	check_one("begin { $x = ", "sizeof(", 20001, "", DIAG_TOO_DEEP);
	check_one("begin { $x = ", "{", 20001, "", DIAG_TOO_DEEP);
	check_one("begin { $x = ", "a ? b : ", 20001, "c; }", DIAG_TOO_DEEP);
	check_one("begin { $x = ", "1 + ", 20001, "1; }", DIAG_TOO_DEEP);
	check_one("begin { $x = a", ".b", 20001, "; }", DIAG_TOO_DEEP);
	check_one("begin { $x = a", "[1]", 20001, "; }", DIAG_TOO_DEEP);
	check_one("begin { ", "if (a) { } else ", 20000, "{ } }", DIAG_TOO_DEEP);
	check_one("begin ", "{", 20001, "", DIAG_TOO_DEEP);
	check_one("begin { ", "while 1 { ", 20001, "", DIAG_TOO_DEEP);
	check_one("struct a { ", "struct { ", 20001, "", DIAG_TOO_DEEP);
	check_one("begin { $x = (int ", "*", 20001, ")1; }", DIAG_TOO_DEEP);
	check_one("", "#if 1\n", 20001, "", DIAG_TOO_DEEP);
}

static void test_matched_depth(void)
{
	struct buf text = {0};
	struct run r;

	buf_puts(&text, "begin { $x = ");
	buf_pad(&text, '(', 200000);
	buf_puts(&text, "1");
	buf_pad(&text, ')', 200000);
	buf_puts(&text, "; $y = 1; }");
	parse(&r, buf_str(&text));
	CHECK(r.diags.errors == 1 && r.diags.list.v[0].id == DIAG_TOO_DEEP);
	CHECK(r.script->list.n == 1 && r.script->list.v[0]->b->list.n == 1);
	end(&r);
	buf_free(&text);
}

/* What real scripts do is far from the limits. */
static void test_within_limits(void)
{
	CHECK(repeat("begin { $x = ", "1 + ", 1900, "1; }", 0).errors == 0);
	CHECK(repeat("begin { $x = ", "(", 100, "1))))))))))))))))))))))))))))))))))))))))))))))))"
		     "))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))"
		     , 0).errors > 0); /* unbalanced, not too deep */
	CHECK(repeat("begin { ", "if (a) { } else ", 1000, "{ } }", 0).errors == 0);
	CHECK(repeat("begin {\n", "\t$x = $y + 1;\n", 50000, "}\n", 0).errors == 0);
	CHECK(repeat("begin { f(", "1, ", 100000, "1); }", 0).errors == 0);
	CHECK(repeat("", "kprobe:f { }\n", 50000, "", 0).items == 50000);
}

/*
 * Each of these was, or could be, quadratic: a quarter of a megabyte is read in milliseconds.
 * The bound leaves room for a slow machine and still tells.
 */
static void test_time(void)
{
	static const struct {
		const char *prefix, *unit;
	} rows[] = {
		{"begin { ", "\"\n"}, {"begin { ", "\\\"\n"},
		{"begin { $x = ", "(a*"}, {"begin { $x = ", "(a[1]"},
		{"begin { $x = ", "(typeof("}, {"begin { $x = (a ", "*"},
		{"uprobe:a:", "/a"}, {"", "uprobe:/*:f { }\n"},
		{"", "kprobe:f{a,"}, {"", "a,"}, {"", "a:"},
		{"begin { ", "$x = ; "}, {"begin { ", "a b "},
		{"/*", "*"}, {"begin {", "/**/"}, {"", "#if 0\n#endif\n"},
		{"", "#define A A A\n"}, {"", "}"}, {"", "{"},
		{"", "let "}, {"", "typedef "}, {"fn f(", "$a : int64, "},
		{"#define F(", "a, "}, {"struct a { ", "int a, b; "},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct outcome out = repeat(rows[i].prefix, rows[i].unit,
					    250000 / strlen(rows[i].unit), "", 0);

		if (out.ns > 5000000000)
			fprintf(stderr, "'%s' again and again: %llu ms\n", rows[i].unit,
				(unsigned long long)(out.ns / 1000000));
		CHECK(out.ns < 5000000000);
	}
}

/* #defines that double at every level must not be expanded to the end. */
static void test_define_bomb(void)
{
	struct buf text = {0};
	struct run r;
	uint64_t ns = now_ns();

	buf_puts(&text, "#define A0 1\n");
	for (int i = 1; i < 60; i++)
		buf_printf(&text, "#define A%d A%d + A%d\n", i, i - 1, i - 1);
	buf_puts(&text, "#if A59\n#endif\nbegin { }\n");
	parse(&r, buf_str(&text));
	CHECK(r.diags.errors == 1);
	CHECK(now_ns() - ns < 5000000000);
	end(&r);
	buf_free(&text);
}

static void test_size(void)
{
	struct buf text = {0};
	struct run r;

	buf_puts(&text, "begin { }");
	buf_pad(&text, ' ', (1 << 20) - text.len);
	parse(&r, buf_str(&text));
	CHECK(!r.diags.errors && r.script->list.n == 1);
	end(&r);
	buf_putc(&text, ' ');
	parse(&r, buf_str(&text));
	CHECK(r.diags.errors == 1 && r.diags.list.v[0].id == DIAG_SCRIPT_TOO_LARGE);
	CHECK(r.script->list.n == 0);
	end(&r);
	buf_free(&text);
}

static void test_binary(void)
{
	struct run r;

	start(&r, "begin { }\0", 10);
	r.script = parse_script(r.arena, &r.diags, r.source, NULL);
	CHECK(r.diags.errors == 1 && r.diags.list.v[0].id == DIAG_BINARY_FILE);
	CHECK(r.diags.list.v[0].span.off == r.source->base + 9);
	CHECK(r.script->kind == NODE_SCRIPT && r.script->list.n == 0);
	end(&r);
}

/* One mistake costs one statement: what stands around it is in the tree. */
static void test_recovery(void)
{
	struct run r;

	parse(&r, "begin { $a = 1; $b = ; $c = 3; if (x) { $d = ; $e = 5; } }\n"
		  "kprobe f { }\nkprobe:g { $f = 6; }\nstruct s { int a b; int c; };\n");
	CHECK(r.diags.errors == 4);
	CHECK(r.script->list.n == 3);
	CHECK(item(&r, 0)->b->list.n == 3);
	CHECK(item(&r, 0)->b->list.v[2]->b->list.n == 1);
	CHECK_STR(item(&r, 1)->list.v[0]->text.data, "kprobe:g");
	CHECK(item(&r, 2)->kind == NODE_C_STRUCT && item(&r, 2)->list.n == 2);
	end(&r);
}

/* Several sources share one space of offsets; a second one's places are its own. */
static void test_second_source(void)
{
	struct run r;
	struct source *second;
	struct node *script;
	struct place place;

	parse(&r, "begin { }\n");
	second = source_add(&r.sources, "second", "\nend { $x = ; }", 15);
	script = parse_script(r.arena, &r.diags, second, NULL);
	CHECK(script->list.n == 1 && r.diags.list.n == 1);
	CHECK(source_place(&r.sources, r.diags.list.v[0].span.off, &place));
	CHECK(place.source == second && place.line == 2 && place.col == 12);
	end(&r);
}

static void test_lexer(void)
{
	static const char text[] = "a->b 0..9 $x.0.1 @ @y /* c */ + 'x' \"s\"\n`";
	static const uint8_t kinds[] = {
		TOKEN_NAME, TOKEN_ARROW, TOKEN_NAME, TOKEN_INT, TOKEN_DOT_DOT, TOKEN_INT, TOKEN_VAR,
		TOKEN_DOT, TOKEN_INT, TOKEN_DOT, TOKEN_INT, TOKEN_MAP, TOKEN_MAP, TOKEN_PLUS,
		TOKEN_CHARACTER, TOKEN_STRING, TOKEN_BAD, TOKEN_END, TOKEN_END,
	};
	struct lexer lexer;
	struct run r;

	start(&r, text, strlen(text));
	lex_init(&lexer, r.source, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct token t = lex_next(&lexer);

		if (t.kind != kinds[i])
			fprintf(stderr, "token %zu is a %s\n", i, token_name(t.kind));
		CHECK(t.kind == kinds[i]);
		CHECK(t.new_line == (i == 0 || i == 16));
		CHECK(t.blank == (i == 3 || i == 6 || (i >= 11 && i <= 16)));
	}
	end(&r);
}

static void test_attach(void)
{
	static const struct {
		const char *text, *attach;
	} rows[] = {
		{"kprobe:f { }", "kprobe:f"}, {" \n// c\nk:f,k:g", "k:f"}, {"k:f/p/", "k:f"},
		{"uprobe:/a/b:f/p/", "uprobe:/a/b:f"}, {"UPROBE:/a/b:f /p/", "UPROBE:/a/b:f"},
		{"u:/a:b/c.D {", "u:/a:b/c.D"}, {"u:/a:b/c.D{", "u:/a:b"}, {"u:/a:b/c/{", "u:/a:b"},
		{"u:/a:b/c == d/ {", "u:/a:b"}, {"iter:task:/x/y{", "iter:task:/x/y"},
		{"iter:task/x/{", "iter:task"}, {"u:\"a b, {\":c {", "u:\"a b, {\":c"},
		{"t:a:b*}", "t:a:b*"}, {"k:$1+$2{", "k:$1+$2"}, {"BEGIN{", "BEGIN"}, {"{", ""},
		{"", ""}, {"/p/", ""}, {"\"a\\\"b\":c", "\"a\\\"b\":c"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct lexer lexer;
		struct token t;
		struct run r;

		start(&r, rows[i].text, strlen(rows[i].text));
		lex_init(&lexer, r.source, NULL);
		t = lex_attach(&lexer);
		CHECK(t.kind == TOKEN_ATTACH);
		CHECK_STR(arena_strndup(r.arena, r.source->text + t.off, t.len), rows[i].attach);
		end(&r);
	}
}

static void count_child(struct node *child, void *ctx)
{
	struct buf *names = ctx;

	buf_printf(names, "%s ", node_kind_name(child->kind));
}

/* Children come in the order of the source, whatever members hold them. */
static void test_each_child(void)
{
	struct buf names = {0};
	struct run r;

	parse(&r, "kprobe:a, kprobe:b / 1 / { $x = f() ? \"a\" : 1; g(@x, true) }");
	node_each_child(r.script->list.v[0], count_child, &names);
	CHECK_STR(buf_str(&names), "attach attach int block ");
	buf_reset(&names);
	node_each_child(r.script->list.v[0]->b->list.v[0]->b, count_child, &names);
	CHECK_STR(buf_str(&names), "call string int ");
	buf_reset(&names);
	node_each_child(r.script->list.v[0]->b->list.v[1]->a, count_child, &names);
	CHECK_STR(buf_str(&names), "map bool ");
	buf_free(&names);
	end(&r);
}

int main(void)
{
	test_spans();
	test_literal_values();
	test_string_bytes();
	test_fragments();
	test_fragment_inside();
	test_depth();
	test_matched_depth();
	test_within_limits();
	test_time();
	test_define_bomb();
	test_size();
	test_binary();
	test_recovery();
	test_second_source();
	test_lexer();
	test_attach();
	test_each_child();
	printf("%u checks, %u failed\n", checks_done, checks_failed);
	return checks_failed != 0;
}
