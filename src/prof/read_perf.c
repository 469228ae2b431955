/*
 * read_perf.c - the text of `perf script`, a line at a time. See read.h.
 *
 *   COMM  PID/TID [CPU] FLAGS SECONDS.FRACTION:  PERIOD EVENT:  ARGUMENTS       head
 *   <tab>  ADDRESS SYMBOL+0xOFFSET (MODULE)                                     frames, leaf first
 *     FILE:LINE                                                                 (-F +srcline)
 *   <empty line>
 *
 * Of the head only the event is always there: -F leaves fields out, in this order. A command
 * may hold blanks, so the fixed points are looked for first: the time (digits, point, digits,
 * colon), else the CPU in brackets; what stands left of them is the command and numbers. A
 * sample without a stack has its one frame at the end of the head's line. What recording lost
 * is printed by --show-lost-events.
 *
 * Nothing is allocated per line; a frame costs a comparison with a line that came before
 * (prof_known_line) or one hash of its name and module, a stack one of its frames.
 */
#include "prof/read_int.h"

#include <stdlib.h>

struct cut { const char *s, *end; }; /* what is left of a line */

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
static inline bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline const char *skip_blanks(const char *s, const char *end)
{
	while (s < end && is_blank(*s))
		s++;
	return s;
}

static inline const char *token_end(const char *s, const char *end)
{
	while (s < end && !is_blank(*s))
		s++;
	return s;
}

/* All digits; saturates, since a number that large is no id and no time. */
static bool number(const char *s, const char *end, uint64_t *out)
{
	*out = 0;
	if (s == end)
		return false;
	for (; s < end; s++) {
		if (!is_digit(*s))
			return false;
		if (__builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, *s - '0', out))
			*out = UINT64_MAX / 16;
	}
	return true;
}

/* "SECONDS.FRACTION:" to ns. */
static bool time_token(const char *s, const char *end, uint64_t *ns)
{
	const char *point;
	uint64_t seconds, part = 0, scale = 1000000000;

	if (end - s < 4 || end[-1] != ':' || !is_digit(*s))
		return false;
	end--;
	point = memchr(s, '.', end - s);
	if (!point || point + 1 == end || !number(s, point, &seconds) || seconds > UINT32_MAX)
		return false;
	for (const char *d = point + 1; d < end; d++) {
		if (!is_digit(*d))
			return false;
		if (scale > 1) {
			scale /= 10;
			part += (*d - '0') * scale;
		}
	}
	*ns = seconds * 1000000000 + part;
	return true;
}

static bool cpu_token(const char *s, const char *end, int32_t *cpu)
{
	uint64_t n;

	if (end - s < 3 || *s != '[' || end[-1] != ']' || !number(s + 1, end - 1, &n) || n > 1 << 20)
		return false;
	*cpu = n;
	return true;
}

/* The last token before `end`. */
static struct cut last_token(const char *s, const char *end)
{
	struct cut t;

	while (end > s && is_blank(end[-1]))
		end--;
	t.end = end;
	while (end > s && !is_blank(end[-1]))
		end--;
	t.s = end;
	return t;
}

static bool thread_token(struct cut t, int32_t *pid, int32_t *tid)
{
	const char *slash = memchr(t.s, '/', t.end - t.s);
	uint64_t a, b;

	if (!number(t.s, slash ? slash : t.end, &a) || a > INT32_MAX)
		return false;
	*pid = -1;
	*tid = a;
	if (!slash)
		return true;
	if (!number(slash + 1, t.end, &b) || b > INT32_MAX)
		return false;
	*pid = a;
	*tid = b;
	return true;
}

/* Left of time and CPU: "COMM PID/TID", either may be absent. */
static void read_thread(struct prof_reader *r, const char *s, const char *end)
{
	struct cut t;
	int32_t pid = -1, tid = -1;
	struct profile *p = r->p;
	const struct prof_thread *last = &p->threads.v[r->last_thread];

	s = skip_blanks(s, end);
	t = last_token(s, end);
	if (t.s < t.end && thread_token(t, &pid, &tid))
		end = t.s;
	while (end > s && is_blank(end[-1]))
		end--;
	if (last->pid != pid || last->tid != tid || prof_text_len(p, last->comm) != (size_t)(end - s) ||
	    memcmp(prof_text(p, last->comm), s, end - s) != 0)
		r->last_thread = prof_thread(p, s, end - s, pid, tid);
	r->sample.thread = r->last_thread;
	if (tid >= 0 || end > s)
		p->has_threads = true;
}

/* "PERIOD EVENT: rest" or "EVENT: rest"; what follows is the event's own. */
static bool read_event(struct prof_reader *r, const char *s, const char *end, struct cut *rest)
{
	const char *stop = token_end(s = skip_blanks(s, end), end);
	uint64_t period = 1;
	bool has_period = number(s, stop, &period);

	if (has_period)
		stop = token_end(s = skip_blanks(stop, end), end);
	if (stop - s < 2 || stop[-1] != ':')
		return false;
	r->sample.weight = has_period && r->options.weight == PROF_WEIGHT_PERIOD ? MAX_OF(period, (uint64_t)1) : 1;
	if (has_period && r->options.weight == PROF_WEIGHT_PERIOD && !r->p->unit[0] && period > 1)
		strcpy(r->p->unit, "period");
	r->sample.event = prof_event(r->p, s, stop - s - 1);
	*rest = (struct cut){skip_blanks(stop, end), end};
	return true;
}

/*
 * Without time and CPU: "COMM PID/TID PERIOD EVENT:", the event being the first token that ends
 * in a colon and has a number, or nothing at all, before it.
 */
static bool head_without_time(struct prof_reader *r, const char *s, const char *end, struct cut *rest)
{
	const char *from = s;

	for (const char *t = skip_blanks(s, end); t < end;) {
		const char *stop = token_end(t, end);

		if (stop - t >= 2 && stop[-1] == ':') {
			struct cut before = last_token(s, t), id;
			uint64_t n;

			id = last_token(s, before.s);
			from = number(before.s, before.end, &n) && id.s < id.end && is_digit(*id.s) ? before.s : t;
			if (from == s && !is_digit(*s))
				from = t;
			if (!read_event(r, from, end, rest))
				return false;
			read_thread(r, s, from);
			return true;
		}
		t = skip_blanks(stop, end);
	}
	return false;
}

/* True when the line is a head: the sample is filled, `rest` what stands after the event. */
static bool read_head(struct prof_reader *r, const char *line, const char *end, struct cut *rest)
{
	r->sample = (struct prof_sample){.cpu = -1, .weight = 1, .source = r->options.source};
	for (const char *t = skip_blanks(line, end), *cpu_at = NULL; t < end;) {
		const char *stop = token_end(t, end);

		if (*t == '[' && cpu_token(t, stop, &r->sample.cpu))
			cpu_at = t;
		if (is_digit(*t) && time_token(t, stop, &r->sample.time)) {
			if (!read_event(r, stop, end, rest))
				return false;
			read_thread(r, line, cpu_at ? cpu_at : t);
			r->p->has_time = true;
			return true;
		}
		if (stop[-1] == ':') { /* the event: there is no time */
			struct cut before = last_token(line, t);
			uint64_t n;

			if (!cpu_at)
				break;
			if (!read_event(r, number(before.s, before.end, &n) ? before.s : t, end, rest))
				return false;
			read_thread(r, line, cpu_at);
			return true;
		}
		t = skip_blanks(stop, end);
	}
	return head_without_time(r, line, end, rest);
}

/* "+0x1f" at the end of a symbol is where in it, not which. */
static inline const char *without_offset(const char *s, const char *end)
{
	const char *e = end;

	while (e > s && is_hex(e[-1]))
		e--;
	return e < end && e - s > 3 && e[-1] == 'x' && e[-2] == '0' && e[-3] == '+' ? e - 3 : end;
}

/* The module stands in the last brackets; a file that was removed has brackets of its own. */
static struct cut module_of(const char *s, const char *end)
{
	static const char deleted[] = " (deleted))";
	size_t n = sizeof(deleted) - 1;
	const char *from = end, *open;

	if (end == s || end[-1] != ')')
		return (struct cut){end, end};
	if ((size_t)(end - s) > n && !memcmp(end - n, deleted, n))
		from = end - n;
	while ((open = memrchr(s, '(', from - s))) {
		if (open > s && is_blank(open[-1]))
			return (struct cut){open + 1, end - 1};
		from = open;
	}
	return *s == '(' ? (struct cut){s + 1, end - 1} : (struct cut){end, end};
}

/* The last "->"; NULL: there is none. */
static const char *last_arrow(const char *s, const char *end)
{
	while ((end = memrchr(s, '>', end - s)))
		if (end > s && end[-1] == '-')
			return end - 1;
	return NULL;
}

/* Names that a JVM's map holds for inlined methods: "outer->inner". Leaf first: the last first. */
static void push_split(struct prof_reader *r, const char *s, const char *end, struct cut module,
		       enum prof_kind kind)
{
	const char *arrow, *from = end;

	while (from - s > 2 && r->frames.n <= PROF_MAX_DEPTH && (arrow = last_arrow(s, from))) {
		if (arrow - s >= 8 && !memcmp(arrow - 8, "operator", 8))
			break; /* C++'s own name */
		if (arrow + 2 < from)
			vec_push(&r->frames, prof_frame(r->p, arrow + 2, from - arrow - 2, module.s,
							module.end - module.s, PROF_INLINED));
		from = arrow;
	}
	if (from > s)
		vec_push(&r->frames, prof_frame(r->p, s, from - s, module.s, module.end - module.s, kind));
}

static void push_frame(struct prof_reader *r, const char *s, const char *end, uint64_t address)
{
	struct cut module = module_of(s, end);
	const char *stop = module.s < module.end || module.s != end ? module.s - 1 : end;
	enum prof_kind kind = prof_kind_of(module.s, module.end - module.s);

	while (stop > s && is_blank(stop[-1]))
		stop--;
	stop = without_offset(s, stop);
	if (r->frames.n > PROF_MAX_DEPTH)
		return; /* prof_stack counts it as cut */
	r->p->quality.frames++;
	if (stop == s || (stop - s == 9 && !memcmp(s, "[unknown]", 9))) {
		r->p->quality.unknown++;
		if (address >> 63 && kind == PROF_USER)
			kind = PROF_KERNEL;
		vec_push(&r->frames, prof_frame(r->p, "[unknown]", 9, module.s, module.end - module.s, kind));
		return;
	}
	if (memchr(s, '>', stop - s))
		push_split(r, s, stop, module, kind);
	else
		vec_push(&r->frames, prof_frame(r->p, s, stop - s, module.s, module.end - module.s, kind));
}

/* "file.c:12" under a frame (-F +srcline): belongs to the frame above. */
static bool take_place(struct prof_reader *r, const char *s, const char *end)
{
	const char *colon = memrchr(s, ':', end - s);
	uint64_t line;

	if (!colon || colon == s || !number(colon + 1, end, &line) || line > INT32_MAX)
		return false;
	if (r->frames.n && r->wanted) {
		struct prof_frame f = r->p->frames.v[vec_last(&r->frames)];

		f.file = prof_string(r->p, s, colon - s);
		f.line = line;
		vec_last(&r->frames) = prof_frame_at(r->p, &f);
	}
	return true;
}

static void close_sample(struct prof_reader *r)
{
	struct profile *p = r->p;

	if (!r->open)
		return;
	r->open = false;
	if (!r->wanted) {
		p->quality.other_events++;
	} else {
		p->quality.samples++;
		if (!r->frames.n)
			p->quality.no_stack++;
		r->sample.stack = prof_stack(p, r->frames.v, r->frames.n);
		prof_add(p, &r->sample);
	}
	r->frames.n = 0;
}

/* One frame after the head, as perf prints it when there are no stacks: "ADDRESS SYMBOL (MODULE)". */
static void take_rest(struct prof_reader *r, struct cut rest)
{
	const char *s = rest.s;

	while (s < rest.end && is_hex(*s))
		s++;
	if (s - rest.s >= 3 && s < rest.end && is_blank(*s) && rest.end[-1] == ')')
		push_frame(r, skip_blanks(s, rest.end), rest.end, 0);
}

static void take_lost(struct prof_reader *r, const char *line, const char *end)
{
	const char *at = memmem(line, end - line, "PERF_RECORD_LOST", 16), *lost;
	uint64_t n = 0;

	lost = memmem(at, end - at, "lost ", 5);
	if (lost)
		number(lost + 5, token_end(lost + 5, end), &n);
	r->p->quality.lost += MAX_OF(n, (uint64_t)1);
}

static void take_head(struct prof_reader *r, const char *line, const char *end)
{
	struct cut rest;

	if (memmem(line, end - line, "PERF_RECORD_LOST", 16)) {
		take_lost(r, line, end);
		return;
	}
	close_sample(r);
	if (!read_head(r, line, end, &rest)) {
		if (!memmem(line, end - line, "PERF_RECORD_", 12))
			prof_read_bad_line(r);
		return;
	}
	r->open = true;
	r->wanted = prof_read_event_wanted(r, r->sample.event);
	if (r->wanted)
		take_rest(r, rest);
}

/* Where a frame's line is remembered; NULL: it is not as perf writes them, or too long. */
static inline struct prof_known_line *known_line(struct prof_reader *r, const char *line, size_t len)
{
	uint64_t low;

	/* "\t%16llx ": the low half of the address */
	if (*line != '\t' || len < 18 || len > PROF_KNOWN_LINE || !r->open || !r->wanted)
		return NULL;
	memcpy(&low, line + 9, sizeof(low));
	return &r->known[((low ^ len) * 0x9e3779b97f4a7c15u >> 32) % PROF_KNOWN_LINES];
}

static void take_indented(struct prof_reader *r, const char *line, const char *end);

/* The same as take_indented; lines that are one frame with a name are remembered. */
static void take_frame(struct prof_reader *r, struct prof_known_line *known, const char *line, size_t len)
{
	struct prof_quality *quality = &r->p->quality;
	uint64_t unknown = quality->unknown, frames = quality->frames;
	size_t n = r->frames.n;

	if (known->len == len && !memcmp(known->text, line, len) && n <= PROF_MAX_DEPTH) {
		quality->frames++;
		vec_push(&r->frames, known->frame);
		return;
	}
	take_indented(r, line, line + len);
	if (r->frames.n == n + 1 && quality->frames == frames + 1 && quality->unknown == unknown) {
		known->frame = vec_last(&r->frames);
		known->len = len;
		memcpy(known->text, line, len);
	}
}

/* A line that begins with a blank: a frame, a place in a source, or a head set to the right. */
static void take_indented(struct prof_reader *r, const char *line, const char *end)
{
	const char *s = skip_blanks(line, end), *t = s;
	uint64_t address = 0;

	if (s == end) {
		close_sample(r);
		return;
	}
	if (*line == ' ' && (!r->open || memchr(s, ':', end - s)) && memmem(s, end - s, ": ", 2)) {
		struct prof_sample kept = r->sample;
		struct cut rest;

		if (!r->open || end[-1] != ')' || !is_hex(*s)) {
			take_head(r, line, end);
			return;
		}
		/* A frame whose name holds ": " or a head: only a head has a time. */
		if (read_head(r, line, end, &rest) && r->sample.time) {
			r->sample = kept;
			take_head(r, line, end);
			return;
		}
		r->sample = kept;
	}
	if (!r->open) {
		prof_read_bad_line(r);
		return;
	}
	if (!r->wanted)
		return;
	for (; t < end && is_hex(*t); t++)
		address = address << 4 | (is_digit(*t) ? *t - '0' : (*t | 32) - 'a' + 10);
	if (t == s || t < end ? !is_blank(*t) : false)
		t = s; /* -F without ip: the name comes first */
	if (end[-1] != ')' && t == s && take_place(r, s, end))
		return;
	push_frame(r, t == s ? s : skip_blanks(t, end), end, address);
}

void prof_read_perf_begin(struct prof_reader *r)
{
	r->known = xcalloc(PROF_KNOWN_LINES, sizeof(*r->known));
}

void prof_read_perf_line(struct prof_reader *r, const char *line, size_t len)
{
	const char *end = line + len;
	struct prof_known_line *known;

	if (!len)
		close_sample(r);
	else if ((known = known_line(r, line, len)))
		take_frame(r, known, line, len);
	else if (is_blank(*line))
		take_indented(r, line, end);
	else if (*line != '#')
		take_head(r, line, end);
}

void prof_read_perf_end(struct prof_reader *r)
{
	close_sample(r);
}
