/*
 * spec.c - bcc's probe specifiers to struct spec.
 *
 *   open                     kernel function          p:c:write, c:write   user function
 *   r::vfs_read              its return               t:block:block_rq_issue   tracepoint
 *   ::open, :c:write         p: may be left out       u:pthread:pthread_start  static user probe
 *   vfs_read+0x12            within it
 *   p::f(struct sock *sk, int copied)                 the names its parameters have afterwards
 */
#include "front/front_int.h"

#include <ctype.h>

const char *spec_slice(struct front *f, const struct source *s, uint32_t from, uint32_t to)
{
	while (from < to && isspace((unsigned char)s->text[from]))
		from++;
	while (to > from && isspace((unsigned char)s->text[to - 1]))
		to--;
	return arena_strndup(f->arena, s->text + from, to - from);
}

uint32_t spec_skip_blanks(const struct source *s, uint32_t at)
{
	while (at < s->len && isspace((unsigned char)s->text[at]))
		at++;
	return at;
}

/* Behind the string or character that begins at `at`. */
static uint32_t skip_quoted(const struct source *s, uint32_t at, uint32_t end)
{
	char quote = s->text[at++];

	while (at < end && s->text[at] != quote)
		at += s->text[at] == '\\' && at + 1 < end ? 2 : 1;
	return MIN_OF(at + 1, end);
}

uint32_t spec_until(const struct source *s, uint32_t at, uint32_t end, const char *stops)
{
	int depth = 0;

	while (at < end) {
		char c = s->text[at];

		if (depth <= 0 && c && strchr(stops, c))
			break;
		if (c == '"' || c == '\'') {
			at = skip_quoted(s, at, end);
			continue;
		}
		depth += c == '(' || c == '[';
		depth -= c == ')' || c == ']';
		at++;
	}
	return at;
}

uint32_t spec_close(const struct source *s, uint32_t at)
{
	return spec_until(s, at, s->len, ")");
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "struct sock *sk": the last word is the name, what is before it the type. */
static void add_param(struct front *f, struct spec *spec, uint32_t from, uint32_t to)
{
	const char *text = spec_slice(f, spec->source, from, to);
	size_t len = strlen(text), name = len;
	struct spec_param param = {0};

	while (name > 0 && is_word(text[name - 1]))
		name--;
	if (name == 0 || name == len) { /* a type alone */
		param.type = text;
	} else {
		param.name = text + name;
		while (name > 0 && isspace((unsigned char)text[name - 1]))
			name--;
		param.type = arena_strndup(f->arena, text, name);
	}
	avec_push(f->arena, &spec->params, param);
}

/* What is in the brackets behind the function's name. */
static bool parse_signature(struct front *f, struct spec *spec, uint32_t at)
{
	const struct source *s = spec->source;
	uint32_t open = at++, close = spec_close(s, at);

	if (close >= s->len) {
		front_wrong(f, front_span(s, open, open + 1), "this parenthesis is never closed");
		diag_hint(f->diags, "the parameters of the function stand right behind its name: %s(int fd, ...)",
			  spec->function);
		return false;
	}
	spec->has_signature = true;
	spec->rest = close + 1;
	if (!*spec_slice(f, s, at, close) || str_eq(spec_slice(f, s, at, close), "void"))
		return true;
	while (at <= close) {
		uint32_t comma = spec_until(s, at, close, ",");

		add_param(f, spec, at, comma);
		at = comma + 1;
	}
	return true;
}

enum { MOST_PARTS = 5 };

bool spec_is_type(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!is_word(*p) && *p != '*' && *p != ' ' && *p != '\t')
			return false;
	return is_word(*text) && !isdigit((unsigned char)*text);
}

static bool kind_of(const char *word, enum spec_kind *out)
{
	static const char letters[] = "prtu";
	const char *at = word[0] && !word[1] ? strchr(letters, word[0]) : NULL;

	if (at)
		*out = (enum spec_kind)(at - letters);
	return at != NULL;
}

static bool parts_wrong(struct front *f, const struct spec *spec, const char *what)
{
	front_wrong(f, spec->span, "%s", what);
	diag_hint(f->diags, "a probe is FUNCTION, LIBRARY:FUNCTION, p:LIBRARY:FUNCTION, r:LIBRARY:FUNCTION, "
		  "t:CATEGORY:EVENT or u:LIBRARY:PROBE; without a library, as in r::vfs_read, it is the kernel's");
	return false;
}

bool spec_take_offset(struct front *f, struct spec *spec)
{
	const char *plus = strchr(spec->function, '+');
	uint64_t number;

	spec->offset = "";
	if (!plus)
		return true;
	if (!str_to_u64(plus + 1, &number) || spec->kind == SPEC_RETURN) {
		front_wrong(f, spec->span, spec->kind == SPEC_RETURN ? "a return has no offset"
			    : "the offset behind '+' is no number");
		diag_hint(f->diags, "an offset is a number of bytes behind a function's start: vfs_read+4, "
			  "vfs_read+0x12");
		return false;
	}
	spec->offset = plus;
	spec->function = arena_strndup(f->arena, spec->function, plus - spec->function);
	return true;
}

/* The parts between colons to kind, library and name. */
static bool take_parts(struct front *f, struct spec *spec, const char **parts, unsigned n)
{
	if (n == 1) {
		spec->function = parts[0];
	} else if (n == 2) {
		spec->binary = kind_of(parts[0], &spec->kind) ? "" : parts[0];
		spec->function = parts[1];
		if (spec->kind > SPEC_RETURN)
			return parts_wrong(f, spec, "a tracepoint or static probe has one more part");
	} else {
		if (*parts[0] && !kind_of(parts[0], &spec->kind)) /* ::vfs_read is p::vfs_read */
			return parts_wrong(f, spec, "the first of three parts is p, r, t or u");
		if (n == 4 && spec->kind != SPEC_USDT)
			return parts_wrong(f, spec, "too many parts between colons");
		spec->binary = parts[1];
		spec->category = n == 4 ? parts[2] : spec->kind == SPEC_TRACEPOINT ? parts[1] : NULL;
		spec->function = parts[n - 1];
	}
	if (spec->kind == SPEC_USDT && !*spec->binary)
		return parts_wrong(f, spec, "a static user probe is in a library or a program: its name is missing");
	if (spec->kind <= SPEC_RETURN && !spec_take_offset(f, spec))
		return false;
	if (!*spec->function || (spec->kind == SPEC_TRACEPOINT && !*spec->category))
		return parts_wrong(f, spec, "the name is missing");
	return true;
}

bool spec_parse(struct front *f, const struct source *source, struct spec *out)
{
	uint32_t from = spec_skip_blanks(source, 0), at = from, part = from;
	const char *parts[MOST_PARTS];
	unsigned n = 0;

	*out = (struct spec){.source = source, .binary = "", .function = "", .offset = ""};
	for (;; at++) {
		char c = at < source->len ? source->text[at] : '\0';
		bool ends = !c || isspace((unsigned char)c) || c == '(';

		if (c != ':' && !ends)
			continue;
		if (n < MOST_PARTS)
			parts[n++] = arena_strndup(f->arena, source->text + part, at - part);
		part = at + 1;
		if (ends)
			break;
	}
	out->rest = at;
	out->span = front_span(source, from, at);
	if (n == MOST_PARTS)
		return parts_wrong(f, out, "too many parts between colons");
	if (!take_parts(f, out, parts, n))
		return false;
	return at >= source->len || source->text[at] != '(' || parse_signature(f, out, at);
}
