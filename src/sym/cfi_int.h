/* cfi_int.h - between cfi.c, which finds the entries, and cfi_run.c, which runs one. */
#ifndef SONDE_SYM_CFI_INT_H
#define SONDE_SYM_CFI_INT_H

#include "sym/cfi.h"
#include "sym/dwarf_int.h"

enum cfi_place { PLACE_SAME, PLACE_CFA, PLACE_FP, PLACE_SP, PLACE_UNDEFINED, PLACE_OTHER };

struct cfi_saved {
	uint8_t place; /* enum cfi_place */
	int64_t offset;
};

struct cfi_state {      /* what DWARF calls a row of the table */
	bool other;         /* the CFA is something that is not followed */
	uint8_t cfa;        /* enum unwind_cfa */
	uint64_t reg;       /* of SP, FP, REGISTER: its number */
	int64_t offset, extra;
	struct cfi_saved fp, ra;
};

struct cfi_cie {
	uint64_t offset;          /* in the section */
	uint16_t machine;
	uint8_t encoding;         /* of the addresses in FDEs: DW_EH_PE_* */
	bool has_augmentation;    /* FDEs have augmentation data */
	bool is_signal;           /* 'S': a frame that the kernel made */
	uint64_t code_align;
	int64_t data_align;
	struct cfi_state first;   /* that its own instructions leave: where every FDE begins */
};

struct cfi_rows { /* where rows go */
	const struct cfi_section *section;
	void (*each)(void *ctx, uint64_t pc, const struct unwind_rule *rule);
	void *ctx;
	struct cfi_counts *counts;
};

/* An encoded address (LSB Core 5.0, 10.5); what is not understood makes the cursor bad. */
uint64_t cfi_pointer(struct cursor *c, uint8_t encoding, const struct cfi_section *section);
/* Runs a CIE's own instructions, once for all of its FDEs: sets cie->first. False: they make no sense. */
bool cfi_begin(struct cfi_cie *cie, struct cursor instructions, const struct cfi_section *section);
/* Rows of [start, end) by the FDE's instructions; what was understood before damage holds. */
void cfi_run(const struct cfi_cie *cie, struct cursor instructions, uint64_t start, uint64_t end,
	     struct cfi_rows *rows);

#endif
