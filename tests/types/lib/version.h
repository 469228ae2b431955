#ifndef VERSION_H
#define VERSION_H
#include "types.h"
#define MAKE(major, minor) ((major) * 100 + (minor))
#if defined(BEFORE) && !defined(AFTER)
#define VERSION MAKE(2, 7)
#endif
#define GONE 1
#endif
