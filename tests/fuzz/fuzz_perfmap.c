/*
 * fuzz_perfmap.c - names of generated code, from a file that a traced program writes: read, appended
 * to while it is read (the second half comes later), asked.
 */
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "sym/perf_map.h"

/* One file for all inputs: its name is what is opened. */
static const char *scratch(void)
{
	static char path[512];

	if (!*path) {
		snprintf(path, sizeof(path), "%s/sonde-fuzz-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
		int fd = mkstemp(path);

		if (fd < 0)
			BUG("no scratch file");
		close(fd);
	}
	return path;
}

static void fuzz_perfmap(const uint8_t *data, size_t size)
{
	struct perf_map_owner owner = {true, getuid(), geteuid()};
	struct perf_map *map = perf_map_new();
	struct buf why = {0};
	const char *name;
	uint64_t start;

	for (unsigned turn = 1; turn <= 2; turn++) {
		FILE *f = fopen(scratch(), turn == 1 ? "w" : "a");
		size_t half = size / 2;

		if (!f)
			BUG("no scratch file");
		fwrite(turn == 1 ? data : data + half, 1, turn == 1 ? half : size - half, f);
		fclose(f);
		perf_map_read(map, NULL, scratch(), &owner, &why);
		for (uint64_t at = 0; at < 64; at++)
			if (perf_map_find(map, at << (at & 48), &name, &start))
				if (start > at << (at & 48) || !memchr(name, '\0', 1 << 20))
					BUG("a name of code that begins behind the address");
	}
	if (perf_map_memory(map) < perf_map_count(map) * 8)
		BUG("perf map: %zu names in %zu bytes", perf_map_count(map), perf_map_memory(map));
	unlink(scratch());
	perf_map_free(map);
	buf_free(&why);
}

FUZZ(perfmap, fuzz_perfmap)
