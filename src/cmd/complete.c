/*
 * complete.c - see complete.h. The options come from the manuals (manual.h), so what is completed
 * is what the help describes.
 *
 *   WORD ... LAST --which command, behind which option?--> candidates that begin with LAST
 */
#include "cmd/complete.h"

#include "cmd/compile.h"
#include "cmd/help.h"
#include "run/list.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum kind { KIND_NONE, KIND_FILES, KIND_FOLDERS, KIND_COMMANDS, KIND_PROCESSES, KIND_PROBES };

static const struct { const char *option, *argument; bool list; const char *words; } words_of[] = {
#define WORDS(option, argument, list, words) {option, argument, list, words},
#define KIND(argument, kind)
#include "cmd/value.def"
#undef WORDS
#undef KIND
};

static const struct { const char *argument; enum kind kind; } kinds[] = {
#define WORDS(option, argument, list, words)
#define KIND(argument, kind) {argument, KIND_##kind},
#include "cmd/value.def"
#undef WORDS
#undef KIND
};

struct completion {
	const char *last;   /* what there is of the word */
	const char *before; /* what stands in front of the part that is completed */
	struct manual *m;   /* of the command that stands there */
};

static void candidate(const struct completion *c, const char *word, const char *what)
{
	if (str_starts(word, c->last))
		printf("%s%s\t%s\n", c->before, word, what);
}

static void named(void *ctx, const char *name, const char *what)
{
	candidate(ctx, name, what);
}

/* Words separated by blanks. */
static void candidates(const struct completion *c, const char *words)
{
	while (*words) {
		size_t len = strcspn(words, " ");
		char *word = xstrndup(words, len);

		candidate(c, word, "");
		free(word);
		words += len + strspn(words + len, " ");
	}
}

/* "a,b,c" of such words: the last one is completed. */
static void list_candidates(struct completion c, const char *words)
{
	const char *comma = strrchr(c.last, ',');
	char *before = comma ? xasprintf("%s%.*s", c.before, (int)(comma + 1 - c.last), c.last) : xstrdup(c.before);

	c.before = before;
	c.last = comma ? comma + 1 : c.last;
	candidates(&c, words);
	free(before);
}

static void processes(const struct completion *c)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		struct buf path = {0}, comm = {0};

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		buf_printf(&path, "/proc/%s/comm", entry->d_name);
		if (!buf_read_file(&comm, buf_str(&path), 64)) {
			char *end = strpbrk(comm.data, "\n\t");

			if (end)
				*end = '\0';
			candidate(c, entry->d_name, comm.data);
		}
		buf_free(&path);
		buf_free(&comm);
	}
	if (folder)
		closedir(folder);
}

/* A name's part behind what is typed, up to its colon: one candidate of many names. */
static void cut_after_part(char *line, size_t typed)
{
	char *colon = strlen(line) > typed ? strchr(line + typed, ':') : NULL;

	if (colon)
		colon[1] = '\0';
}

static void probes(const struct completion *c)
{
	struct options o = {.uid = -1};
	struct compilation compilation;
	struct buf pattern = {0}, out = {0}, why = {0}, hint = {0};
	char *rest, *line, *previous = "";

	compilation_init(&compilation, &o, 0);
	buf_printf(&pattern, "%s*", c->last);
	if (*c->last && list_print(compilation.machine, buf_str(&pattern), false, &out, &why, &hint) > 0) {
		for (rest = out.data; (line = strsep(&rest, "\n"));) {
			cut_after_part(line, strlen(c->last));
			if (*line && !str_eq(line, previous))
				candidate(c, line, "");
			previous = line;
		}
	} else {
#define PROVIDER(id, name, ...) candidate(c, name ":", "");
#include "lang/provider.def"
#undef PROVIDER
	}
	buf_free(&pattern);
	buf_free(&out);
	buf_free(&why);
	buf_free(&hint);
	compilation_free(&compilation);
}

static void complete_kind(const struct completion *c, enum kind kind)
{
	switch (kind) {
	case KIND_NONE: break;
	case KIND_FILES: puts(":files"); break;
	case KIND_FOLDERS: puts(":folders"); break;
	case KIND_COMMANDS: puts(":commands"); break;
	case KIND_PROCESSES: processes(c); break;
	case KIND_PROBES: probes(c); break;
	}
}

static void complete_value(const struct completion *c, const struct manual_option *o)
{
	if (o->choices) {
		list_candidates(*c, o->choices);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words_of); i++) {
		if (!o->name || !str_eq(words_of[i].option, o->name) || !str_eq(words_of[i].argument, o->argument))
			continue;
		if (words_of[i].list)
			list_candidates(*c, words_of[i].words);
		else
			candidates(c, words_of[i].words);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_eq(kinds[i].argument, o->argument))
			complete_kind(c, kinds[i].kind);
}

static void complete_option(const struct completion *c)
{
	vec_each(o, &c->m->options) {
		char *name = o->name ? xasprintf("--%s", o->name) : NULL;
		char letter[] = {'-', o->letter, '\0'};

		if (name)
			candidate(c, name, o->help);
		if (o->letter)
			candidate(c, letter, o->help);
		free(name);
	}
}

/* The option that a word is: "-p", "-mp" (its last letter), "--pid"; NULL: none. */
static const struct manual_option *option_of(const struct manual *m, const char *word)
{
	if (word[0] != '-' || !word[1])
		return NULL;
	vec_each(o, &m->options) {
		if (word[1] == '-' ? o->name && str_eq(o->name, word + 2)
				   : o->letter && o->letter == word[strlen(word) - 1])
			return o;
	}
	return NULL;
}

static bool takes_value(const struct manual_option *o)
{
	return o && o->argument && *o->argument != '[';
}

/* Where the command's or tool's name stands: the first word that is no option, nor one's value. */
static int command_at(const struct manual *sonde, int count, char **words)
{
	for (int i = 0; i < count; i++) {
		if (words[i][0] != '-')
			return i;
		i += takes_value(option_of(sonde, words[i])) && !strchr(words[i], '=');
	}
	return -1;
}

/* What is no option; without a command it may become its name, or a script's. */
static void complete_argument(struct completion *c, const char *command)
{
	bool helps = command && str_eq(command, "help");

	if (!command || helps)
		help_each(named, c);
	if (!command) {
		candidate(c, "help", "what there is, or of one its flags and examples");
		candidate(c, "tools", "the tools, one a line");
	}
	if (!helps)
		puts(command && str_eq(command, "strace") ? ":commands" : ":files");
}

static bool lists_probes(int count, char **words)
{
	for (int i = 0; i < count; i++)
		if (str_eq(words[i], "-l") || str_eq(words[i], "--list"))
			return true;
	return false;
}

static void complete(int count, char **words)
{
	struct manual sonde = manual_new(MANUAL_HELP), own = manual_new(MANUAL_HELP);
	struct completion c = {.before = "", .last = words[count - 1], .m = &sonde};
	const char *equals = str_starts(c.last, "--") ? strchr(c.last, '=') : NULL;
	const struct manual_option *o = NULL;
	char *before = NULL;
	int at;

	help_write(&sonde, NULL);
	at = command_at(&sonde, count - 1, words);
	if (at >= 0 && help_write(&own, words[at]) && own.options.n)
		c.m = &own;
	if (equals) {
		before = xstrndup(c.last, equals - c.last);
		o = option_of(c.m, before);
		free(before);
		before = xstrndup(c.last, equals + 1 - c.last);
		c.before = before;
		c.last = equals + 1;
	} else if (count > 1) {
		o = option_of(c.m, words[count - 2]);
	}
	if (takes_value(o))
		complete_value(&c, o);
	else if (c.last[0] == '-')
		complete_option(&c);
	else if (at < 0 && lists_probes(count - 1, words))
		probes(&c);
	else
		complete_argument(&c, at < 0 ? NULL : words[at]);
	free(before);
	manual_free(&sonde);
	manual_free(&own);
}

bool complete_requested(int argc, char **argv, int *status)
{
	if (argc < 2 || !str_eq(argv[1], "complete"))
		return false;
	*status = argc < 3;
	if (argc < 3)
		fputs("sonde: complete WORD... LAST\n", stderr);
	else
		complete(argc - 2, argv + 2);
	return true;
}
