/* check_config.c - the config block, and the same settings from the environment. */
#include "lang/check_int.h"

#include <ctype.h>
#include <stdlib.h>

enum setting_kind {
	SET_NUMBER, SET_BOOL, SET_TEXT, SET_MISSING, SET_STACK,
	/* without effect here, but of what bpftrace takes */
	SET_IGNORED, SKIP_NUMBER, SKIP_BOOL, SKIP_LICENSE, SKIP_CACHE, SKIP_FEATURE,
};

static const struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset;
	int64_t min, max;
} settings[] = {
#define AT(member) offsetof(struct config, member)
	{"max_strlen", SET_NUMBER, AT(max_strlen), 2, 1 << 20},
	{"strlen", SET_NUMBER, AT(max_strlen), 2, 1 << 20},
	{"max_map_keys", SET_NUMBER, AT(max_map_keys), 1, 1 << 26},
	{"map_keys_max", SET_NUMBER, AT(max_map_keys), 1, 1 << 26},
	{"perf_rb_pages", SET_NUMBER, AT(ring_pages), 1, 1 << 18},
	{"max_cat_bytes", SET_NUMBER, AT(max_cat_bytes), 1, 1 << 30},
	{"print_maps_on_exit", SET_BOOL, AT(print_maps_on_exit), 0, 1},
	{"cpp_demangle", SET_BOOL, AT(cpp_demangle), 0, 1},
	{"str_trunc_trailer", SET_TEXT, AT(str_trunc_trailer), 0, 0},
	{"missing_probes", SET_MISSING, AT(missing_probes), 0, 0},
	{"max_probes", SET_NUMBER, AT(max_probes), 1, 1 << 20},
	{"stack_mode", SET_STACK, AT(stack_mode), 0, 0},
#undef AT
	{"on_stack_limit", SKIP_NUMBER, 0, 0, 0}, {"log_size", SKIP_NUMBER, 0, 0, 0},
	{"max_bpf_progs", SKIP_NUMBER, 0, 0, 0}, {"max_type_res_iterations", SET_IGNORED, 0, 0, 0},
	{"lazy_symbolication", SKIP_BOOL, 0, 0, 0},
	{"cache_user_symbols", SKIP_CACHE, 0, 0, 0}, {"license", SKIP_LICENSE, 0, 0, 0},
	{"symbol_source", SET_IGNORED, 0, 0, 0}, {"show_debug_info", SKIP_BOOL, 0, 0, 0},
	{"use_blazesym", SET_IGNORED, 0, 0, 0}, {"unstable_import", SET_IGNORED, 0, 0, 0},
	{"unstable_map_decl", SET_IGNORED, 0, 0, 0}, {"unstable_macro", SET_IGNORED, 0, 0, 0},
	{"unstable_addr", SET_IGNORED, 0, 0, 0}, {"unstable_tseries", SKIP_FEATURE, 0, 0, 0},
	{"unstable_typeinfo", SET_IGNORED, 0, 0, 0}, {"unstable_import_statement", SET_IGNORED, 0, 0, 0},
	{"unstable_dw_ustack", SKIP_FEATURE, 0, 0, 0},
};

static const char *setting_name(const void *ctx, size_t i)
{
	(void)ctx;
	return settings[i].name;
}

/* BPFTRACE_MAX_STRLEN, MAX_STRLEN and max_strlen are the same key. */
static const char *normalise(struct arena *arena, const char *name)
{
	char *lower;

	if (!strncasecmp(name, "BPFTRACE_", 9))
		name += 9;
	lower = arena_strdup(arena, name);
	for (char *p = lower; *p; p++)
		*p = tolower((unsigned char)*p);
	return lower;
}

static int word_index(const char *word, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (!strcasecmp(word, words[i]))
			return i;
	return -1;
}

static const char *const missing_words[] = {"error", "warn", "ignore", NULL};
static const char *const stack_words[] = {"bpftrace", "perf", "raw", "build_id", NULL};
static const char *const license_words[] = {"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL",
					    "Dual MIT/GPL", "Dual MPL/GPL", NULL};
/* 0 and 1 are older ways to say NONE and PER_PID; they come as numbers. */
static const char *const cache_words[] = {"PER_PID", "PER_PROGRAM", "NONE", NULL};
static const char *const feature_words[] = {"error", "warn", "enable", "true", "false", NULL};

/* The words a setting takes, or NULL. */
static const char *const *words_of(enum setting_kind kind)
{
	switch (kind) {
	case SET_MISSING: return missing_words;
	case SET_STACK: return stack_words;
	case SKIP_LICENSE: return license_words;
	case SKIP_CACHE: return cache_words;
	case SKIP_FEATURE: return feature_words;
	default: return NULL;
	}
}

/* Sets from a number (is_number) or a word; false when the setting does not take it. */
static bool set(struct config *config, const struct setting *s, bool is_number, int64_t number,
		const char *word)
{
	static const char *const bools[] = {"false", "true", NULL};
	char *at = (char *)config + s->offset;
	int index;

	switch (s->kind) {
	case SET_IGNORED:
		return true;
	case SET_NUMBER:
		if (!is_number || number < s->min || number > s->max)
			return false;
		*(uint64_t *)at = number;
		return true;
	case SET_BOOL:
		index = is_number ? number != 0 : word_index(word, bools);
		if (index != 0 && index != 1)
			return false;
		*(bool *)at = index;
		return true;
	case SET_TEXT:
		if (is_number)
			return false;
		*(const char **)at = word;
		return true;
	case SET_MISSING:
	case SET_STACK:
		index = is_number ? -1 : word_index(word, words_of(s->kind));
		if (index < 0)
			return false;
		*(uint32_t *)at = index;
		return true;
	case SKIP_NUMBER: return is_number;
	case SKIP_BOOL: return is_number || word_index(word, bools) >= 0;
	case SKIP_CACHE: case SKIP_FEATURE:
		return is_number ? number == 0 || number == 1 : word_index(word, words_of(s->kind)) >= 0;
	case SKIP_LICENSE: return !is_number && word_index(word, words_of(s->kind)) >= 0;
	}
	return false;
}

void check_config(struct checker *c, const struct node *n)
{
	vec_each(it, &n->list) {
		const struct node *setting = *it, *value = setting->a;
		const char *name = normalise(c->arena, setting->name), *near;
		const struct setting *found = NULL;
		int64_t number = 0;
		bool is_number = value->kind == NODE_BOOL ? (number = value->num, true)
							  : check_constant(value, &number);
		const char *word = value->kind == NODE_STRING ? value->text.data
				   : value->kind == NODE_IDENT ? value->name : "";

		for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
			if (str_eq(settings[i].name, name))
				found = &settings[i];
		if (!found) {
			diag_add(c->script->diags, DIAG_UNKNOWN_CONFIG, setting->span,
				 "there is no configuration key '%s'", setting->name);
			near = diag_nearest(name, ARRAY_SIZE(settings), setting_name, NULL);
			if (near)
				diag_hint(c->script->diags, "did you mean '%s'?", near);
		} else if (c->script->config.pinned & 1ull << (found - settings)) {
			continue; /* the environment has the last word */
		} else if (!set(&c->script->config, found, is_number, number, word)) {
			diag_add(c->script->diags, DIAG_UNKNOWN_CONFIG, value->span,
				 "'%s' does not take this value", setting->name);
		}
	}
}

const struct type *check_config_record(struct checker *c, struct node *n)
{
	size_t last = SIZE_MAX;

	n->kind = NODE_RECORD;
	n->list = (node_list){0};
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const struct setting *s = &settings[i];
		const char *at = (const char *)&c->script->config + s->offset, *text;
		enum node_kind kind = s->kind == SET_NUMBER ? NODE_INT : s->kind == SET_BOOL ? NODE_BOOL : NODE_STRING;
		struct node *value;

		if (s->kind >= SET_IGNORED || s->offset == last) /* older names of the row before */
			continue;
		last = s->offset;
		value = check_record_field(c, n, s->name, kind);
		if (kind != NODE_STRING) {
			value->num = s->kind == SET_BOOL ? *(const bool *)at : *(const uint64_t *)at;
			continue;
		}
		text = s->kind == SET_TEXT ? *(const char *const *)at
		       : (s->kind == SET_STACK ? stack_words : missing_words)[*(const uint32_t *)at];
		value->text = (struct text){text, strlen(text)};
	}
	return check_expr(c, n);
}

bool script_configure(struct script *script, const char *name, const char *value, const char **why)
{
	static const char *const wants[] = {
		[SET_NUMBER] = "a number", [SET_BOOL] = "true or false", [SET_TEXT] = "a text",
		[SET_MISSING] = "error, warn or ignore", [SET_STACK] = "bpftrace, perf, raw or build_id",
		[SKIP_NUMBER] = "a number", [SKIP_BOOL] = "true or false", [SKIP_FEATURE] = "error, warn or enable",
		[SKIP_LICENSE] = "GPL or a licence that goes with it", [SKIP_CACHE] = "PER_PID, PER_PROGRAM or NONE",
	};
	uint64_t number = 0;
	bool is_number = str_to_u64(value, &number) && number <= INT64_MAX;

	name = normalise(script->arena, name);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const struct setting *s = &settings[i];

		if (!str_eq(s->name, name))
			continue;
		if (!set(&script->config, s, is_number && s->kind != SET_TEXT, number,
			 arena_strdup(script->arena, value))) {
			*why = arena_printf(script->arena, "%s: expecting %s, got %s", name, wants[s->kind], value);
			return false;
		}
		script->config.pinned |= 1ull << i;
	}
	return true;
}
