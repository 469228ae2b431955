/* corpus.c - see fuzz.h: the corpus of a target, and what comes of it by cutting and changing bytes. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#define FUZZ_REGRESS
#include "fuzz/fuzz.h"

enum { CHANGES = 40 /* of each file, so that a test takes a second and not a minute */ };

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	return *state ^= *state << 17;
}

static void change(const uint8_t *data, size_t size, void (*one)(const uint8_t *data, size_t size))
{
	uint64_t state = 0x9e3779b97f4a7c15 ^ size;
	uint8_t *copy = malloc(size + 1);

	for (unsigned i = 0; copy && size && i < CHANGES; i++) {
		static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff, '\n', '"', '{'};
		size_t len = i % 4 == 3 ? next(&state) % size : size;

		memcpy(copy, data, size);
		for (unsigned n = next(&state) % 4; n < 4; n++)
			copy[next(&state) % size] = i % 2 ? values[next(&state) % sizeof(values)] : next(&state);
		one(copy, len);
	}
	free(copy);
}

static bool one_file(const char *path, void (*one)(const uint8_t *data, size_t size))
{
	FILE *f = fopen(path, "r");
	struct stat st;
	uint8_t *data;

	if (!f || fstat(fileno(f), &st) || !S_ISREG(st.st_mode)) {
		if (f)
			fclose(f);
		return false;
	}
	data = malloc(st.st_size + 1);
	if (!data || fread(data, 1, st.st_size, f) != (size_t)st.st_size)
		BUG("%s cannot be read", path);
	fclose(f);
	one(data, st.st_size);
	change(data, st.st_size, one);
	free(data);
	return true;
}

int fuzz_corpus(const char *target, void (*one)(const uint8_t *data, size_t size))
{
	char dir[256], path[1024];
	unsigned files = 0;
	struct dirent *e;
	DIR *d;

	snprintf(dir, sizeof(dir), "tests/fuzz/corpus/%s", target);
	d = opendir(dir);
	if (!d) {
		printf("there is no %s: to be run from the top folder\n", dir);
		return 1;
	}
	one((const uint8_t *)"", 0);
	while ((e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		files += one_file(path, one);
	}
	closedir(d);
	printf("%u files\n", files);
	return !files;
}
