/* prof_tree.c - samples to trees: folding, names, threads, selection, comparison; written and read again. */
#include "prof_test.h"

#include "draw/picture.h"
#include "prof/label.h"
#include "prof/select.h"

/* Adds a sample: "root;...;leaf" with kinds and modules by name. */
static void add(struct profile *p, const char *stack, uint64_t weight, const struct prof_sample *as)
{
	struct prof_sample s = as ? *as : (struct prof_sample){.cpu = -1};
	uint32_t frames[64];
	size_t n = 0;

	for (const char *end = stack + strlen(stack); end > stack;) {
		const char *semicolon = memrchr(stack, ';', end - stack), *from = semicolon ? semicolon + 1 : stack;
		const char *at = memchr(from, '@', end - from); /* name@module */
		const char *module = at ? at + 1 : end;

		frames[n++] = prof_frame(p, from, (at ? at : end) - from, module, end - module,
					 prof_kind_of(module, end - module));
		end = semicolon ? semicolon : stack;
	}
	s.weight = weight;
	s.stack = prof_stack(p, frames, n);
	prof_add(p, &s);
}

static void expect(struct profile *p, struct tree_options options, const char *expected)
{
	char *is = folded_with(p, options);

	CHECK_STR(is, expected);
	free(is);
}

/* One name is one node, whatever it was made of; where places count they stay apart. */
static void equal_names(void)
{
	struct profile *p = profile_new();
	struct tree *t;

	add(p, "main;f(int)@/a;x", 1, NULL);
	add(p, "main;f(long)@/a;x", 2, NULL);
	add(p, "main;f@/b;x", 4, NULL);
	add(p, "main;g;x", 8, NULL);
	expect(p, (struct tree_options){0}, "main;f;x 7\nmain;g;x 8\n");
	expect(p, (struct tree_options){.whole_names = true},
	       "main;f(int);x 1\nmain;f(long);x 2\nmain;f;x 4\nmain;g;x 8\n");
	expect(p, (struct tree_options){.reverse = true}, "x;f;main 7\nx;g;main 8\n");
	t = tree_new(p, &(struct tree_options){.places = true});
	CHECK(t->nodes.n == 8); /* root, main, f of /a and of /b with an x each, g with one */
	CHECK(t->nodes.v[0].total == 15 && t->depth == 3);
	tree_free(t);
	profile_free(p);
}

/* The same stacks in any order give the same text. */
static void any_order(void)
{
	static const char *const stacks[] = {"a;b;c", "a;b", "a-b;c", "a", "", "a;b;c;d", "z;a", "a:b"};
	const size_t n = ARRAY_SIZE(stacks);
	char *first = NULL;

	for (size_t turn = 0; turn < n; turn++) {
		struct profile *p = profile_new();
		char *is;

		for (size_t i = 0; i < n; i++)
			add(p, stacks[(i * 5 + turn) % n], (i * 5 + turn) % n + 1, NULL);
		is = folded(p);
		if (!first)
			first = strdup(is);
		CHECK_STR(is, first);
		free(is);
		profile_free(p);
	}
	CHECK_STR(first, "[no stack] 5\na 4\na-b;c 3\na:b 8\na;b 2\na;b;c 1\na;b;c;d 6\nz;a 7\n");
	free(first);
}

/* A process's root and a frame of the same name are two; so are threads of one process, if asked. */
static void threads(void)
{
	struct profile *p = profile_new();
	struct prof_sample one = {.cpu = -1}, two = {.cpu = -1};

	one.thread = prof_thread(p, "a b", 3, 10, 11);
	two.thread = prof_thread(p, "a b", 3, 10, 12);
	add(p, "a_b;f", 1, NULL);
	add(p, "f", 2, &one);
	add(p, "f", 4, &two);
	add(p, "", 8, &two);
	p->has_threads = true;
	expect(p, (struct tree_options){0}, "a_b 8\na_b;f 6\na_b;f 1\n");
	expect(p, (struct tree_options){.by_pid = true}, "a_b-10 8\na_b-10;f 6\na_b;f 1\n");
	expect(p, (struct tree_options){.by_tid = true}, "a_b-10/11;f 2\na_b-10/12 8\na_b-10/12;f 4\na_b;f 1\n");
	expect(p, (struct tree_options){.no_comm = true}, "[no stack] 8\na_b;f 1\nf 6\n");
	profile_free(p);
}

static void labels(void)
{
	static const struct { const char *name, *module, *label; } cases[] = {
		{"std::vector<int>::push_back(int&&)", "/a", "std::vector<int>::push_back"},
		{"(anonymous namespace)::run(int)", "/a", "(anonymous namespace)::run"},
		{"net/http.(*conn).serve", "/a", "net/http.(*conn).serve"},
		{"a;b\tc\n\x7f", "/a", "a:b_c__"}, {"\"quoted\"'", "/a", "quoted"}, {"\"\"", "/a", "\"\""},
		{"[unknown]", "/lib/libx.so", "[libx.so]"}, {"[unknown]", "[unknown]", "[unknown]"},
		{"", "", "[unknown]"},
		{"(int)", "/a", "(int)"}, {"Lorg/foo/Bar;::run", "/tmp/perf-1.map", "org/foo/Bar:::run"},
		{"[unknown]", "/a/b;c\n", "[b:c_]"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct profile *p = profile_new();
		struct buf out = {0};

		const char *name = cases[i].name, *module = cases[i].module;
		size_t len = strlen(module);

		prof_label(p, prof_frame(p, name, strlen(name), module, len, prof_kind_of(module, len)), &out);
		CHECK_STR(buf_str(&out), cases[i].label);
		buf_free(&out);
		profile_free(p);
	}
}

/* What is written in any format is read back as the same folded stacks, whatever names hold. */
static void there_and_back(void)
{
	static const enum prof_format formats[] = {PROF_FOLDED, PROF_PPROF, PROF_SPEEDSCOPE, PROF_PERF};
	struct profile *p = profile_new();
	struct tree *t;
	char *expected;

	add(p, "a b 12;c;d\\e\"f\n", 3, NULL); /* a blank and a number at a name's end */
	add(p, "a b 12;<&>;\xff\xfe;\xc3\xa4", 4, NULL);
	add(p, "x 1.5", 5, NULL);
	expected = folded(p);
	CHECK_STR(expected, "a b 12;<&>;\xff\xfe;\xc3\xa4 4\na b 12;c;d\\ef_ 3\nx_1.5 5\n");
	t = tree_new(p, &(struct tree_options){0});
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct buf out = {0};
		struct reading got;
		char *is;

		if (formats[i] == PROF_FOLDED)
			write_folded(t, &out, NULL);
		else if (formats[i] == PROF_PPROF)
			write_pprof(p, &out);
		else if (formats[i] == PROF_SPEEDSCOPE)
			write_speedscope(p, "x", &out, NULL);
		else
			write_perf(p, &out, NULL);
		got = read_pieces(formats[i], out.data, out.len, 5, NULL);
		CHECK(!got.err && profile_total(got.p) == 12);
		is = folded_with(got.p, (struct tree_options){.no_comm = true});
		if (formats[i] == PROF_SPEEDSCOPE) /* JSON is UTF-8: what is none is replaced */
			CHECK(strstr(is, "<&>;\xef\xbf\xbd\xef\xbf\xbd;\xc3\xa4 4\n"));
		else
			CHECK_STR(is, expected);
		free(is);
		profile_free(got.p);
		buf_free(&out);
	}
	free(expected);
	tree_free(t);
	profile_free(p);
}

static struct profile *timed(void)
{
	struct profile *p = profile_new();
	uint32_t a = prof_thread(p, "app", 3, 10, 10), b = prof_thread(p, "app", 3, 10, 11);

	p->has_time = p->has_threads = true;
	for (int i = 0; i < 40; i++)
		add(p, i % 4 ? "main;work;leaf" : "main;wait", 1,
		    &(struct prof_sample){.time = 7000000000ull + i * 100000000ull, .thread = i % 2 ? a : b,
					  .cpu = i % 3});
	return p;
}

static void selections(void)
{
	static const struct { struct prof_select select; int64_t left; } cases[] = {
		{{0}, 40}, {{.process = "app"}, 40}, {{.process = "10"}, 40}, {{.process = "ap"}, 0},
		{{.thread = "11"}, 20}, {{.cpus = "0"}, 14}, {{.cpus = "1-2"}, 26}, {{.cpus = "7"}, 0},
		{{.time = "1..2"}, 10}, {{.time = "..0.5"}, 5}, {{.time = "3.9.."}, 1}, {{.match = "^wai"}, 10},
		{{.below = "work"}, 30}, {{.match = "work", .below = "wait"}, 0},
		{{.time = "2..1"}, -EINVAL}, {{.time = "x..1"}, -EINVAL}, {{.time = "1"}, -EINVAL},
		{{.time = "nan..1"}, -EINVAL}, {{.cpus = "2-"}, -EINVAL}, {{.cpus = ""}, -EINVAL},
		{{.cpus = "99999999"}, -EINVAL}, {{.match = "("}, -EINVAL}, {{.match = "a", .below = "["}, -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct profile *p = timed();
		const char *why = NULL;
		int64_t left = profile_select(p, &cases[i].select, &why);

		CHECK(left == cases[i].left);
		CHECK(left >= 0 ? (uint64_t)left == p->samples.n : why && *why);
		if (cases[i].select.below && left > 0)
			expect(p, (struct tree_options){.no_comm = true}, "work;leaf 30\n");
		profile_free(p);
	}
}

/* A and A: no node differs, nothing is coloured. A and twice A: with normalize nothing does. */
static void compared(void)
{
	for (unsigned times = 1; times <= 2; times++) {
		struct profile *p = profile_new();
		struct picture_options o = {.normalize = true};
		struct tree *t;
		unsigned differ = 0;

		for (uint16_t source = 0; source < 2; source++) {
			const struct prof_sample as = {.cpu = -1, .source = source};

			add(p, "a;b", 3 * (source ? times : 1), &as);
			add(p, "a;c;d", 5 * (source ? times : 1), &as);
		}
		t = tree_new(p, &(struct tree_options){.compare = true});
		for (uint32_t i = 0; i < t->nodes.n; i++) {
			struct weights w = picture_weights(t, &o, i);

			CHECK(w.before == w.after && w.after > 0);
			differ += t->nodes.v[i].total != t->total_b.v[i];
		}
		CHECK(differ == (times == 1 ? 0 : t->nodes.n));
		tree_free(t);
		expect(p, (struct tree_options){.compare = true},
		       times == 1 ? "a;b 3 3\na;c;d 5 5\n" : "a;b 3 6\na;c;d 5 10\n");
		profile_free(p);
	}
}

int main(void)
{
	equal_names();
	any_order();
	threads();
	labels();
	there_and_back();
	selections();
	compared();
	return unit_result();
}
