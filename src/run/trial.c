/* trial.c - see trial.h. */
#include "run/trial.h"

#include "kern/prog.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BENCH_NS = 200000000, BENCH_MOST = 1000000, BENCH_LEAST = 100 };

struct result {
	const char *name;
	bool passed;
	uint64_t ns;
};

/* Everything the program has sent is printed. */
static void settle(struct trial *t)
{
	reader_drain(t->reader);
	printer_flush(t->printer);
}

/* What a test prints is for those who look for the cause of a failure. */
struct aside {
	FILE *file; /* what it is set aside from */
	char *text;
	size_t len;
};

static void set_aside(struct trial *t, struct aside *a)
{
	FILE *memory = open_memstream(&a->text, &a->len);

	a->file = t->out->file;
	if (memory)
		t->out->file = memory;
}

static void bring_back(struct trial *t, struct aside *a, bool show)
{
	if (t->out->file == a->file)
		return;
	fclose(t->out->file);
	t->out->file = a->file;
	if (show)
		fwrite(a->text, 1, a->len, a->file);
	free(a->text);
}

static bool run_one(struct trial *t, uint32_t number, struct result *r)
{
	uint32_t retval = 0, errors = t->printer->actor->errors;
	uint64_t start;
	int err;

	start = now_ns();
	err = attached_run(t->attached, number, &retval);
	r->ns = now_ns() - start;
	if (err)
		fprintf(t->out->messages, "sonde: %s could not be run: %s\n", r->name, strerror(-err));
	settle(t);
	r->passed = !err && !retval && t->printer->actor->errors == errors &&
		    !__atomic_exchange_n(&t->reader->exit_seen, 0, __ATOMIC_ACQUIRE);
	return r->passed;
}

/* ---- how it is said ---- */

static const char *colour(const struct trial *t, const char *code)
{
	return t->out->terminal || t->out->dropin ? code : ""; /* bpftrace: always */
}

static void say(const struct trial *t, bool good, const char *box)
{
	fprintf(t->out->file, "%s[%s]%s ", colour(t, good ? "\033[32m" : "\033[31m"), box, colour(t, "\033[0m"));
}

static void say_result(const struct trial *t, const struct result *r)
{
	say(t, r->passed, r->passed ? "       OK " : "  FAILED  ");
	if (r->ns < 10000)
		fprintf(t->out->file, "%s (%llu ns)\n", r->name, (unsigned long long)r->ns);
	else
		fprintf(t->out->file, "%s (%llu \u03bcs)\n", r->name, (unsigned long long)r->ns / 1000);
}

static void say_summary(const struct trial *t, const struct result *results, size_t n)
{
	size_t passed = 0;

	for (size_t i = 0; i < n; i++)
		passed += results[i].passed;
	say(t, true, "==========");
	fprintf(t->out->file, "%zu test%s ran.\n", n, n == 1 ? "" : "s");
	say(t, true, "  PASSED  ");
	fprintf(t->out->file, "%zu test%s.\n", passed, passed == 1 ? "" : "s");
	if (passed == n)
		return;
	say(t, false, "  FAILED  ");
	fprintf(t->out->file, "%zu test%s, listed below:\n", n - passed, n - passed == 1 ? "" : "s");
	for (size_t i = 0; i < n; i++)
		if (!results[i].passed) {
			say(t, false, "  FAILED  ");
			fprintf(t->out->file, "%s\n", results[i].name);
		}
}

/* The programs of a provider, in the script's order. */
static const char *program_of(const struct trial *t, uint32_t i, enum provider provider)
{
	const struct program *p = t->plan->programs.v[i];

	if (p->carrier != CARRIER_RUN || !p->attachments.n || p->attachments.v[0].target->provider != provider)
		return NULL;
	return p->attachments.v[0].target->event;
}

static size_t count_of(const struct trial *t, enum provider provider)
{
	size_t n = 0;

	for (uint32_t i = 0; i < t->plan->programs.n; i++)
		n += program_of(t, i, provider) != NULL;
	return n;
}

bool trial_tests(struct trial *t)
{
	size_t n = count_of(t, PROVIDER_TEST), done = 0;
	struct result *results = xcalloc(n + 1, sizeof(*results));
	bool all = true, text = !t->out->ops->trial;

	settle(t);
	if (text) {
		say(t, true, "==========");
		fprintf(t->out->file, "Running %zu test%s.\n", n, n == 1 ? "" : "s");
	}
	for (uint32_t i = 0; i < t->plan->programs.n; i++) {
		struct result *r = &results[done];
		struct aside aside = {0};

		r->name = program_of(t, i, PROVIDER_TEST);
		if (!r->name)
			continue;
		if (text) {
			say(t, true, " RUN      ");
			fprintf(t->out->file, "%s\n", r->name);
			output_flush(t->out);
		}
		if (text)
			set_aside(t, &aside);
		all &= run_one(t, i, r);
		if (text) {
			bring_back(t, &aside, !r->passed || !t->out->dropin);
			say_result(t, r);
		}
		else
			t->out->ops->trial(t->out, r->name, r->passed, r->ns);
		done++;
	}
	if (text)
		say_summary(t, results, n);
	output_flush(t->out);
	free(results);
	return all;
}

/* ---- benchmarks ---- */

/* Mean ns of a run, by the kernel's own count of them. */
static bool measure(struct trial *t, uint32_t number, uint64_t *mean, uint64_t *runs)
{
	int fd = t->attached->programs->list.v[number].fd, err = 0, stats_fd = stats_enable();
	struct prog_stats before = {0}, after = {0};
	uint64_t start = now_ns(), n = 0;

	if (stats_fd >= 0)
		prog_stats(fd, &before);
	while (!err && n < BENCH_MOST && (n < BENCH_LEAST || now_ns() - start < BENCH_NS)) {
		err = attached_run(t->attached, number, NULL);
		if (++n % 64 == 0)
			settle(t);
	}
	settle(t);
	*runs = n;
	*mean = (now_ns() - start) / MAX_OF(n, (uint64_t)1);
	if (stats_fd >= 0) {
		if (!prog_stats(fd, &after) && after.run_count > before.run_count)
			*mean = (after.run_time_ns - before.run_time_ns) / (after.run_count - before.run_count);
		close(stats_fd);
	}
	return !err;
}

bool trial_benchmarks(struct trial *t)
{
	bool all = true, text = !t->out->ops->benchmark;

	settle(t);
	if (text)
		fprintf(t->out->file, "%-41s%-15s%s\n%.66s\n", "Benchmark", "Time(ns)", "Iterations",
			"------------------------------------------------------------------");
	for (uint32_t i = 0; i < t->plan->programs.n; i++) {
		const char *name = program_of(t, i, PROVIDER_BENCH);
		uint64_t mean, runs;

		if (!name)
			continue;
		if (!measure(t, i, &mean, &runs)) {
			fprintf(t->out->messages, "sonde: %s could not be run\n", name);
			all = false;
		} else if (text) {
			fprintf(t->out->file, "%-41s%-15llu%llu\n", name, (unsigned long long)mean,
				(unsigned long long)runs);
		} else {
			t->out->ops->benchmark(t->out, name, mean, runs);
		}
	}
	output_flush(t->out);
	return all;
}
