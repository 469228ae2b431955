/*
 * sym_python.c - CPython's code objects: the line of every instruction of the standard library's
 * modules as each interpreter of this machine has it; objects in a made-up memory, also such
 * that were freed or are none; and where Python's frames go among native ones.
 */
#include "run/python_stack.h"
#include "ir/unwind.h"
#include "sym/python_code.h"
#include "sym_check.h"

/* ---- lines, as interpreters tell them ---- */

/*
 * A line for each code object: minor, first line, table in hexadecimal ("-": empty), then START:END:LINE for
 * each run of instructions.
 */
static const char dump[] =
	"import sys, dis, types, glob, os\n"
	"m = sys.version_info[1]\n"
	"def runs(c):\n"
	"    if m >= 10:\n"
	"        return [(a, b, l or 0) for a, b, l in c.co_lines()]\n"
	"    s = list(dis.findlinestarts(c)) + [(len(c.co_code), 0)]\n"
	"    return [(a, s[i + 1][0], l) for i, (a, l) in enumerate(s[:-1])]\n"
	"def show(c):\n"
	"    t = c.co_linetable if m >= 10 else c.co_lnotab\n"
	"    print(m, c.co_firstlineno, t.hex() or '-', *('%d:%d:%d' % r for r in runs(c)))\n"
	"    for k in c.co_consts:\n"
	"        if isinstance(k, types.CodeType):\n"
	"            show(k)\n"
	"for f in sorted(glob.glob(os.path.dirname(os.__file__) + '/*.py'))[:30]:\n"
	"    show(compile(open(f, encoding='utf-8').read(), f, 'exec'))\n";

static uint64_t objects, places, wrong;

static void check_object(char *line)
{
	struct python_build build = {0};
	struct python_code code = {0};
	char *rest = line, *table;
	unsigned from, to, expected;
	int used;

	build.minor = (unsigned)strtoul(rest, &rest, 10);
	code.first_line = (uint32_t)strtoul(rest, &rest, 10);
	table = strtok(rest, " \n");
	code.lines = xmalloc(strlen(table));
	for (; *table != '-' && sscanf(table, "%2x%n", &from, &used) == 1; table += used)
		code.lines[code.lines_len++] = (unsigned char)from;
	for (char *run; (run = strtok(NULL, " \n"));) {
		if (sscanf(run, "%u:%u:%u", &from, &to, &expected) != 3)
			continue;
		for (; from < to; from += 2, places++) {
			uint32_t line_here = python_code_line(&build, &code, from);

			if (line_here != expected && wrong++ < 5)
				printf("3.%u: place %u of code at line %u: %u, not %u\n", build.minor, from,
				       code.first_line, line_here, expected);
		}
	}
	objects++;
	free(code.lines);
}

static void check_lines_of(const char *python)
{
	char *command = xasprintf("%s -W ignore -c \"%s\" 2>/dev/null", python, dump), *line = NULL;
	FILE *f = popen(command, "r");
	size_t size = 0;

	objects = places = wrong = 0;
	while (f && getline(&line, &size, f) > 0)
		check_object(line);
	if (f)
		pclose(f);
	if (objects)
		printf("%s: %llu places of %llu code objects\n", python, (unsigned long long)places,
		       (unsigned long long)objects);
	CHECK(!wrong);
	free(line);
	free(command);
}

static void check_lines(void)
{
	static const char find[] = "ls -d /usr/bin/python3.[0-9] /usr/bin/python3.[0-9][0-9] "
				   "$HOME/.pyenv/versions/3.[89]*/bin/python3 "
				   "$HOME/.pyenv/versions/3.1[0-9]*/bin/python3 2>/dev/null";
	FILE *f = popen(find, "r");
	char path[512];

	while (f && fgets(path, sizeof(path), f)) {
		path[strcspn(path, "\n")] = '\0';
		check_lines_of(path);
	}
	if (f)
		pclose(f);
}

/* ---- objects ---- */

enum { AT = 0x10000, MEMORY = 0x2000, CODE = AT, NAME = AT + 0x400, FILENAME = AT + 0x800, TABLE = AT + 0xc00,
       TYPE = 0x5000 };

static unsigned char memory[MEMORY];

static bool read_memory(void *ctx, uint64_t address, void *to, size_t len)
{
	(void)ctx;
	if (address < AT || address - AT > MEMORY || len > MEMORY - (address - AT))
		return false;
	memcpy(to, memory + (address - AT), len);
	return true;
}

static void put(uint64_t address, uint64_t value, size_t size)
{
	memcpy(memory + (address - AT), &value, size);
}

/* As 3.11 has it. */
static void put_text(const struct python_build *b, uint64_t address, const char *text)
{
	put(address, 1, 8);
	put(address + b->objects.text_length, strlen(text), 8);
	put(address + b->objects.text_state, 1 << 2 | 1 << 5 | 1 << 6, 4);
	memcpy(memory + (address - AT) + b->objects.ascii_data, text, strlen(text));
}

static struct python_build make_objects(void)
{
	struct python_build b = {
		.minor = 11, .code_type = TYPE,
		.objects = {.type = 8, .filename = 112, .name = 120, .qualname = 128, .first_line = 72, .lines = 136,
			    .bytes_length = 16, .bytes_data = 32, .text_length = 16, .text_state = 32, .ascii_data = 48,
			    .compact_data = 72},
	};

	memset(memory, 0, sizeof(memory));
	put(CODE, 2, 8);
	put(CODE + 8, TYPE + 0x100, 8);
	put(CODE + 112, FILENAME, 8);
	put(CODE + 120, NAME, 8);
	put(CODE + 128, NAME, 8);
	put(CODE + 72, 7, 4);
	put(CODE + 136, TABLE, 8);
	put_text(&b, NAME, "Class.method");
	put_text(&b, FILENAME, "/srv/app.py");
	put(TABLE, 1, 8);
	put(TABLE + 16, 2, 8);
	memory[TABLE + 32 - AT] = 0x80 | 13 << 3; /* one unit, a line further */
	memory[TABLE + 33 - AT] = 2;
	return b;
}

static bool reads(const struct python_build *b, uint32_t check)
{
	struct process_memory m = {NULL, read_memory};
	struct python_code code;
	bool good = python_code_read(b, 0x100, &m, CODE, check, &code);

	if (good) {
		CHECK_STR(code.function, "Class.method");
		CHECK_STR(code.file, "/srv/app.py");
		CHECK_NUM(python_code_line(b, &code, 0), 8);
		CHECK_NUM(python_code_line(b, &code, 2), 0);
		CHECK_NUM(python_code_line(b, &code, PYTHON_PLACE_UNKNOWN), 0);
		python_code_free(&code);
	}
	return good;
}

static void check_objects(void)
{
	static const uint64_t counts[] = {CODE, NAME, FILENAME, TABLE};
	struct python_build b = make_objects();
	uint32_t check = python_check(FILENAME, NAME, 7);

	CHECK(reads(&b, check));
	CHECK(!reads(&b, check + 1)); /* another object was there when the stack was taken */
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		put(counts[i], 0, 8); /* freed, the last of its pool */
		CHECK(!reads(&b, check));
		put(counts[i], 0x7f1234567890, 8); /* freed */
		CHECK(!reads(&b, check));
		put(counts[i], 1, 8);
	}
	put(CODE + 8, TYPE, 8); /* of another type */
	CHECK(!reads(&b, check));
	put(CODE + 8, TYPE + 0x100, 8);
	put(NAME + 16, 1ull << 40, 8); /* longer than any name */
	CHECK(!reads(&b, check));
	put(NAME + 16, 12, 8);
	put(TABLE + 16, UINT64_MAX, 8);
	CHECK(!reads(&b, check));
	put(TABLE + 16, 2, 8);
	CHECK(reads(&b, check));
}

/* ---- among native frames ---- */

/*
 * `native`: a letter each, 'E' a call of the interpreter; `python`: a letter each, '|' behind the
 * last of a call; "|" alone, a call without frames. The merged order as letters.
 */
static void check_merge(const char *native, const char *python, enum unwind_end end, const char *expected)
{
	struct stack_entry entry = {.end = end, .user = 1};
	struct merged_frame order[STACK_MAX_DEPTH];
	bool is_call[STACK_MAX_DEPTH] = {false};
	char letters[STACK_MAX_DEPTH + 1] = "";
	uint32_t n;

	for (; native[entry.native]; entry.native++) {
		is_call[entry.native] = native[entry.native] == 'E';
		entry.ip[entry.words++] = (unsigned char)native[entry.native];
	}
	for (; *python; python++) {
		bool alone = *python == '|';

		entry.ip[entry.words] = (alone ? 0 : (unsigned char)*python) |
					(alone || python[1] == '|' ? STACK_CALL_LAST : 0);
		entry.words += 2;
		python += !alone && python[1] == '|';
	}
	n = python_stack_merge(&entry, is_call, order);
	for (uint32_t i = 0; i < n; i++)
		letters[i] = (char)(entry.ip[order[i].at] & 0x7f);
	CHECK_STR(letters, expected);
}

static void check_merging(void)
{
	check_merge("aEbEcd", "xy|z|", UNWIND_COMPLETE, "axybzcd");
	check_merge("aEbEcd", "z|", UNWIND_COMPLETE, "aEbzcd");     /* the frame is not there yet, or was left */
	check_merge("abEcd", "xy|z|", UNWIND_COMPLETE, "abxyzcd");  /* the innermost call has no name */
	check_merge("aEbEcd", "|z|", UNWIND_COMPLETE, "aEbzcd");    /* a call without frames */
	check_merge("aEbE", "x|y|z|", UNWIND_CUT, "axbyz");         /* natively cut: what is outer follows */
	check_merge("aEbEc", "x|y", UNWIND_PYTHON_CUT, "axbyc");    /* cut within a call */
	check_merge("abc", "", UNWIND_COMPLETE, "abc");
	check_merge("abc", "x|", UNWIND_COMPLETE, "abcx");
	check_merge("aEc", "xyz", UNWIND_PYTHON_CUT, "axyzc");
}

int main(void)
{
	check_lines();
	check_objects();
	check_merging();
	return unit_result();
}
