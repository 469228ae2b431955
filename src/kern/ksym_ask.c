/*
 * ksym_ask.c - see ksym_ask.h.
 *
 *   question  array of one, mapped into our memory   { address, text }
 *   format    array of one, read-only                "%pS"
 *   program   bpf_snprintf(question.text, format, &question.address, 8), run by BPF_PROG_TEST_RUN
 *
 * What "%pS" prints: "NAME+0xOFFSET/0xSIZE", for a module's " [MODULE]" after it, or "0xADDRESS" where there is
 * no symbol (Documentation/core-api/printk-formats.rst).
 */
#include "kern/ksym_ask.h"

#include <stdlib.h>

#include "kern/map.h"
#include "kern/prog.h"
#include "kern/sys.h"

enum { TEXT = 640 /* a name has 511 characters at most, a module's 55 */ };

struct question {
	uint64_t address;
	char text[TEXT];
};

struct ksym_ask {
	bool tried;
	int program; /* -1: it cannot be asked */
	struct question *question;
};

static size_t question_size(void)
{
	return map_mmap_size(sizeof(struct question), 1);
}

static int question_create(struct question **question)
{
	int fd = map_create(&(struct map_spec){.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .max_entries = 1,
		.value_size = sizeof(struct question), .flags = BPF_F_MMAPABLE, .name = "ksym_question"});
	void *memory;

	if (fd >= 0 && map_mmap(fd, question_size(), true, &memory))
		sys_close(&fd);
	if (fd >= 0)
		*question = memory;
	return fd;
}

static int format_create(void)
{
	static const char format[8] = "%pS";
	const uint32_t zero = 0;
	int fd = map_create(&(struct map_spec){.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = sizeof(format),
		.max_entries = 1, .flags = BPF_F_RDONLY_PROG, .name = "ksym_format"});

	if (fd >= 0 && (map_update(fd, &zero, format, BPF_ANY) || map_freeze(fd)))
		sys_close(&fd);
	return fd;
}

/* Two instructions: register `to` is the address of this byte of the only value of an array. */
#define VALUE(to, map, byte) \
	{.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = (to), .src_reg = BPF_PSEUDO_MAP_VALUE, .imm = (map)}, \
	{.imm = (byte)}
#define NUMBER(to, n) {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (to), .imm = (n)}

static int program_load(int question, int format)
{
	const struct bpf_insn insns[] = {
		VALUE(BPF_REG_1, question, offsetof(struct question, text)),
		NUMBER(BPF_REG_2, TEXT),
		VALUE(BPF_REG_3, format, 0),
		VALUE(BPF_REG_4, question, offsetof(struct question, address)),
		NUMBER(BPF_REG_5, sizeof(uint64_t)),
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_snprintf},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return prog_load(&(struct prog_load_spec){.type = BPF_PROG_TYPE_RAW_TRACEPOINT, .name = "ksym_ask",
		.insns = insns, .insn_count = ARRAY_SIZE(insns), .btf_fd = -1, .attach_fd = -1});
}

static void begin(struct ksym_ask *a)
{
	int question = question_create(&a->question), format = question < 0 ? -1 : format_create();

	a->tried = true;
	a->program = format < 0 ? -1 : program_load(question, format);
	sys_close(&question); /* the program and the mapping keep them */
	sys_close(&format);
}

struct ksym_ask *ksym_ask_new(void)
{
	struct ksym_ask *a = xcalloc(1, sizeof(*a));

	a->program = -1;
	return a;
}

bool ksym_ask(struct ksym_ask *a, uint64_t address, const char **text)
{
	uint32_t length;

	if (!a->tried)
		begin(a);
	if (a->program < 0)
		return false;
	a->question->address = address;
	if (prog_test_run(a->program, NULL, 0, -1, &length) || !length || length > TEXT)
		return false;
	a->question->text[TEXT - 1] = '\0';
	*text = a->question->text;
	return true;
}

void ksym_ask_free(struct ksym_ask *a)
{
	sys_close(&a->program);
	if (a->question)
		sys_munmap(a->question, question_size());
	free(a);
}
