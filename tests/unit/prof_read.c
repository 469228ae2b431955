/* prof_read.c - readers of profiles: forms that are meant to be read, and input made to break them. */
#include "prof_test.h"

#include "prof/proto.h"

static void perf_forms(void)
{
	expect_folded(PROF_PERF,
		      "app 1/2 [003] 5.000001:    250000 cpu-clock:u: \n"
		      "\t    401000 leaf(int)+0x10 (/usr/bin/a)\n"
		      "\t    401100 main+0x1 (/usr/bin/a)\n\n",
		      "app;main;leaf 250000\n");
	/* neither the end of the sample nor of the line has come */
	expect_folded(PROF_PERF, "app 1 5.1: 7 ev: \n\t 401000 f (/x)", "app;f 7\n");
	expect_folded(PROF_PERF, "app 1 5.1: 7 ev: \r\n\t 401000 f (/x)\r\n\r\n", "app;f 7\n");
	/* a comm with blanks and digits, a name with ';', a module with a blank */
	expect_folded(PROF_PERF, "a b 3 1/2 5.1: 7 ev: \n\t 401000 x;y (/a b/d)\n\n", "a_b_3;x:y 7\n");
}

/*
 * Lines that came before are known again only where they begin with a tab: the same recording set to
 * the right by blanks must be the same stacks. Different lines share address and length here.
 */
static void perf_repeated_lines(void)
{
	static const char *const names[] = {"work", "loop", "[unknown]", "outer->inner", "operator->", "std::f(int)"};
	char module_name[141] = "";
	struct buf text[2] = {{0}};
	struct reading got[2];
	char *is[2];
	unsigned seed = 7;

	memset(module_name, 'm', sizeof(module_name) - 1);
	for (int sample = 0; sample < 4000; sample++) {
		int event = rand_r(&seed) % 4;

		for (int blanks = 0; blanks < 2; blanks++)
			buf_printf(&text[blanks], "app 1 %d.5: 3 %s: \n", sample + 1, event ? "one" : "other");
		for (int depth = rand_r(&seed) % 8; depth > 0; depth--) {
			int name = rand_r(&seed) % ARRAY_SIZE(names), width = rand_r(&seed) % 5;
			unsigned address = rand_r(&seed) % 3, module = rand_r(&seed) % 3;
			bool place = rand_r(&seed) % 8 == 0;

			for (int blanks = 0; blanks < 2; blanks++) {
				buf_printf(&text[blanks], "%s%16x %s+0x%x (/%.*s%u)\n", blanks ? "        " : "\t",
					   0x1000 + address, names[name], 16 + module, width ? 136 + width : 3,
					   module_name, module);
				if (place)
					buf_printf(&text[blanks], "  source.c:%d\n", name + 1);
			}
		}
		for (int blanks = 0; blanks < 2; blanks++)
			buf_printf(&text[blanks], "\n");
	}
	for (int blanks = 0; blanks < 2; blanks++) {
		got[blanks] = read_pieces(PROF_PERF, text[blanks].data, text[blanks].len, 4096, NULL);
		is[blanks] = folded(got[blanks].p);
		CHECK(!got[blanks].err && !got[blanks].p->quality.bad_lines);
		CHECK(got[blanks].p->quality.samples + got[blanks].p->quality.other_events == 4000);
	}
	CHECK_STR(is[0], is[1]);
	CHECK(!memcmp(&got[0].p->quality, &got[1].p->quality, sizeof(got[0].p->quality)));
	for (int blanks = 0; blanks < 2; blanks++) {
		free(is[blanks]);
		profile_free(got[blanks].p);
		buf_free(&text[blanks]);
	}
}

static void perf_hostile(void)
{
	static const char *const texts[] = {
		"\t\n\t\n", " : \n", ":\n", "[]\n[0]\n", "1.1:\n", "a 1 99999999999999999999.1: 1 e: \n", "\t0 f (\n",
		"a 1 5.: e: \n", "a 1/ 5.1: e: \n", "a 1/99999999999 5.1: e: \n",
		"a 5.1: 18446744073709551616 e: \n\t0 f ()\n", "PERF_RECORD_LOST\n", "PERF_RECORD_LOST lost\n",
		"a 1 5.1: e: \n\t0 -> (x)\n\t0 ->->-> (x)\n\t0 a->b-> (x)\n",
		"a 1 5.1: e: \n\t+0x (x)\n\t0+0x0 (x)\n\t (deleted))\n\t( (deleted))\n",
		"\x80\xff\xfe: \n\t\xc0 (\xff)\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (size_t piece = 1; piece < 8; piece += 3) {
			struct reading whole = read_text(PROF_PERF, texts[i]);
			struct reading cut = read_pieces(PROF_PERF, texts[i], strlen(texts[i]), piece, NULL);
			char *a = folded(whole.p), *b = folded(cut.p);

			CHECK_STR(a, b);
			CHECK(whole.err == cut.err && (!whole.err || whole.err == -EINVAL));
			free(a);
			free(b);
			profile_free(whole.p);
			profile_free(cut.p);
		}
}

static void perf_lost(void)
{
	struct reading got = read_text(PROF_PERF, "a 1 5.1: e: \n\t0 f (x)\n\n"
				       "a 1 5.2: PERF_RECORD_LOST lost 40\na 1 5.3: PERF_RECORD_LOST lost 2\n"
				       "what is this\n");

	CHECK(!got.err && got.p->samples.n == 1 && got.p->quality.lost == 42);
	CHECK(got.p->quality.bad_lines == 1 && got.p->quality.first_bad_line == 6);
	profile_free(got.p);
}

static void perf_events(void)
{
	static const char text[] = "a 1 5.1: 10 cycles: \n\t0 f (x)\n\na 1 5.2: 3 faults: \n\t0 g (x)\n\n";
	static const struct { const char *event; enum prof_weight weight; const char *expected; } cases[] = {
		{NULL, PROF_WEIGHT_PERIOD, "a;f 10\n"}, {"faults", PROF_WEIGHT_PERIOD, "a;g 3\n"},
		{"*", PROF_WEIGHT_SAMPLES, "a;f 1\na;g 1\n"}, {"none", PROF_WEIGHT_PERIOD, ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct prof_read_options o = {.event = cases[i].event, .weight = cases[i].weight};
		struct reading got = read_pieces(PROF_PERF, text, sizeof(text) - 1, sizeof(text), &o);
		char *is = folded(got.p);

		CHECK_STR(is, cases[i].expected);
		CHECK(got.p->quality.other_events + got.p->quality.samples == 2);
		free(is);
		profile_free(got.p);
	}
}

static void folded_forms(void)
{
	expect_folded(PROF_FOLDED, "a;b 2\na;b 3\nc 1\n", "a;b 5\nc 1\n");
	expect_folded(PROF_FOLDED, "a;b 2.5\na;c 1.49\n", "a;b 3\na;c 1\n");
	expect_folded(PROF_FOLDED, "a;b 2 7\n", "a;b 7\n"); /* of two profiles the second */
	expect_folded(PROF_FOLDED, "a b;c d 4  \r\n# a comment\n\n", "a b;c d 4\n");
	expect_folded(PROF_FOLDED, "a;;b 1\n;a 1\n", "a 1\na;[unknown];b 1\n");
	expect_folded(PROF_FOLDED, "a 18446744073709551616\nb 1\n 5\n", "[no stack] 5\nb 1\n");
	expect_folded(PROF_FOLDED, "a 1e5\nb -1\nc 1\n", "c 1\n");
}

/* A line of a megabyte and more is one bad line; a stack deeper than the bound loses its outermost frames. */
static void too_large(void)
{
	struct buf text = {0};
	struct reading got;

	buf_puts(&text, "good 1\n");
	buf_pad(&text, 'x', PROF_READ_LINE + 10);
	buf_puts(&text, " 1\ngood 2\n");
	got = read_pieces(PROF_FOLDED, text.data, text.len, 1000, NULL);
	CHECK(!got.err && got.p->quality.bad_lines == 1 && got.p->quality.first_bad_line == 2);
	CHECK(profile_total(got.p) == 3);
	profile_free(got.p);
	buf_reset(&text);
	for (size_t i = 0; i < PROF_MAX_DEPTH + 100; i++)
		buf_printf(&text, "f%zu;", i);
	buf_puts(&text, "leaf 1\n");
	got = read_pieces(PROF_FOLDED, text.data, text.len, 64, NULL);
	CHECK(got.p->samples.n == 1 && got.p->quality.cut == 1 && got.p->nodes.n == PROF_MAX_DEPTH + 1);
	profile_free(got.p);
	buf_reset(&text);
	buf_pad(&text, 'n', PROF_MAX_NAME + 1);
	buf_puts(&text, " 1\n");
	got = read_pieces(PROF_FOLDED, text.data, text.len, text.len, NULL);
	CHECK(got.p->samples.n == 1 && prof_text_len(got.p, got.p->frames.v[1].name) == PROF_MAX_NAME);
	profile_free(got.p);
	buf_free(&text);
}

static void weights_saturate(void)
{
	expect_folded(PROF_FOLDED, "a 18446744073709551615\na 5\nb 1\n", "a 18446744073709551615\nb 1\n");
}

/* A profile of one sample, made field by field; each `broken` turn leaves something out or puts something wrong. */
static void make_pprof(struct buf *out, int broken)
{
	struct buf m = {0}, inner = {0};

	proto_put_int(&m, 1, 1);
	proto_put_int(&m, 2, broken == 1 ? 1000 : 2); /* a string that is none */
	proto_put_bytes(out, 1, m.data, m.len);
	buf_reset(&m);
	proto_put_varint(&inner, broken == 2 ? 77 : 1); /* a location that is none */
	proto_put_bytes(&m, 1, inner.data, inner.len);
	buf_reset(&inner);
	proto_put_varint(&inner, broken == 3 ? UINT64_MAX : 9); /* less than nothing */
	proto_put_bytes(&m, 2, inner.data, inner.len);
	proto_put_bytes(out, 2, m.data, m.len);
	buf_reset(&m);
	buf_reset(&inner);
	proto_put_int(&inner, 1, broken == 4 ? 99 : 1); /* a function that is none */
	proto_put_int(&m, 1, 1);
	proto_put_bytes(&m, 4, inner.data, inner.len);
	proto_put_bytes(out, 4, m.data, m.len);
	buf_reset(&m);
	proto_put_int(&m, 1, 1);
	proto_put_int(&m, 2, 3);
	proto_put_bytes(out, 5, m.data, m.len);
	for (const char *const *s = (const char *const []){"", "samples", "count", "work", NULL}; *s; s++)
		proto_put_bytes(out, 6, *s, strlen(*s));
	buf_free(&m);
	buf_free(&inner);
}

static void pprof_hostile(void)
{
	static const char *const expected[] = {"work 9\n", "work 9\n", NULL, NULL, NULL};
	struct buf data = {0};

	for (int broken = 0; broken < (int)ARRAY_SIZE(expected); broken++) {
		struct reading got;
		char *is;

		buf_reset(&data);
		make_pprof(&data, broken);
		got = read_pieces(PROF_PPROF, data.data, data.len, data.len, NULL);
		is = folded(got.p);
		if (expected[broken])
			CHECK_STR(is, expected[broken]);
		else
			CHECK(!strstr(is, "work")); /* what is not said is not made up */
		free(is);
		profile_free(got.p);
	}
	buf_reset(&data);
	make_pprof(&data, 0);
	for (size_t len = 0; len < data.len; len++) { /* cut anywhere: an error, or what was whole */
		struct reading got = read_pieces(PROF_PPROF, data.data, len, 3, NULL);

		CHECK(!got.err || (got.err == -EINVAL && *got.why));
		CHECK(got.p->samples.n <= 1);
		profile_free(got.p);
	}
	buf_free(&data);
}

static void speedscope_hostile(void)
{
	static const struct { const char *text, *expected; } cases[] = {
		{"{\"shared\":{\"frames\":[{\"name\":\"a\"},{\"name\":\"b\"}]},\"profiles\":[{\"type\":\"sampled\","
		 "\"unit\":\"none\",\"samples\":[[0,1],[0]],\"weights\":[2,3]}]}", "a 3\na;b 2\n"},
		/* the same the other way round, with a frame that is none and a weight too few */
		{"{\"profiles\":[{\"weights\":[2],\"samples\":[[0,9],[0]],\"type\":\"sampled\"}],"
		 "\"shared\":{\"frames\":[{\"name\":\"a\"}]}}", NULL},
		{"{\"shared\":{\"frames\":[{\"name\":\"a\"},{\"name\":\"b\"}]},\"profiles\":[{\"type\":\"evented\","
		 "\"events\":[{\"type\":\"O\",\"frame\":0,\"at\":0},{\"type\":\"O\",\"frame\":1,\"at\":4},"
		 "{\"type\":\"C\",\"frame\":1,\"at\":6},{\"type\":\"C\",\"frame\":0,\"at\":7}]}]}", "a 5\na;b 2\n"},
		{"{\"shared\":{\"frames\":[{\"name\":\"a\"}]},\"profiles\":[{\"type\":\"evented\","
		 "\"events\":[{\"type\":\"C\",\"frame\":0,\"at\":1},"
		 "{\"type\":\"O\",\"frame\":-1,\"at\":-5e300}]}]}", NULL},
		{"{\"profiles\":[{\"type\":\"sampled\",\"samples\":[[0]],\"weights\":[-1e400]}]}", NULL},
		{"{}", NULL}, {"{\"profiles\":[", NULL}, {"[[[[[[[[", NULL}, {"", NULL},
		{"{\"a\":\"\\ud800\\u00zz\"}", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reading got = read_text(PROF_SPEEDSCOPE, cases[i].text);
		char *is = folded(got.p);

		if (cases[i].expected)
			CHECK_STR(is, cases[i].expected);
		CHECK(!got.err || *got.why);
		CHECK(!cases[i].expected || !got.err);
		free(is);
		profile_free(got.p);
	}
}

/* Open brackets as deep as the text is long: no stack of ours may run out. */
static void deep_json(void)
{
	struct buf text = {0};
	struct reading got;

	buf_puts(&text, "{\"x\":");
	buf_pad(&text, '[', 1 << 20);
	got = read_pieces(PROF_SPEEDSCOPE, text.data, text.len, text.len, NULL);
	CHECK(got.err == -EINVAL && *got.why);
	profile_free(got.p);
	buf_free(&text);
}

static void formats_known(void)
{
	static const struct { const char *text; enum prof_format format; } texts[] = {
		{"app 1 5.1: 1 e: \n", PROF_PERF}, {"# comment\napp 1/2 [000] 5.1: e: \n", PROF_PERF},
		{"a;b;c 12\n", PROF_FOLDED}, {"a 12\n", PROF_FOLDED}, {"  {\"x\": 1}", PROF_SPEEDSCOPE},
		{"\x0a\x04\x08\x01\x10\x02", PROF_PPROF}, {"", PROF_FORMATS}, {"words\n", PROF_FORMATS},
	};
	static const struct { const char *path; enum prof_format format; } paths[] = {
		{"a.perf", PROF_PERF}, {"x/y.folded.gz", PROF_FOLDED}, {"a.pb.gz", PROF_PPROF}, {"a.pprof", PROF_PPROF},
		{"a.speedscope.json", PROF_SPEEDSCOPE}, {"a.json", PROF_JSON}, {"a.html", PROF_HTML},
		{".svg", PROF_FORMATS}, {"svg", PROF_FORMATS}, {"a.what", PROF_FORMATS}, {"", PROF_FORMATS},
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		CHECK(prof_format_of_text(texts[i].text, strlen(texts[i].text)) == texts[i].format);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		CHECK(prof_format_of_path(paths[i].path) == paths[i].format);
}

int main(void)
{
	perf_forms();
	perf_repeated_lines();
	perf_hostile();
	perf_lost();
	perf_events();
	folded_forms();
	too_large();
	weights_saturate();
	pprof_hostile();
	speedscope_hostile();
	deep_json();
	formats_known();
	return unit_result();
}
