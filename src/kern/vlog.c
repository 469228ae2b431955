/* vlog.c - see vlog.h. */
#include "kern/vlog.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* A message is a few lines; what lies further back belongs to an instruction before. */
#define MESSAGE_LINES 8

static const struct {
	enum vlog_kind kind;
	enum vlog_whose whose;
	const char *pattern, *plain;
} rows[] = {
#define VLOG(kind, pattern, whose, plain) {VLOG_##kind, whose, pattern, plain},
#include "kern/vlog.def"
#undef VLOG
};

struct line {
	const char *s;
	size_t n;
};

/* "12: (bf) r1 = r10": the index, or -1. */
static int insn_of(struct line l)
{
	size_t i = 0;
	long value = 0;

	while (i < l.n && isdigit((unsigned char)l.s[i]) && i < 8)
		value = value * 10 + (l.s[i++] - '0');
	if (i == 0 || l.n - i < 6 || strncmp(l.s + i, ": (", 3) != 0 ||
	    !isxdigit((unsigned char)l.s[i + 3]) || !isxdigit((unsigned char)l.s[i + 4]) ||
	    l.s[i + 5] != ')')
		return -1;
	return value;
}

static bool starts(struct line l, const char *prefix)
{
	size_t n = strlen(prefix);

	return l.n >= n && memcmp(l.s, prefix, n) == 0;
}

/* A dump of registers: " R1=ctx()", "R0_w=inv1", "frame1: R6=...", "3: frame1: ...", "3: R1=...". */
static bool is_state(struct line l)
{
	size_t i = 0;

	while (i < l.n && (isdigit((unsigned char)l.s[i]) || l.s[i] == ':' || l.s[i] == ' '))
		i++;
	l.s += i;
	l.n -= i;
	if (starts(l, "frame"))
		return true;
	if (l.n < 3 || l.s[0] != 'R' || !isdigit((unsigned char)l.s[1]))
		return false;
	for (i = 1; i < l.n && (isalnum((unsigned char)l.s[i]) || l.s[i] == '_'); i++)
		;
	return i < l.n && l.s[i] == '=';
}

/* What the verifier says beside its message. */
static bool is_noise(struct line l)
{
	static const char *const prefixes[] = {
		";", "from ", "caller:", "callee:", "to caller at", "returning from callee:",
		"mark_precise:", "last_idx", "first_idx", "regs=", "parent ", "processed ",
		"verification time", "stack depth", "func#", "Func#", "Validating ",
		"propagating ", "Verifying ", "peak_states", "max_states",
	};

	if (!l.n || is_state(l))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (starts(l, prefixes[i]))
			return true;
	/* func 'sys_enter' arg0 has btf_id 162 type STRUCT 'pt_regs': said of each argument that is read */
	if (starts(l, "func '") && l.n > 14 && memmem(l.s, l.n, " has btf_id ", 12))
		return true;
	return false;
}

/* The line that ends before `end`; false at the start of the log. */
static bool line_before(const char *log, const char **end, struct line *out)
{
	const char *stop = *end, *start;

	if (stop == log)
		return false;
	if (stop[-1] == '\n')
		stop--;
	for (start = stop; start > log && start[-1] != '\n'; start--)
		;
	*out = (struct line){start, stop - start};
	while (out->n && (out->s[out->n - 1] == '\r' || out->s[out->n - 1] == ' '))
		out->n--;
	*end = start;
	return true;
}

/* The decisive lines, last first; *insn is the instruction they follow. */
static unsigned message_lines(const char *log, struct line *lines, int *insn, uint32_t *processed)
{
	const char *end = log + strlen(log);
	unsigned count = 0;
	struct line l;

	*insn = -1;
	*processed = 0;
	while (line_before(log, &end, &l)) {
		*insn = insn_of(l);
		if (*insn >= 0)
			break;
		if (starts(l, "processed "))
			*processed = strtoul(l.s + strlen("processed "), NULL, 10);
		if (is_noise(l))
			continue;
		if (count == MESSAGE_LINES) {
			memmove(lines, lines + 1, (MESSAGE_LINES - 1) * sizeof(*lines));
			count--;
		}
		lines[count++] = l;
	}
	return count;
}

/* The number behind `word` in the line, or -1. */
static int number_after(const char *line, const char *word)
{
	const char *at = strstr(line, word);
	char *end;
	long value;

	if (!at)
		return -1;
	at += strlen(word);
	value = strtol(at, &end, 10);
	return end == at || value < 0 || value > INT32_MAX ? -1 : (int)value;
}

/* Messages that name their instruction themselves: before the walk there is no line of it. */
static int insn_named(const char *line)
{
	static const char *const words[] = {
		"alloc_insn=", "unreachable insn ", "from insn ", " at insn ",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		int insn = number_after(line, words[i]);

		if (insn >= 0)
			return insn;
	}
	return -1;
}

/* "cannot use helper bpf_redirect#23", "unknown func bpf_loop#181": the name. */
static void take_helper(const char *line, struct vlog *out)
{
	static const char *const words[] = {"helper ", "func ", "function "};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *at = strstr(line, words[i]);

		if (!at)
			continue;
		at += strlen(words[i]);
		while (n < sizeof(out->helper) - 1 && (isalnum((unsigned char)at[n]) || at[n] == '_' ||
						       at[n] == '#'))
			n++;
		memcpy(out->helper, at, n);
		out->helper[n] = '\0';
		return;
	}
}

/* One line against the table; true when it decides. */
static bool classify(const char *line, struct vlog *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int insn;

		if (!str_glob(rows[i].pattern, line))
			continue;
		out->kind = rows[i].kind;
		out->whose = rows[i].whose;
		out->plain = rows[i].plain;
		if (out->kind == VLOG_UNKNOWN_HELPER || out->kind == VLOG_HELPER_FORBIDDEN)
			take_helper(line, out);
		insn = insn_named(line);
		if (insn >= 0)
			out->insn = insn;
		return true;
	}
	return false;
}

static void add_message(struct vlog *out, const char *line)
{
	size_t used = strlen(out->message);

	snprintf(out->message + used, sizeof(out->message) - used, "%s%s", used ? "; " : "", line);
}

bool vlog_parse(const char *log, struct vlog *out)
{
	struct line lines[MESSAGE_LINES];
	char line[sizeof(out->message)];
	bool decided = false;
	unsigned count;

	*out = (struct vlog){
		.insn = -1,
		.whose = VLOG_OURS,
		.plain = "the kernel's verifier refused it, in words sonde does not know",
	};
	count = message_lines(log, lines, &out->insn, &out->processed);
	for (unsigned i = count; i-- > 0;) {
		size_t n = MIN_OF(lines[i].n, sizeof(line) - 1);

		memcpy(line, lines[i].s, n);
		line[n] = '\0';
		add_message(out, line);
		decided = decided || classify(line, out);
	}
	/* Where everything was looked at and too much, no one instruction is to blame. */
	if (out->kind == VLOG_TOO_LARGE || out->kind == VLOG_STACK_LIMIT)
		out->insn = -1;
	if (!count)
		out->plain = "the kernel refused it and did not say why";
	return count > 0;
}
