/* user.c - see user.h. */
#include "base/user.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

enum { ENTRY_LIMIT = 4096 };

#ifdef SONDE_STATIC

/* The entry of this name (or, when that is NULL, number) in /etc/passwd. */
static bool find_entry(const char *name, uint64_t uid, struct passwd *entry, char *room)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd *found = NULL;

	while (file && fgetpwent_r(file, entry, room, ENTRY_LIMIT, &found) == 0)
		if (name ? str_eq(found->pw_name, name) : found->pw_uid == uid)
			break;
		else
			found = NULL;
	if (file)
		fclose(file);
	return found;
}

#else

static bool find_entry(const char *name, uint64_t uid, struct passwd *entry, char *room)
{
	struct passwd *found = NULL;

	if (name)
		return getpwnam_r(name, entry, room, ENTRY_LIMIT, &found) == 0 && found;
	return uid <= UINT32_MAX && getpwuid_r(uid, entry, room, ENTRY_LIMIT, &found) == 0 && found;
}

#endif

bool user_number(const char *name, uint64_t *uid)
{
	struct passwd entry;
	char room[ENTRY_LIMIT];

	if (!find_entry(name, 0, &entry, room))
		return false;
	*uid = entry.pw_uid;
	return true;
}

char *user_name(uint64_t uid)
{
	struct passwd entry;
	char room[ENTRY_LIMIT];

	return find_entry(NULL, uid, &entry, room) ? xstrdup(entry.pw_name) : NULL;
}
