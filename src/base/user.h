/*
 * user.h - users' names and numbers. A program that is linked statically reads /etc/passwd alone:
 * what else may know users (LDAP and so on) would have to be loaded from the machine's own C library.
 */
#ifndef SONDE_USER_H
#define SONDE_USER_H

#include "base/base.h"

/* False: there is no such user. */
bool user_number(const char *name, uint64_t *uid);
/* The user's name, to be freed; NULL: there is none of that number. */
char *user_name(uint64_t uid);

#endif
