/*
 * privilege.h - may this process trace? Asked of its capabilities, not of uid 0; and what is
 * no longer needed is given up after attaching.
 */
#ifndef SONDE_KERN_PRIVILEGE_H
#define SONDE_KERN_PRIVILEGE_H

#include "base/buf.h"

/*
 * Whether the effective capabilities suffice to load and attach tracing programs: CAP_BPF and
 * CAP_PERFMON (5.8), or CAP_SYS_ADMIN, which stands for both. False: one plain line in
 * `why`, what to do in `hint` (no newlines). `kernel` is 0xMMmm.
 */
bool privilege_check(uint32_t kernel, struct buf *why, struct buf *hint);

/*
 * What is missing but not fatal: tracefs and other users' files (CAP_DAC_READ_SEARCH), kernel
 * symbols (CAP_SYSLOG). One line each; for -v and --info.
 */
void privilege_print(struct buf *out);

/*
 * Gives up, for good, every capability that reading maps, /proc and ELF files does not need.
 * Kept: BPF, PERFMON, SYS_ADMIN only where BPF does not exist, DAC_READ_SEARCH, SYS_PTRACE,
 * SYSLOG, KILL. 0 or -errno (then nothing was given up).
 */
int privilege_drop(uint32_t kernel);

#endif
