/*
 * label.c - see label.h.
 *
 *   std::vector<int>::push_back(int&&)      std::vector<int>::push_back
 *   (anonymous namespace)::run(int)         (anonymous namespace)::run
 *   net/http.(*conn).serve                  as it is: a method of Go
 *   Lorg/foo/Bar;::run  (from a JIT's map)  org/foo/Bar:::run
 *   [unknown] (/usr/lib/libx.so.1)          [libx.so.1]
 */
#include "prof/label.h"

static void put(struct buf *out, const char *s, size_t len, bool quotes)
{
	for (size_t i = 0; i < len; i++) {
		unsigned control = utf8_control(s + i, len - i);

		if (!quotes && (s[i] == '"' || s[i] == '\''))
			continue;
		buf_putc(out, s[i] == ';' ? ':' : control ? '_' : s[i]);
		i += control > 1;
	}
}

static bool is_go_method(const char *s, size_t len)
{
	const char *open = memmem(s, len, ".(", 2);

	return open && memmem(open, len - (open - s), ").", 2);
}

static size_t without_arguments(const char *s, size_t len)
{
	static const char anonymous[] = "(anonymous namespace)";

	if (is_go_method(s, len))
		return len;
	for (size_t i = 0; i < len; i++)
		if (s[i] == '(' &&
		    (len - i < sizeof(anonymous) - 1 || memcmp(s + i, anonymous, sizeof(anonymous) - 1) != 0))
			return i;
	return len;
}

void prof_label(const struct profile *p, uint32_t frame, struct buf *out)
{
	const struct prof_frame *f = &p->frames.v[frame];
	const char *s = prof_text(p, f->name);
	size_t len = prof_text_len(p, f->name), before = out->len;

	if (len == 9 && !memcmp(s, "[unknown]", 9)) {
		const char *module = prof_text(p, f->module), *slash = strrchr(module, '/');

		if (!*module || str_eq(module, "[unknown]")) {
			buf_puts(out, "[unknown]");
			return;
		}
		buf_putc(out, '[');
		put(out, slash ? slash + 1 : module, strlen(slash ? slash + 1 : module), true);
		buf_putc(out, ']');
		return;
	}
	if ((f->kind == PROF_JIT ||
	     str_starts(prof_text(p, f->module), "/tmp/perf-")) && len > 1 && *s == 'L' && memchr(s, '/', len)) {
		s++;
		len--;
	}
	put(out, s, without_arguments(s, len), false);
	if (out->len == before)
		put(out, s, len, true);
	if (out->len == before)
		buf_puts(out, "[unknown]");
}

void prof_label_whole(const struct profile *p, uint32_t frame, struct buf *out)
{
	const struct prof_frame *f = &p->frames.v[frame];

	if (!prof_text_len(p, f->name))
		buf_puts(out, "[unknown]");
	put(out, prof_text(p, f->name), prof_text_len(p, f->name), true);
}

void prof_label_comm(const struct profile *p, uint32_t thread, struct buf *out)
{
	const char *s = prof_text(p, p->threads.v[thread].comm);
	size_t from = out->len;

	put(out, s, strlen(s), true);
	for (; from < out->len; from++)
		if (out->data[from] == ' ')
			out->data[from] = '_';
}
