/*
 * uprobe_ahead.h - what makes the first uprobe of a machine at rest slow, done ahead.
 *
 * The kernel keeps new mappings out while it puts a uprobe in (dup_mmap_sem in kernel/events/uprobes.c,
 * a per-CPU semaphore): the first time that waits for a grace period of RCU, 7 to 20 ms; for about as
 * long afterwards it does not. While programs are compiled and loaded, a uprobe is put into a file in
 * memory that nobody has mapped, and more where that takes long: no instruction of any process is changed.
 *
 *     compile, load |-----------------------|
 *     ahead         |--- waits ---|  |  |    |-- given back, 60 to 90 ms each --|
 *     attach                                |-|
 */
#ifndef SONDE_KERN_UPROBE_AHEAD_H
#define SONDE_KERN_UPROBE_AHEAD_H

struct uprobe_ahead;

/* Begins, by a thread of its own; NULL: it cannot be done, and attaching takes as long as it takes. */
struct uprobe_ahead *uprobe_ahead_begin(void);
/* It is not needed any more: given back by that thread. NULL is fine. */
void uprobe_ahead_done(struct uprobe_ahead *a);
/* Waits until it was given back, and frees. NULL is fine. */
void uprobe_ahead_end(struct uprobe_ahead *a);

#endif
