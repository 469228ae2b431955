/*
 * demangle_rust.c - see demangle_rust.h. The grammar is RFC 2603's; a function here is a rule there,
 * and what a rule prints stands beside it.
 */
#include "sym/demangle_rust.h"

#include <ctype.h>
#include <stdio.h>

#include "sym/punycode.h"

enum { DEPTH_LIMIT = 200, STEP_LIMIT = 20000 };

struct v0 {
	const char *text;      /* after "_R"; backward references count from here */
	size_t len, at;
	struct buf *out;
	bool silent;           /* rules are followed, nothing is printed */
	bool failed;
	unsigned depth, steps;
	uint64_t lifetimes;    /* bound by the binders around */
};

struct identifier {
	const char *bytes;
	size_t len;
	bool punycode;
};

static void path(struct v0 *d, bool in_value);
static void type(struct v0 *d);
static void constant(struct v0 *d);

static void print_bytes(struct v0 *d, const char *s, size_t len)
{
	if (d->silent || d->failed)
		return;
	buf_add(d->out, s, len);
	if (d->out->len > DEMANGLED_LIMIT)
		d->failed = true;
}

static void print(struct v0 *d, const char *s)
{
	print_bytes(d, s, strlen(s));
}

static void print_number(struct v0 *d, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	print(d, text);
}

static char peek(const struct v0 *d)
{
	return d->failed || d->at >= d->len ? '\0' : d->text[d->at];
}

static char next(struct v0 *d)
{
	char c = peek(d);

	if (c)
		d->at++;
	else
		d->failed = true;
	return c;
}

static bool eat(struct v0 *d, char c)
{
	if (peek(d) != c)
		return false;
	d->at++;
	return true;
}

/* Before a rule that may hold itself; to be left with leave(). */
static bool enter(struct v0 *d)
{
	if (++d->depth > DEPTH_LIMIT || ++d->steps > STEP_LIMIT)
		d->failed = true;
	return !d->failed;
}

static void leave(struct v0 *d)
{
	d->depth--;
}

/* {0-9a-zA-Z} "_": "_" is 0, "0_" 1, ... */
static uint64_t base62(struct v0 *d)
{
	uint64_t n = 0;

	if (eat(d, '_'))
		return 0;
	for (;;) {
		char c = next(d);
		unsigned digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10
				 : c >= 'A' && c <= 'Z' ? c - 'A' + 36 : 62;

		if (c == '_' && n < UINT64_MAX)
			return n + 1;
		if (digit == 62 || n > (UINT64_MAX - digit) / 62)
			d->failed = true;
		if (d->failed)
			return 0;
		n = n * 62 + digit;
	}
}

static uint64_t optional_base62(struct v0 *d, char tag)
{
	uint64_t n;

	if (!eat(d, tag))
		return 0;
	n = base62(d);
	return n < UINT64_MAX ? n + 1 : n;
}

static struct identifier undisambiguated(struct v0 *d)
{
	struct identifier id = {.punycode = eat(d, 'u')};
	size_t len = 0;

	if (!isdigit((unsigned char)peek(d)))
		d->failed = true;
	if (eat(d, '0'))
		len = 0;
	else
		while (isdigit((unsigned char)peek(d)) && len < DEMANGLED_LIMIT)
			len = 10 * len + (size_t)(next(d) - '0');
	eat(d, '_');
	if (d->failed || len > d->len - d->at) {
		d->failed = true;
		return id;
	}
	id.bytes = d->text + d->at;
	id.len = len;
	d->at += len;
	return id;
}

static struct identifier identifier(struct v0 *d, uint64_t *disambiguator)
{
	*disambiguator = optional_base62(d, 's');
	return undisambiguated(d);
}

static void print_identifier(struct v0 *d, const struct identifier *id)
{
	struct buf text = {0};

	if (d->failed)
		return;
	if (!id->punycode) {
		print_bytes(d, id->bytes, id->len);
	} else if (punycode_decode(id->bytes, id->len, &text)) {
		print_bytes(d, text.data, text.len);
	} else {
		print(d, "punycode{");
		print_bytes(d, id->bytes, id->len);
		print(d, "}");
	}
	buf_free(&text);
}

/* Follows `rule` at an earlier place. */
static void backref(struct v0 *d, size_t tag_at, void (*rule)(struct v0 *d))
{
	uint64_t to = base62(d);
	size_t back = d->at;

	if (to >= tag_at)
		d->failed = true;
	if (d->failed || d->silent || !enter(d))
		return;
	d->at = to;
	rule(d);
	d->at = back;
	leave(d);
}

static void path_in_type(struct v0 *d)
{
	path(d, false);
}

static void path_in_value(struct v0 *d)
{
	path(d, true);
}

static void lifetime(struct v0 *d, uint64_t index)
{
	char name[2] = {0};

	print(d, "'");
	if (index == 0) {
		print(d, "_");
	} else if (index > d->lifetimes) {
		d->failed = true;
	} else if (d->lifetimes - index < 26) {
		name[0] = 'a' + (char)(d->lifetimes - index);
		print(d, name);
	} else {
		print(d, "_");
		print_number(d, d->lifetimes - index);
	}
}

/* for<'a, 'b>: gives how many were bound, to be taken off again. */
static uint64_t binder(struct v0 *d)
{
	uint64_t n = optional_base62(d, 'G');

	if (n > DEPTH_LIMIT || d->failed || d->silent) {
		d->failed |= n > DEPTH_LIMIT;
		return 0;
	}
	if (n)
		print(d, "for<");
	for (uint64_t i = 0; i < n; i++) {
		print(d, i ? ", " : "");
		d->lifetimes++;
		lifetime(d, 1);
	}
	if (n)
		print(d, "> ");
	return n;
}

static void generic_argument(struct v0 *d)
{
	if (eat(d, 'L'))
		lifetime(d, base62(d));
	else if (eat(d, 'K'))
		constant(d);
	else
		type(d);
}

/* Items up to E; how many. */
static unsigned items(struct v0 *d, void (*item)(struct v0 *d), const char *separator)
{
	unsigned n = 0;

	while (!d->failed && !eat(d, 'E')) {
		print(d, n ? separator : "");
		item(d);
		n++;
	}
	return n;
}

static void nested_path(struct v0 *d, bool in_value)
{
	char space = next(d);
	struct identifier id;
	uint64_t number;

	path(d, in_value);
	id = identifier(d, &number);
	if (isupper((unsigned char)space)) { /* {closure#0}, {shim:name#1} */
		print(d, "::{");
		if (space == 'C' || space == 'S')
			print(d, space == 'C' ? "closure" : "shim");
		else
			print_bytes(d, &space, 1);
		if (id.len)
			print(d, ":");
		print_identifier(d, &id);
		print(d, "#");
		print_number(d, number);
		print(d, "}");
	} else if (!islower((unsigned char)space)) {
		d->failed = true;
	} else if (id.len) {
		print(d, "::");
		print_identifier(d, &id);
	}
}

/* <T>, <T as Trait>. M and X begin with where the impl stands, which is not shown. */
static void implementation(struct v0 *d, char tag)
{
	bool was = d->silent;

	if (tag != 'Y') {
		d->silent = true;
		optional_base62(d, 's');
		path(d, false);
		d->silent = was;
	}
	print(d, "<");
	type(d);
	if (tag != 'M') {
		print(d, " as ");
		path(d, false);
	}
	print(d, ">");
}

static void path(struct v0 *d, bool in_value)
{
	size_t at = d->at;
	char tag = next(d);
	struct identifier id;
	uint64_t number;

	if (!enter(d))
		return;
	switch (tag) {
	case 'C':
		id = identifier(d, &number);
		print_identifier(d, &id);
		break;
	case 'N':
		nested_path(d, in_value);
		break;
	case 'M': case 'X': case 'Y':
		implementation(d, tag);
		break;
	case 'I':
		path(d, in_value);
		print(d, in_value ? "::<" : "<");
		items(d, generic_argument, ", ");
		print(d, ">");
		break;
	case 'B':
		backref(d, at, in_value ? path_in_value : path_in_type);
		break;
	default:
		d->failed = true;
	}
	leave(d);
}

static const char *basic_type(char tag)
{
	static const char *const names[26] = {
		"i8", "bool", "char", "f64", "str", "f32", NULL, "u8", "isize", "usize", NULL, "i32", "u32",
		"i128", "u128", "_", NULL, NULL, "i16", "u16", "()", "...", NULL, "i64", "u64", "!",
	};

	return tag >= 'a' && tag <= 'z' ? names[tag - 'a'] : NULL;
}

/* [binder] ["U"] ["K" abi] {type} "E" type */
static void function_type(struct v0 *d)
{
	uint64_t bound = binder(d);
	struct identifier abi = {"C", 1, false};

	if (eat(d, 'U'))
		print(d, "unsafe ");
	if (eat(d, 'K')) {
		if (!eat(d, 'C'))
			abi = undisambiguated(d);
		print(d, "extern \"");
		for (size_t i = 0; !d->failed && i < abi.len; i++)
			print_bytes(d, abi.bytes[i] == '_' ? "-" : &abi.bytes[i], 1);
		print(d, "\" ");
	}
	print(d, "fn(");
	items(d, type, ", ");
	print(d, ")");
	if (!eat(d, 'u')) {
		print(d, " -> ");
		type(d);
	}
	d->lifetimes -= bound;
}

/* A path whose generic arguments may go on: true, they are open. */
static bool open_path(struct v0 *d)
{
	size_t at = d->at, back;
	uint64_t to;
	bool open = false;

	if (!enter(d))
		return false;
	if (eat(d, 'B')) {
		to = base62(d);
		back = d->at;
		d->failed |= to >= at;
		if (!d->failed && !d->silent) {
			d->at = to;
			open = open_path(d);
			d->at = back;
		}
	} else if (eat(d, 'I')) {
		path(d, false);
		print(d, "<");
		items(d, generic_argument, ", ");
		open = true;
	} else {
		path(d, false);
	}
	leave(d);
	return open;
}

static void trait_object(struct v0 *d)
{
	bool open = open_path(d);
	struct identifier name;

	while (eat(d, 'p')) {
		print(d, open ? ", " : "<");
		open = true;
		name = undisambiguated(d);
		print_identifier(d, &name);
		print(d, " = ");
		type(d);
	}
	if (open)
		print(d, ">");
}

static void dynamic_type(struct v0 *d)
{
	uint64_t bound, index;

	print(d, "dyn ");
	bound = binder(d);
	items(d, trait_object, " + ");
	d->lifetimes -= bound;
	if (!eat(d, 'L'))
		d->failed = true;
	index = base62(d);
	if (index) {
		print(d, " + ");
		lifetime(d, index);
	}
}

static void reference(struct v0 *d, char tag)
{
	uint64_t index;

	print(d, "&");
	if (eat(d, 'L')) {
		index = base62(d);
		if (index) {
			lifetime(d, index);
			print(d, " ");
		}
	}
	print(d, tag == 'Q' ? "mut " : "");
	type(d);
}

static void type(struct v0 *d)
{
	size_t at = d->at;
	char tag = next(d);

	if (!enter(d))
		return;
	if (basic_type(tag)) {
		print(d, basic_type(tag));
		leave(d);
		return;
	}
	switch (tag) {
	case 'R': case 'Q': reference(d, tag); break;
	case 'P': case 'O':
		print(d, tag == 'P' ? "*const " : "*mut ");
		type(d);
		break;
	case 'A': case 'S':
		print(d, "[");
		type(d);
		if (tag == 'A') {
			print(d, "; ");
			constant(d);
		}
		print(d, "]");
		break;
	case 'T':
		print(d, "(");
		print(d, items(d, type, ", ") == 1 ? ",)" : ")");
		break;
	case 'F': function_type(d); break;
	case 'D': dynamic_type(d); break;
	case 'B': backref(d, at, type); break;
	default:
		d->at = at;
		path(d, false);
	}
	leave(d);
}

/* {hex} "_", without leading zeros; the digits are left where they are. */
static size_t hex_digits(struct v0 *d, const char **digits, uint64_t *value)
{
	size_t from = d->at;

	*value = 0;
	while (isdigit((unsigned char)peek(d)) || (peek(d) >= 'a' && peek(d) <= 'f')) {
		char c = next(d);

		*value = *value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*digits = d->text + from;
	from = d->at - from;
	if (!eat(d, '_'))
		d->failed = true;
	return from;
}

static void print_char(struct v0 *d, uint64_t value)
{
	static const char *const escapes[] = {"\\0", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "\\t", "\\n",
					      NULL, NULL, "\\r"};
	struct buf text = {0};

	if (value < ARRAY_SIZE(escapes) && escapes[value])
		buf_puts(&text, escapes[value]);
	else if (value == '\'' || value == '\\')
		buf_printf(&text, "\\%c", (char)value);
	else if (value < ' ' || value == 0x7f)
		buf_printf(&text, "\\u{%llx}", (unsigned long long)value);
	else
		utf8_add((uint32_t)value, &text);
	print(d, "'");
	print_bytes(d, text.data, text.len);
	print(d, "'");
	buf_free(&text);
}

static void constant(struct v0 *d)
{
	size_t at = d->at, len;
	char tag = next(d);
	const char *digits;
	uint64_t value;

	if (!enter(d))
		return;
	if (tag == 'B') {
		backref(d, at, constant);
	} else if (tag == 'p') {
		print(d, "_");
	} else if (tag && strchr("hamtslyoxnijcb", tag)) {
		if (strchr("aslxni", tag) && eat(d, 'n'))
			print(d, "-");
		len = hex_digits(d, &digits, &value);
		if (d->failed || (tag == 'b' && value > 1) || (tag == 'c' && (value > 0x10ffff || len > 6))) {
			d->failed = true;
		} else if (tag == 'b') {
			print(d, value ? "true" : "false");
		} else if (tag == 'c') {
			print_char(d, value);
		} else if (len <= 16) {
			print_number(d, value);
		} else {
			print(d, "0x");
			print_bytes(d, digits, len);
		}
	} else {
		d->failed = true;
	}
	leave(d);
}

/* Of what compilers add behind a name, LLVM's number of a module says nothing. */
static size_t suffix_len(const char *suffix)
{
	const char *number = strstr(suffix, ".llvm.");

	return number ? (size_t)(number - suffix) : strlen(suffix);
}

static bool take_back(struct buf *out, size_t len)
{
	out->len = len;
	if (out->data)
		out->data[len] = '\0';
	return false;
}

bool demangle_rust_v0(const char *symbol, struct buf *out)
{
	struct v0 d = {.text = symbol + 2, .out = out};
	size_t before = out->len;
	const char *suffix;

	if (symbol[0] != '_' || symbol[1] != 'R' || !isupper((unsigned char)symbol[2]))
		return false;
	d.len = strcspn(d.text, ".$"); /* what compilers add begins so */
	suffix = d.text + d.len;
	path(&d, true);
	if (isupper((unsigned char)peek(&d))) { /* the crate that made an instance of it */
		d.silent = true;
		path(&d, false);
		d.silent = false;
	}
	print_bytes(&d, suffix, suffix_len(suffix));
	if (d.failed || d.at != d.len)
		return take_back(out, before);
	return true;
}

/* ---- legacy ---- */

/* "17h" and 16 hexadecimal digits, then "E" and perhaps what compilers add. */
static bool is_hash(const char *part, size_t len)
{
	return len == 17 && part[0] == 'h' && strspn(part + 1, "0123456789abcdef") >= 16;
}

static bool escape(const char **at, const char *end, struct buf *out)
{
	static const struct { const char *name, *text; } escapes[] = {
		{"$SP$", "@"}, {"$BP$", "*"}, {"$RF$", "&"}, {"$LT$", "<"}, {"$GT$", ">"}, {"$LP$", "("},
		{"$RP$", ")"}, {"$C$", ","},
	};
	uint32_t value = 0;
	const char *p = *at;

	for (size_t i = 0; i < ARRAY_SIZE(escapes); i++)
		if ((size_t)(end - p) >= strlen(escapes[i].name) && str_starts(p, escapes[i].name)) {
			buf_puts(out, escapes[i].text);
			*at += strlen(escapes[i].name);
			return true;
		}
	if (end - p < 4 || p[1] != 'u')
		return false;
	for (p += 2; p < end && isxdigit((unsigned char)*p) && value < 0x110000; p++)
		value = value << 4 | (uint32_t)(*p <= '9' ? *p - '0' : (*p | 32) - 'a' + 10);
	if (p == end || *p != '$' || value < ' ' || value > 0x10ffff)
		return false;
	utf8_add(value, out);
	*at = p + 1;
	return true;
}

static void legacy_part(const char *part, size_t len, struct buf *out)
{
	const char *end = part + len;

	if (len > 1 && part[0] == '_' && part[1] == '$')
		part++;
	while (part < end) {
		if (*part == '.' && part + 1 < end && part[1] == '.') {
			buf_puts(out, "::");
			part += 2;
		} else if (*part != '$' || !escape(&part, end, out)) {
			buf_putc(out, *part++);
		}
	}
}

bool demangle_rust_legacy(const char *symbol, struct buf *out)
{
	const char *at = symbol + 3, *part;
	size_t before = out->len, len = 0;
	bool hash = false, first = true;

	if (!str_starts(symbol, "_ZN"))
		return false;
	while (isdigit((unsigned char)*at)) {
		if (hash) /* not the last part */
			break;
		for (len = 0; isdigit((unsigned char)*at) && len < DEMANGLED_LIMIT; at++)
			len = 10 * len + (size_t)(*at - '0');
		part = at;
		if (strnlen(part, len) < len)
			break;
		at += len;
		hash = is_hash(part, len) && *at == 'E';
		if (!hash) {
			buf_puts(out, first ? "" : "::");
			legacy_part(part, len, out);
		}
		first = false;
	}
	if (hash && *at == 'E' && (!at[1] || at[1] == '.') && out->len > before) {
		buf_add(out, at + 1, suffix_len(at + 1));
		return true;
	}
	return take_back(out, before);
}
