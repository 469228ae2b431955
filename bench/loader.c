/*
 * loader.c - attaches one hand-written program of bench/bpf, the measure of what C can do.
 *
 * usage: loader OBJECT.bpf.o FORM [-o FILE] [-p PID]
 *
 * Takes an object whose programs are named FORM_enter and FORM_exit (row.h), loads and attaches those
 * of one form (perf, raw, btf), prints READY and sleeps until SIGINT, SIGTERM or the end of its input.
 * Then it detaches and prints `events N keys N lost N`. Records of a ring buffer named `events` are
 * formatted to FILE (default /dev/null) while it waits; -p restricts them to one process.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/record.h"

#define MAX_PROGRAMS 4
#define MAX_KEY 64
#define DRAIN_EVERY_NS 5000000

struct loader {
	struct bpf_object *object;
	struct bpf_link *links[MAX_PROGRAMS];
	int link_count;
	struct ring_buffer *ring;
	FILE *out;
	uint64_t printed;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

static int on_record(void *context, void *data, size_t size)
{
	struct loader *loader = context;
	const struct write_record *record = data;

	if (size < sizeof(*record))
		return 0;
	fprintf(loader->out, "%u %.16s %llu\n", record->pid, record->comm,
		(unsigned long long)record->size);
	loader->printed++;
	return 0;
}

/* The process to which printf.bpf.c restricts itself is its only read-only datum. */
static int set_only_pid(struct loader *loader, uint32_t pid)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, loader->object) {
		size_t size;
		const void *value = bpf_map__initial_value(map, &size);

		if (value && size == sizeof(pid) && strstr(bpf_map__name(map), ".rodata"))
			return bpf_map__set_initial_value(map, &pid, sizeof(pid));
	}
	return -ENOENT;
}

static int load(struct loader *loader, const char *path, const char *form, uint32_t pid)
{
	struct bpf_program *program;
	size_t length = strlen(form);
	int err;

	loader->object = bpf_object__open_file(path, NULL);
	if (!loader->object)
		return -errno;
	bpf_object__for_each_program(program, loader->object) {
		const char *name = bpf_program__name(program);

		bpf_program__set_autoload(program, !strncmp(name, form, length) && name[length] == '_');
	}
	if (pid && (err = set_only_pid(loader, pid)))
		return err;
	return bpf_object__load(loader->object);
}

static int attach(struct loader *loader)
{
	struct bpf_program *program;
	struct bpf_map *events = bpf_object__find_map_by_name(loader->object, "events");

	if (events) {
		loader->ring = ring_buffer__new(bpf_map__fd(events), on_record, loader, NULL);
		if (!loader->ring)
			return -errno;
	}
	bpf_object__for_each_program(program, loader->object) {
		if (!bpf_program__autoload(program))
			continue;
		if (loader->link_count == MAX_PROGRAMS)
			return -E2BIG;
		loader->links[loader->link_count] = bpf_program__attach(program);
		if (!loader->links[loader->link_count])
			return -errno;
		loader->link_count++;
	}
	return loader->link_count ? 0 : -ENOENT;
}

static void wait_for_end(struct loader *loader)
{
	sigset_t blocked, before;

	/* A signal between the test and the sleep must not be slept through. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	while (!stopped && !loader->ring)
		sigsuspend(&before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	while (!stopped) {
		struct timespec pause = { .tv_nsec = DRAIN_EVERY_NS };

		ring_buffer__consume(loader->ring);
		nanosleep(&pause, NULL);
	}
}

/* Adds up every 64-bit value of a map, on every CPU; counts its keys that are not zero. */
static uint64_t sum_map(struct loader *loader, const char *name, uint64_t *keys)
{
	struct bpf_map *map = bpf_object__find_map_by_name(loader->object, name);
	int cpus = libbpf_num_possible_cpus();
	char key[MAX_KEY] = "", *previous = NULL;
	uint64_t *values, total = 0;

	*keys = 0;
	if (!map || cpus < 1 || bpf_map__key_size(map) > MAX_KEY)
		return 0;
	values = calloc(cpus, sizeof(*values));
	if (!values)
		return 0;
	while (bpf_map_get_next_key(bpf_map__fd(map), previous, key) == 0) {
		uint64_t sum = 0;

		previous = key;
		if (bpf_map_lookup_elem(bpf_map__fd(map), key, values))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			sum += values[cpu];
		total += sum;
		*keys += sum != 0;
	}
	free(values);
	return total;
}

static void report(struct loader *loader)
{
	uint64_t keys, lost_keys;
	uint64_t events = sum_map(loader, "result", &keys);
	uint64_t lost = sum_map(loader, "lost", &lost_keys);

	if (loader->ring)
		events = loader->printed;
	printf("events %llu keys %llu lost %llu\n", (unsigned long long)events,
	       (unsigned long long)keys, (unsigned long long)lost);
}

static void detach(struct loader *loader)
{
	for (int i = 0; i < loader->link_count; i++)
		bpf_link__destroy(loader->links[i]);
	if (loader->ring)
		ring_buffer__consume(loader->ring);
}

static int parse(int argc, char **argv, const char **out, uint32_t *pid)
{
	int option;

	while ((option = getopt(argc, argv, "o:p:")) != -1) {
		if (option == 'o')
			*out = optarg;
		else if (option == 'p')
			*pid = strtoul(optarg, NULL, 10);
		else
			return -1;
	}
	return argc - optind == 2 ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct loader loader = { 0 };
	struct sigaction action = { .sa_handler = on_signal };
	const char *out = "/dev/null";
	uint32_t pid = 0;
	int err;

	if (parse(argc, argv, &out, &pid)) {
		fprintf(stderr, "usage: loader OBJECT.bpf.o FORM [-o FILE] [-p PID]\n");
		return 2;
	}
	libbpf_set_print(quiet);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	loader.out = fopen(out, "w");
	if (!loader.out) {
		fprintf(stderr, "loader: %s: %s\n", out, strerror(errno));
		return 1;
	}
	err = load(&loader, argv[optind], argv[optind + 1], pid);
	if (!err)
		err = attach(&loader);
	if (!err) {
		printf("READY\n");
		fflush(stdout);
		wait_for_end(&loader);
	}
	detach(&loader);
	if (err)
		fprintf(stderr, "loader: %s: %s\n", argv[optind], strerror(-err));
	else
		report(&loader);
	ring_buffer__free(loader.ring);
	bpf_object__close(loader.object);
	fclose(loader.out);
	return err ? 1 : 0;
}
