/*
 * aside.h - work that no signal may end halfway.
 *
 * A uprobe is a changed instruction in every process that has mapped the file, put in and taken
 * out one process after the other. A thread that a fatal signal is waiting for can take none
 * out: the kernel then says "failed to unregister, leaking uprobe" and the instructions stay
 * (6.18: kill -9 of a tracer that was attaching to or detaching from 3700 functions left all of
 * them, a second ^C likewise). At rest, and at the exit of a process, there is no such danger.
 */
#ifndef SONDE_KERN_ASIDE_H
#define SONDE_KERN_ASIDE_H

/*
 * Runs `work` in a process of its own that shares memory and descriptors with this one, and
 * waits for it; what it returns. Signals and kill -9 meant for this process, or its group, end
 * the waiting but not the work; once both have ended, all descriptors are closed. Where no
 * process can be made, runs it here. `work` may allocate; it makes no threads.
 */
int aside(int (*work)(void *), void *arg);

#endif
