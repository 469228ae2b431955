/*
 * top.c - a live view of maps with stacks: what ran since the map was printed last, by CPU, process and
 * function. See output.h.
 *
 *   print(@samples, 0, HZ); clear(@samples)   every second
 *
 *   14:03:22  187 samples in 1.0 s: 1.9 CPUs busy
 *   CPU 0 ████████▌  85%   CPU 1 ██████████ 100%
 *      %CPU     PID PROCESS
 *     103.0    1234 redis-server
 *      SELF   TOTAL FUNCTION
 *      43.1    60.2 dictFind  redis-server
 *
 * The divisor that the map is printed with is how many samples a second of one CPU makes: shares are of
 * one CPU then, else of all that was counted. In a terminal each view takes the place of the one before
 * and fills the window; elsewhere it is a block of its own.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "out/samples.h"
#include "out/stack_key.h"
#include "out/terminal.h"

enum { PIPE_COLUMNS = 100, PIPE_PROCESSES = 10, PIPE_FUNCTIONS = 20, BAR = 10, CPU_CELL = 24, CPU_LINES = 4 };

struct top_output {
	struct output out;
	bool screen;              /* a terminal's */
	unsigned columns, rows;
	uint64_t since;           /* the last view, ns */
};

struct line { /* of a table */
	uint32_t id;              /* frame, thread or CPU */
	uint64_t self, total;
};

struct view { /* being made */
	struct top_output *top;
	struct profile *profile;
	double whole;             /* the weight that is 100 % */
	bool of_cpus;             /* ... and that is a CPU; else all there was */
	VEC(struct line) functions, processes, cpus;
	struct buf text;
	unsigned used;            /* lines */
};

static struct top_output *self(struct output *out)
{
	return (struct top_output *)out;
}

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* ---- counting ---- */

static int by_weight(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->self != y->self)
		return x->self < y->self ? 1 : -1;
	if (x->total != y->total)
		return x->total < y->total ? 1 : -1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int by_id(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* For each frame the one that stands for its function: without its line, or all that have no name. */
static uint32_t *functions_of(struct profile *p, size_t n)
{
	uint32_t *functions = xcalloc(n + 1, sizeof(*functions));

	for (size_t i = 0; i < n; i++) {
		struct prof_frame f = p->frames.v[i];

		f.line = 0;
		if (str_starts(prof_text(p, f.name), "0x"))
			f.name = prof_string(p, "[unknown]", strlen("[unknown]"));
		functions[i] = prof_frame_at(p, &f);
	}
	return functions;
}

struct counting {
	const uint32_t *functions; /* of frames */
	struct line *lines;        /* of functions */
	size_t *seen;              /* the sample a function was seen in last, from 1 */
};

/* A stack gives its leaf its weight, and each function on it once, however often it is there. */
static void count_stack(const struct profile *p, size_t number, struct counting *c)
{
	const struct prof_sample *s = &p->samples.v[number];
	bool leaf = true;

	for (uint32_t node = s->stack; node; node = p->nodes.v[node].parent) {
		uint32_t function = c->functions[p->nodes.v[node].frame];

		if (p->frames.v[function].kind == PROF_ROOT)
			continue;
		if (leaf)
			c->lines[function].self += s->weight;
		if (c->seen[function] != number + 1)
			c->lines[function].total += s->weight;
		c->seen[function] = number + 1;
		leaf = false;
	}
}

static void count_functions(struct view *v)
{
	struct profile *p = v->profile;
	uint32_t *functions = functions_of(p, p->frames.n);
	size_t n = p->frames.n;
	struct counting c = {functions, xcalloc(n + 1, sizeof(*c.lines)), xcalloc(n + 1, sizeof(*c.seen))};

	for (size_t i = 0; i < p->samples.n; i++)
		count_stack(p, i, &c);
	for (size_t i = 0; i < n; i++) {
		c.lines[i].id = (uint32_t)i;
		if (c.lines[i].total)
			vec_push(&v->functions, c.lines[i]);
	}
	if (v->functions.n)
		qsort(v->functions.v, v->functions.n, sizeof(*v->functions.v), by_weight);
	free(functions);
	free(c.lines);
	free(c.seen);
}

static void count_processes(struct view *v)
{
	const struct profile *p = v->profile;
	struct line *lines = xcalloc(p->threads.n + 1, sizeof(*lines));

	for (size_t i = 0; i < p->samples.n; i++)
		lines[p->samples.v[i].thread].self += p->samples.v[i].weight;
	for (size_t i = 0; i < p->threads.n; i++) {
		lines[i].id = (uint32_t)i;
		if (lines[i].self)
			vec_push(&v->processes, lines[i]);
	}
	if (v->processes.n)
		qsort(v->processes.v, v->processes.n, sizeof(*v->processes.v), by_weight);
	free(lines);
}

static struct line *line_of_cpu(struct view *v, uint32_t cpu)
{
	vec_each(it, &v->cpus)
		if (it->id == cpu)
			return it;
	vec_push(&v->cpus, ((struct line){.id = cpu}));
	return &vec_last(&v->cpus);
}

static void count_cpus(struct view *v)
{
	for (size_t i = 0; i < v->profile->samples.n; i++)
		if (v->profile->samples.v[i].cpu >= 0)
			line_of_cpu(v, (uint32_t)v->profile->samples.v[i].cpu)->self += v->profile->samples.v[i].weight;
	if (v->cpus.n)
		qsort(v->cpus.v, v->cpus.n, sizeof(*v->cpus.v), by_id);
}

/* ---- drawing ---- */

static double share(const struct view *v, uint64_t weight)
{
	return v->whole > 0 ? weight * 100.0 / v->whole : 0;
}

/* A line, cut at the window's width: what is beyond a character is left out whole. */
static void end_line(struct view *v, struct buf *line)
{
	const uint8_t *s = (const uint8_t *)buf_str(line);
	size_t n = 0;
	unsigned used = 0;

	while (line->len && s[line->len - 1] == ' ')
		line->len--;
	for (; n < line->len && used < v->top->columns; used++)
		n += MAX_OF(utf8_length(s + n, line->len - n), 1u);
	buf_add(&v->text, s, n);
	buf_puts(&v->text, v->top->screen ? "\033[K\n" : "\n");
	buf_reset(line);
	v->used++;
}

static void put_name(struct buf *line, const char *name)
{
	text_escape(name, strlen(name), line);
}

static void draw_head(struct view *v, uint64_t samples, double seconds)
{
	struct buf line = {0};
	char now[16];
	time_t t = time(NULL);
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(now, sizeof(now), "%H:%M:%S", &tm))
		*now = '\0';
	buf_printf(&line, "%s  %" PRIu64 " samples in %.1f s", now, samples, seconds);
	if (v->of_cpus)
		buf_printf(&line, ": %.1f CPUs busy", share(v, samples) / 100);
	end_line(v, &line);
	buf_free(&line);
}

/* CPU 0 ████████▌  85% */
static void draw_cpu(const struct view *v, const struct line *cpu, struct buf *line)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	double percent = share(v, cpu->self);
	unsigned n = (unsigned)(MIN_OF(percent, 100.0) * BAR * 8 / 100 + 0.5), i;

	buf_printf(line, "CPU %-3u ", cpu->id);
	for (i = 0; i < n / 8; i++)
		buf_puts(line, "█");
	if (n % 8) {
		buf_puts(line, eighths[n % 8]);
		i++;
	}
	for (; i < BAR; i++)
		buf_putc(line, ' ');
	buf_printf(line, "%4.0f%%  ", percent);
}

static void draw_cpus(struct view *v)
{
	size_t per_line = MAX_OF(v->top->columns / CPU_CELL, 1u), shown;
	struct buf line = {0};

	shown = v->top->screen ? MIN_OF(v->cpus.n, per_line * CPU_LINES) : v->cpus.n;
	for (size_t i = 0; i < shown; i++) {
		draw_cpu(v, &v->cpus.v[i], &line);
		if ((i + 1) % per_line == 0 || i + 1 == shown)
			end_line(v, &line);
	}
	if (shown < v->cpus.n) {
		buf_printf(&line, "and %zu more CPUs", v->cpus.n - shown);
		end_line(v, &line);
	}
	buf_free(&line);
}

static void draw_processes(struct view *v, size_t most)
{
	const struct profile *p = v->profile;
	struct buf line = {0};

	if (!p->has_threads)
		return;
	buf_puts(&line, v->of_cpus ? "   %CPU     PID PROCESS" : "  SHARE     PID PROCESS");
	end_line(v, &line);
	for (size_t i = 0; i < v->processes.n && i < most; i++) {
		const struct prof_thread *t = &p->threads.v[v->processes.v[i].id];

		buf_printf(&line, "%7.1f %7d ", share(v, v->processes.v[i].self), t->pid);
		put_name(&line, prof_text(p, t->comm));
		end_line(v, &line);
	}
	buf_free(&line);
}

static void draw_functions(struct view *v, size_t most)
{
	const struct profile *p = v->profile;
	struct buf line = {0};

	buf_puts(&line, "   SELF   TOTAL FUNCTION");
	end_line(v, &line);
	for (size_t i = 0; i < v->functions.n && i < most; i++) {
		const struct line *f = &v->functions.v[i];
		const struct prof_frame *frame = &p->frames.v[f->id];
		const char *module = prof_text(p, frame->module), *slash = strrchr(module, '/');

		buf_printf(&line, "%7.1f %7.1f ", share(v, f->self), share(v, f->total));
		put_name(&line, prof_text(p, frame->name));
		buf_puts(&line, "  ");
		put_name(&line, *module ? slash ? slash + 1 : module : frame->kind == PROF_KERNEL ? "[kernel]" :
			 prof_text(p, frame->file));
		end_line(v, &line);
	}
	buf_free(&line);
}

/* The window may have changed. */
static void measure(struct top_output *o)
{
	struct winsize size;

	o->columns = PIPE_COLUMNS;
	o->rows = 0;
	if (!o->screen || ioctl(fileno(o->out.file), TIOCGWINSZ, &size) || size.ws_col < 20 || size.ws_row < 8)
		return;
	o->columns = size.ws_col;
	o->rows = size.ws_row;
}

/* A third of what is left is for processes, the rest for functions. */
static void draw(struct view *v, uint64_t samples, double seconds)
{
	struct top_output *o = v->top;
	size_t processes = PIPE_PROCESSES, functions = PIPE_FUNCTIONS;

	measure(o);
	draw_head(v, samples, seconds);
	draw_cpus(v);
	if (o->rows) {
		size_t left = o->rows > v->used + 3 ? o->rows - v->used - 3 : 0; /* titles, the line of the cursor */

		processes = MIN_OF(v->processes.n, left / 3);
		functions = left - processes;
	}
	draw_processes(v, processes);
	draw_functions(v, functions);
	fprintf(o->out.file, "%s%s%s", o->screen ? "\033[H" : "", buf_str(&v->text), o->screen ? "\033[J" : "\n");
	output_flush(&o->out);
}

static void map(struct output *out, const struct snapshot *snapshot)
{
	struct top_output *o = self(out);
	struct snapshot whole = *snapshot;
	struct view v = {.top = o};
	uint64_t now = clock_ns(), total;
	double seconds = o->since ? (now - o->since) / 1e9 : 0;

	if (!key_has_stack(snapshot->map->key)) {
		messages_map(out, snapshot);
		return;
	}
	whole.divisor = 0;
	v.profile = profile_new();
	samples_add_map(&(struct samples){out, v.profile}, &whole);
	total = profile_total(v.profile);
	v.of_cpus = snapshot->divisor != 0;
	v.whole = snapshot->divisor ? snapshot->divisor * seconds : (double)total;
	count_cpus(&v);
	count_processes(&v);
	count_functions(&v);
	draw(&v, total, seconds);
	o->since = now;
	vec_free(&v.cpus);
	vec_free(&v.processes);
	vec_free(&v.functions);
	buf_free(&v.text);
	profile_free(v.profile);
}

static void attached(struct output *out, size_t probes)
{
	struct top_output *o = self(out);

	messages_attached(out, probes);
	o->since = clock_ns();
	if (o->screen)
		fputs("\033[2J\033[H", out->file);
	output_flush(out);
}

static const struct output_ops ops = {
	.text = messages_text,
	.message = text_message,
	.row = messages_row,
	.value = messages_value,
	.map = map,
	.entry = output_entry_as_map,
	.attached = attached,
	.end = output_no_end,
	.losses = text_losses,
	.cost = text_cost,
	.format = output_format,
	.string = output_string,
	.time = output_time,
	.free = output_free,
};

struct output *output_top_new(FILE *file, FILE *messages)
{
	struct top_output *o = xcalloc(1, sizeof(*o));

	output_init(&o->out, &ops, file, messages);
	o->out.text_aside = true;
	o->screen = terminal_of(fileno(file)).moves;
	return &o->out;
}
