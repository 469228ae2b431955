/* cfi_int.h - between cfi.c, which finds the entries, and cfi_run.c, which runs one. */
#ifndef SONDE_SYM_CFI_INT_H
#define SONDE_SYM_CFI_INT_H

#include "sym/cfi.h"
#include "sym/dwarf_int.h"

struct cfi_cie {
	uint64_t offset;          /* in the section */
	uint16_t machine;
	uint8_t encoding;         /* of the addresses in FDEs: DW_EH_PE_* */
	bool has_augmentation;    /* FDEs have augmentation data */
	bool is_signal;           /* 'S': a frame that the kernel made */
	uint64_t code_align;
	int64_t data_align;
	struct cursor instructions;
};

struct cfi_rows { /* where rows go */
	const struct cfi_section *section;
	void (*each)(void *ctx, uint64_t pc, const struct unwind_rule *rule);
	void *ctx;
	struct cfi_counts *counts;
};

/* An encoded address (LSB Core 5.0, 10.5); what is not understood makes the cursor bad. */
uint64_t cfi_pointer(struct cursor *c, uint8_t encoding, const struct cfi_section *section);
/* Rows of [start, end) by the CIE's instructions and the FDE's. False: nothing was handed out. */
bool cfi_run(const struct cfi_cie *cie, struct cursor instructions, uint64_t start, uint64_t end,
	     struct cfi_rows *rows);

#endif
