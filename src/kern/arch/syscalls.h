/*
 * syscalls.h - numbers and names of system calls, of this machine's architecture: as user
 * programs know them (newfstatat, fstat) and as their tracepoints are called
 * (sys_enter_newfstat).
 */
#ifndef SONDE_SYSCALLS_H
#define SONDE_SYSCALLS_H

/* -1: no such call. */
int syscall_number(const char *name);
int syscall_tracepoint_number(const char *name); /* without sys_enter_ */
/* NULL: no such number. */
const char *syscall_name(int number);
const char *syscall_tracepoint_name(int number);

#endif
