/* tool_cgroup.h - cgroups (v2) named by users: by path, by container. */
#ifndef SONDE_CMD_TOOL_CGROUP_H
#define SONDE_CMD_TOOL_CGROUP_H

#include "base/arena.h"

typedef VEC(uint64_t) cgroup_ids;

/*
 * The ids of that cgroup and of those beneath it, at most 64, added to *out (in the arena).
 * `path` is absolute or relative to where cgroup2 is mounted. False: there is none.
 */
bool cgroups_by_path(struct arena *arena, const char *path, cgroup_ids *out);
/*
 * The same for a container: the cgroup whose directory's name holds `id` (at least 6 characters
 * of the id that docker, podman or a kubelet gave, or a systemd-nspawn or LXC name). False:
 * none, or an id too short.
 */
bool cgroups_of_container(struct arena *arena, const char *id, cgroup_ids *out);

#endif
