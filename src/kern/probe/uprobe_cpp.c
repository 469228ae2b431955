/*
 * uprobe_cpp.c - functions by their C++ names. All mangled symbols of the file that hold the
 * last plain word of the pattern are demangled and compared.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#include "kern/probe/uprobe_int.h"

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/*
 * Where the parameters of a demangled name begin: the parenthesis that matches the last closing
 * one. NULL: it has none (a variable), or it is a part that was split off ("[clone .cold]").
 */
static const char *parameters_of(const char *name)
{
	const char *close = strrchr(name, ')');
	int depth = 0;

	if (!close || strstr(close, "[clone"))
		return NULL;
	for (const char *p = close; p >= name; p--) {
		depth += *p == ')';
		depth -= *p == '(';
		if (!depth)
			return p;
	}
	return NULL;
}

/* The name behind a return type: after the last blank outside of <> and (), operators aside. */
static const char *without_return_type(const char *name, const char *parameters)
{
	const char *start = name;
	int depth = 0;

	for (const char *p = name; p < parameters; p++) {
		if (str_starts(p, "operator") && (p == name || !is_word(p[-1])) && !is_word(p[8]))
			break; /* the rest is its name: operator<, operator int, operator() */
		depth += *p == '<' || *p == '(';
		depth -= *p == '>' || *p == ')';
		if (*p == ' ' && depth == 0)
			start = p + 1;
	}
	return start;
}

static bool matches_cut(const char *pattern, const char *name, size_t len)
{
	char *cut = xstrndup(name, len);
	bool match = str_glob(pattern, cut);

	free(cut);
	return match;
}

/* Blanks do not count: "f(int, double)" is "f(int,double)". */
static void squeeze(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (*from != ' ' || (to > text && is_word(to[-1]) && is_word(from[1])))
			*to++ = *from;
	*to = '\0';
}

bool uprobe_cpp_matches(const char *pattern, const char *demangled)
{
	char *p = xstrdup(pattern), *name = xstrdup(demangled);
	const char *parameters, *bare;
	bool match = false;

	squeeze(p);
	squeeze(name);
	parameters = parameters_of(name);
	if (parameters) {
		bare = without_return_type(name, parameters);
		match = str_glob(p, name) || str_glob(p, bare) ||
			matches_cut(p, bare, parameters - bare);
	}
	free(p);
	free(name);
	return match;
}

/* The last word of the pattern that a mangled name must hold, too; "" when there is none. */
static void needle_of(const char *pattern, char *out, size_t size)
{
	const char *end = strchr(pattern, '('), *best = NULL;
	size_t best_len = 0;

	out[0] = '\0';
	if (strstr(pattern, "operator") || strchr(pattern, '~'))
		return; /* mangled by other letters */
	end = end ? end : pattern + strlen(pattern);
	for (const char *p = pattern; p < end;) {
		size_t n = 0;

		while (p + n < end && is_word(p[n]))
			n++;
		/* a template's arguments are mangled in ways of their own */
		if (p[n] == '<' && !best_len)
			end = p + n;
		if (n) {
			best = p;
			best_len = n;
		}
		p += n + !n;
	}
	if (best && best_len < size && !isdigit((unsigned char)*best)) {
		memcpy(out, best, best_len);
		out[best_len] = '\0';
	}
}

struct walk {
	struct uprobe_search *s;
	char needle[128];
	unsigned mangled;
};

/* Rust's names have no parameters: what is mangled so, or as C++ with a hash at the end. */
static bool is_rust(const char *symbol)
{
	const char *hash = strstr(symbol, "17h");

	return symbol[1] == 'R' || (hash && strspn(hash + 3, "0123456789abcdef") == 16 && hash[19] == 'E');
}

static bool symbol_found(void *arg, const char *name, uint64_t address, uint64_t size, uint64_t file_offset)
{
	struct walk *w = arg;
	struct uprobe_search *s = w->s;
	const struct elf_names *elf = &s->q->env->elf;

	w->mangled++;
	if (file_offset == UINT64_MAX || !strstr(name, w->needle))
		return true;
	const char *full = elf->demangle(elf->ctx, s->q->env->arena, name);
	if (full && (is_rust(name) ? str_glob(s->function, full) : uprobe_cpp_matches(s->function, full)))
		uprobe_add(s, arena_printf(s->q->env->arena, "cpp:\"%s\"", full), full, address, size,
			   file_offset);
	return true;
}

bool uprobe_match_cpp(struct uprobe_search *s)
{
	const struct elf_names *elf = &s->q->env->elf;
	struct walk w = {.s = s};
	size_t before = s->q->out->n;
	static const char *const mangled[] = {"_Z*", "_R*"};
	const char *why = "unknown";

	needle_of(s->function, w.needle, sizeof(w.needle));
	for (size_t i = 0; i < ARRAY_SIZE(mangled); i++)
		if (!elf->functions(elf->ctx, s->q->env->arena, s->path, mangled[i], symbol_found, &w, &why))
			return probe_no_match(s->q, "%s", why);
	hmap_free(&s->places);
	if (s->q->out->n > before)
		return true;
	if (!w.mangled)
		return probe_no_match(s->q, "%s has no C++ or Rust functions", s->path);
	if (!elf->demangle(elf->ctx, s->q->env->arena, "_Z1fv"))
		return probe_no_match(s->q, "C++ names need libstdc++.so.6 or libc++abi.so.1, which are not "
					    "installed");
	return probe_no_match(s->q, "no C++ function of %s matches \"%s\"", s->path, s->function);
}
