/* python_build.c - see python_build.h. */
#include "sym/python_build.h"

#include <stdlib.h>

#include "sym/elf_export.h"

enum { OLDEST = 8, NEWEST = 14, FIRST_PUBLISHED = 13 };

/* What is the same in every version. */
#define TYPE_OFFSET 8
#define OLD_OBJECTS(filename_, name_, qualname_, line_, lines_, header)                                           \
	{.type = TYPE_OFFSET, .filename = (filename_), .name = (name_), .qualname = (qualname_),                  \
	 .first_line = (line_), .lines = (lines_), .bytes_length = 16, .bytes_data = 32, .text_length = 16,       \
	 .text_state = 32, .ascii_data = (header), .compact_data = (header) == 48 ? 72 : 56}

static const struct python_layout frame_objects = {
	.style = PYTHON_EACH, .first_interpreter = 32, .next_interpreter = 0, .first_thread = 8, .next_thread = 8,
	.thread_id = 176, .frame = 24, .frame_bytes = 112, .code = 32, .previous = 24, .place = 104,
	.place_is_offset = 1, .place_unit = 1, .names = 104, .first_line = 40,
};

/* Versions that do not publish their offsets; 3.10 and 3.9 are 3.8 but for what old_build() says. */
static const struct {
	struct python_layout layout;
	struct python_objects objects;
} old_builds[] = { /* from 3.11 on */
	[0] = {
		{.style = PYTHON_ENTRY_FLAG, .first_interpreter = 40, .next_interpreter = 0, .first_thread = 16,
		 .next_thread = 8, .thread_id = 152, .native_thread_id = 160, .frame = 56, .by_cframe = 1,
		 .cframe_frame = 8, .frame_bytes = 72, .code = 32, .previous = 48, .place = 56, .owner = 68,
		 .first_instruction = 184, .names = 112, .first_line = 72},
		OLD_OBJECTS(112, 120, 128, 72, 136, 48),
	},
	[1] = {
		{.style = PYTHON_OWNER, .first_interpreter = 40, .next_interpreter = 0, .first_thread = 72,
		 .next_thread = 8, .thread_id = 136, .native_thread_id = 144, .frame = 56, .by_cframe = 1,
		 .cframe_frame = 0, .frame_bytes = 72, .code = 0, .previous = 8, .place = 56, .owner = 70,
		 .owner_ends = 3, .first_instruction = 192, .names = 112, .first_line = 68},
		OLD_OBJECTS(112, 120, 128, 68, 136, 40),
	},
};

static void old_build(struct python_build *b)
{
	static const struct python_objects objects = OLD_OBJECTS(104, 112, 0, 40, 120, 48);

	if (b->minor >= 11) {
		b->layout = old_builds[b->minor - 11].layout;
		b->objects = old_builds[b->minor - 11].objects;
		return;
	}
	b->layout = frame_objects;
	b->objects = objects;
	if (b->minor == 10) { /* instructions are counted, not bytes */
		b->layout.place = 96;
		b->layout.place_unit = 2;
	}
}

/* ---- published offsets ---- */

/*
 * _Py_DebugOffsets: cookie, version, free_threaded, then for each struct its size and the offsets
 * of some members, all u64. 3.14 put members between those of 3.13: `number` is a word's place
 * in one of the two.
 */
enum published {
	RUNTIME_INTERPRETERS, INTERPRETER_NEXT, INTERPRETER_THREADS, THREAD_NEXT, THREAD_FRAME, THREAD_ID,
	THREAD_NATIVE_ID, FRAME_PREVIOUS, FRAME_EXECUTABLE, FRAME_PLACE, FRAME_OWNER, CODE_FILENAME, CODE_NAME,
	CODE_QUALNAME, CODE_LINES, CODE_FIRST_LINE, CODE_INSTRUCTIONS, PUBLISHED_COUNT
};

enum { COOKIE_WORDS = 3, PUBLISHED_WORDS = 96 };

static const uint8_t published_3_13[PUBLISHED_COUNT] = {
	[RUNTIME_INTERPRETERS] = 5, [INTERPRETER_NEXT] = 8, [INTERPRETER_THREADS] = 9, [THREAD_NEXT] = 21,
	[THREAD_FRAME] = 23, [THREAD_ID] = 24, [THREAD_NATIVE_ID] = 25, [FRAME_PREVIOUS] = 29,
	[FRAME_EXECUTABLE] = 30, [FRAME_PLACE] = 31, [FRAME_OWNER] = 33, [CODE_FILENAME] = 35, [CODE_NAME] = 36,
	[CODE_QUALNAME] = 37, [CODE_LINES] = 38, [CODE_FIRST_LINE] = 39, [CODE_INSTRUCTIONS] = 43,
};

/* Three more of the interpreter's (threads_main; two generations), two more of the frame's. */
static const uint8_t published_3_14[PUBLISHED_COUNT] = {
	[RUNTIME_INTERPRETERS] = 5, [INTERPRETER_NEXT] = 8, [INTERPRETER_THREADS] = 9, [THREAD_NEXT] = 24,
	[THREAD_FRAME] = 26, [THREAD_ID] = 27, [THREAD_NATIVE_ID] = 28, [FRAME_PREVIOUS] = 32,
	[FRAME_EXECUTABLE] = 33, [FRAME_PLACE] = 34, [FRAME_OWNER] = 36, [CODE_FILENAME] = 40, [CODE_NAME] = 41,
	[CODE_QUALNAME] = 42, [CODE_LINES] = 43, [CODE_FIRST_LINE] = 44, [CODE_INSTRUCTIONS] = 48,
};

static bool unknown_layout(const struct elf_file *file, const struct python_build *b, struct buf *why)
{
	buf_printf(why, "%s: the offsets that this Python 3.%u publishes are not those of a version that is known\n",
		   file->name, b->minor);
	return false;
}

static bool published_build(const struct elf_file *file, struct python_build *b, struct buf *why)
{
	const uint8_t *number = b->minor == 13 ? published_3_13 : published_3_14;
	uint64_t words[PUBLISHED_WORDS];

	if (!elf_export_read(file, b->runtime, words, sizeof(words)) || memcmp(words, "xdebugpy", 8)) {
		buf_printf(why, "%s: the offsets that Python 3.%u publishes are not in the file\n", file->name,
			   b->minor);
		return false;
	}
	if (words[2]) {
		buf_printf(why, "%s: free-threaded Python is not known\n", file->name);
		return false;
	}
	for (unsigned i = 0; i < PUBLISHED_COUNT; i++)
		if (words[number[i]] > UINT16_MAX)
			return unknown_layout(file, b, why);
#define PUBLISHED(name) ((uint32_t)words[number[name]])
	b->layout = (struct python_layout){
		.style = PYTHON_OWNER, .first_interpreter = PUBLISHED(RUNTIME_INTERPRETERS),
		.next_interpreter = PUBLISHED(INTERPRETER_NEXT), .first_thread = PUBLISHED(INTERPRETER_THREADS),
		.next_thread = PUBLISHED(THREAD_NEXT), .thread_id = PUBLISHED(THREAD_ID),
		.native_thread_id = PUBLISHED(THREAD_NATIVE_ID), .frame = PUBLISHED(THREAD_FRAME),
		.code = PUBLISHED(FRAME_EXECUTABLE), .previous = PUBLISHED(FRAME_PREVIOUS),
		.place = PUBLISHED(FRAME_PLACE), .owner = PUBLISHED(FRAME_OWNER), .owner_ends = 3,
		.first_instruction = PUBLISHED(CODE_INSTRUCTIONS), .names = PUBLISHED(CODE_FILENAME),
		.first_line = PUBLISHED(CODE_FIRST_LINE),
	};
	b->objects = (struct python_objects)OLD_OBJECTS(
		PUBLISHED(CODE_FILENAME), PUBLISHED(CODE_NAME), PUBLISHED(CODE_QUALNAME), PUBLISHED(CODE_FIRST_LINE),
		PUBLISHED(CODE_LINES), 40);
#undef PUBLISHED
	b->layout.frame_bytes = ROUND_UP(MAX_OF(MAX_OF(b->layout.code, b->layout.previous),
						MAX_OF(b->layout.place, b->layout.owner & ~7u)) + 8, 8u);
	return (b->layout.frame_bytes <= PYTHON_FRAME_BYTES && b->objects.name == b->objects.filename + 8) ||
	       unknown_layout(file, b, why);
}

/* ---- which version ---- */

/* "python3.8", "libpython3.8.so.1.0": 8. 0: the name does not tell. */
static unsigned minor_of_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *at = strstr(slash ? slash : path, "python3.");

	return at ? (unsigned)strtoul(at + strlen("python3."), NULL, 10) : 0;
}

bool python_build_find(const struct elf_file *file, struct python_build *out, struct buf *why)
{
	uint64_t version, value = 0;

	*out = (struct python_build){0};
	if (!elf_export_find(file, "_PyRuntime", &out->runtime) ||
	    !elf_export_find(file, "PyCode_Type", &out->code_type))
		return false;
	if (elf_export_find(file, "Py_Version", &version) && elf_export_read(file, version, &value, sizeof(value)) &&
	    value >> 24 == 3)
		out->minor = value >> 16 & 0xff;
	else
		out->minor = minor_of_name(file->name);
	if (out->minor < OLDEST || out->minor > NEWEST) {
		buf_printf(why, "%s: Python 3.%u is not known (3.%d to 3.%d are)\n", file->name, out->minor, OLDEST,
			   NEWEST);
		return false;
	}
	if (out->minor >= FIRST_PUBLISHED)
		return published_build(file, out, why);
	old_build(out);
	return true;
}
