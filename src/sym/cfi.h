/*
 * cfi.h - .eh_frame: for each instruction of a file, where the caller's frame is.
 *
 *   section bytes --FDEs by address, each run--> rows {pc, rule}, ascending
 *
 * Format: LSB Core 5.0, 10.6 (Exception Frames), and DWARF 5, 6.4. Of all registers only what a
 * walk needs is followed: the CFA, the frame pointer, the return address. Rules are those of
 * ir/unwind.h; an expression that is not one of the few shapes compilers and assembly use
 * becomes UNWIND_CFA_NONE, and is counted.
 *
 * The bytes may be anybody's: every read is checked, work is bounded by the section's size.
 */
#ifndef SONDE_SYM_CFI_H
#define SONDE_SYM_CFI_H

#include "base/base.h"
#include "ir/unwind.h"

struct cfi_section {
	const unsigned char *data;
	size_t size;
	uint64_t address;   /* where it is mapped, in the file's addresses */
	uint16_t machine;   /* EM_X86_64, EM_AARCH64 */
};

struct cfi_counts {
	uint64_t fdes, rows;
	uint64_t not_understood; /* rows whose rule could not be taken over */
	uint64_t damaged;        /* FDEs left out: they, or their CIE, make no sense */
};

/*
 * Hands out the rows of every FDE: the first at its start; at its end one with `rule` NULL.
 * FDEs come in the order of their addresses, the rows of one ascend. Of FDEs that overlap the
 * later one is cut. 0, or -ENOEXEC (with nothing handed out) for another machine.
 */
int cfi_read(const struct cfi_section *section, void (*each)(void *ctx, uint64_t pc, const struct unwind_rule *rule),
	     void *ctx, struct cfi_counts *counts);

#endif
