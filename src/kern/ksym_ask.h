/*
 * ksym_ask.h - the kernel asked for the names of single addresses.
 *
 * /proc/kallsyms is a text of 100 000 and more lines, which the kernel formats for 40 ms of CPU; a recording
 * holds some hundred addresses. One small program calls bpf_snprintf("%pS") for each, two microseconds.
 */
#ifndef SONDE_KERN_KSYM_ASK_H
#define SONDE_KERN_KSYM_ASK_H

#include "base/base.h"

struct ksym_ask;

/* Nothing is loaded before the first question. Freed by ksym_ask_free(). */
struct ksym_ask *ksym_ask_new(void);
/*
 * `*text`: "NAME+0xOFFSET/0xSIZE", for a module's symbol with " [MODULE]" behind it, or "0xADDRESS" where there
 * is none; valid until the next question. False: the kernel does not answer (before 5.13, or not permitted).
 * One thread at a time.
 */
bool ksym_ask(struct ksym_ask *a, uint64_t address, const char **text);
void ksym_ask_free(struct ksym_ask *a);

#endif
