/* identity.h - users, cgroups and clocks of this machine, remembered once asked for. */
#ifndef SONDE_RUN_IDENTITY_H
#define SONDE_RUN_IDENTITY_H

#include "base/buf.h"
#include "base/hmap.h"

enum { CLOCKS = 4 };

struct identity {
	struct hmap users, cgroups;    /* id (and filter) -> malloc'd text */
	bool hierarchies;              /* cgroups with the names of their hierarchies, of all of them */
	int64_t wall_offset[CLOCKS];   /* by enum nsecs_mode: what to add for time since 1970 */
};

void identity_init(struct identity *id);
void identity_free(struct identity *id);
/* The name, or the number when the system knows none. */
void identity_user(struct identity *id, uint64_t uid, struct buf *out);
/*
 * The path below the root of the unified hierarchy ("/user.slice"); "(cgroup 12)" when
 * it is gone. `filter` is a glob over hierarchy names; where it excludes "unified" nothing.
 * With id->hierarchies "unified:/user.slice,memory:/x", as far as the filter goes.
 */
void identity_cgroup(struct identity *id, uint64_t cgroup, const char *filter, struct buf *out);
int64_t identity_wall_time(const struct identity *id, uint64_t ns, uint32_t clock);

#endif
