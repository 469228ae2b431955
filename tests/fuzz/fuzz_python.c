/*
 * fuzz_python.c - memory of a process that may put anything where CPython keeps its code objects:
 * the input is that memory from address 0x1000 on, its first bytes the version and the place.
 */
#include "fuzz/fuzz.h"
#include "sym/python_code.h"

struct image {
	const uint8_t *data;
	size_t size;
};

enum { BASE = 0x1000 };

static bool read_image(void *ctx, uint64_t address, void *to, size_t len)
{
	const struct image *image = ctx;

	if (address < BASE || address - BASE > image->size || len > image->size - (address - BASE))
		return false;
	memcpy(to, image->data + (address - BASE), len);
	return true;
}

static void fuzz_python(const uint8_t *data, size_t size)
{
	struct image image;
	struct process_memory memory = {&image, read_image};
	struct python_build build = {
		.minor = 8,
		.objects = {.type = 8, .filename = 16, .name = 24, .qualname = 32, .first_line = 40, .lines = 48,
			    .bytes_length = 16, .bytes_data = 24, .text_length = 16, .text_state = 24, .ascii_data = 32,
			    .compact_data = 40},
	};
	struct python_code code;
	uint64_t names[2] = {0, 0}, at;
	uint32_t line = 0;

	if (size < 4)
		return;
	image = (struct image){data + 4, size - 4};
	build.minor += data[0] % 7;
	at = BASE + (data[1] | (unsigned)data[2] << 8);
	/* what the type and the check say is taken for right: what is read behind them is of interest */
	read_image(&image, at + 8, &build.code_type, sizeof(build.code_type));
	read_image(&image, at + build.objects.filename, names, sizeof(names));
	read_image(&image, at + build.objects.first_line, &line, sizeof(line));
	if (!python_code_read(&build, 0, &memory, at, python_check(names[0], names[1], line), &code))
		return;
	for (uint32_t place = 0; place < 64; place += 2)
		python_code_line(&build, &code, place);
	python_code_line(&build, &code, UINT32_MAX - 1);
	python_code_free(&code);
}

FUZZ(python, fuzz_python)
