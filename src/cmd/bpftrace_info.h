/* bpftrace_info.h - what `bpftrace --info` prints: its lines, answered for this kernel by sonde. */
#ifndef SONDE_CMD_BPFTRACE_INFO_H
#define SONDE_CMD_BPFTRACE_INFO_H

void bpftrace_print_info(const char *version);

#endif
