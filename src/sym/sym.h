/*
 * sym.h - addresses to names: what every part of sym/ gives back, and the kernel's names.
 *
 * User-space addresses: procs.h. Symbols of one ELF file, libraries by name: elf_syms.h.
 */
#ifndef SONDE_SYM_H
#define SONDE_SYM_H

#include "base/buf.h"

enum symbol_loss {
	SYMBOL_LOSS_NONE,
#define SYMBOL_LOSS(id, name, text) SYMBOL_LOSS_##id,
#include "sym/loss.def"
#undef SYMBOL_LOSS
	SYMBOL_LOSS_COUNT
};

/* How many addresses stayed without a name, by cause. Zero-initialised is empty. */
struct symbol_losses {
	uint64_t count[SYMBOL_LOSS_COUNT];
};

const char *symbol_loss_name(enum symbol_loss loss); /* "no-mapping" */
const char *symbol_loss_text(enum symbol_loss loss); /* in plain words */
uint64_t symbol_losses_total(const struct symbol_losses *losses);
/* One line per cause that occurred: "    12 addresses without a name: TEXT\n". */
void symbol_losses_print(const struct symbol_losses *losses, struct buf *out);

/*
 * The kernel's symbols, from /proc/kallsyms. Nothing is read before the first question;
 * then the whole file is (about 35 ms, nearly all of it the kernel writing the text),
 * unless somebody answers (ksyms_answer_by).
 */
struct ksyms;

/* `path` NULL: /proc/kallsyms. Never fails; free accepts NULL. */
struct ksyms *ksyms_new(const char *path);
void ksyms_free(struct ksyms *ks);
/*
 * Who knows single addresses without the file: `answer` gives what "%pS" of the kernel prints ("NAME+0x1f/0x40
 * [MODULE]", valid until it is called again) or false. It is asked until something needs the file, for an
 * address that it has no name for, too, or for so many addresses that the file costs less. `end` frees `ctx`.
 */
typedef bool ksyms_answer(void *ctx, uint64_t addr, const char **text);
void ksyms_answer_by(struct ksyms *ks, ksyms_answer *answer, void (*end)(void *ctx), void *ctx);
/*
 * Reads now rather than at the first question. 0, or -errno: -EPERM when the kernel shows
 * only zeros (kptr_restrict, no CAP_SYSLOG). The result is remembered, not retried.
 */
int ksyms_load(struct ksyms *ks);
/*
 * The symbol at or below a kernel address. Of several at one address the first in the
 * file, which is the one the kernel itself prints. False: not a kernel address, below
 * the first symbol, or the file cannot be read. `*module` is NULL for the kernel proper.
 * The strings live as long as `ks`.
 */
bool ksyms_find(struct ksyms *ks, uint64_t addr, const char **name, uint64_t *offset,
		const char **module);
/* The address of a symbol; false when there is none of that name. */
bool ksyms_address(struct ksyms *ks, const char *name, uint64_t *addr);
size_t ksyms_count(struct ksyms *ks);  /* symbols, loading them */
size_t ksyms_memory(const struct ksyms *ks); /* bytes held now */
/* Every symbol in address order, until `each` returns false. `type` is nm's letter. */
void ksyms_each(struct ksyms *ks, bool (*each)(void *arg, uint64_t addr, const char *name,
		char type, const char *module), void *arg);

#endif
