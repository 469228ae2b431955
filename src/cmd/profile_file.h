/*
 * profile_file.h - files of profiles, opened, unpacked and fed to a reader; and results written
 * so that no half file is ever under the name that was asked for.
 */
#ifndef SONDE_CMD_PROFILE_FILE_H
#define SONDE_CMD_PROFILE_FILE_H

#include "prof/read.h"
#include "prof/write.h"

enum progress_when { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

struct profile_input {
	const char *path;              /* "-": standard input */
	enum prof_format format;       /* PROF_FORMATS: found out */
	struct prof_read_options read;
	enum progress_when progress;
};

/* Into `p`. False: one line was printed. */
bool profile_file_read(struct profile *p, const struct profile_input *in);

/*
 * The output: a file beside `path` that takes its name in result_commit, and is gone when the
 * program ends before that, by a signal too. "-" is standard output.
 */
struct profile_result {
	const char *path;
	char *temporary, *target; /* NULL: written as it comes */
	int fd, err;
};

bool result_open(struct profile_result *o, const char *path);
void result_write(struct profile_result *o, const void *data, size_t len);
/* False: one line was printed, nothing is left. */
bool result_commit(struct profile_result *o);

#endif
