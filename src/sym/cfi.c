/* cfi.c - see cfi.h: entries found, put in order, run one after the other. */
#include "sym/cfi_int.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>

enum { /* LSB Core 5.0, 10.5.1 */
	PE_ABSPTR = 0x00, PE_ULEB128 = 0x01, PE_UDATA2 = 0x02, PE_UDATA4 = 0x03, PE_UDATA8 = 0x04,
	PE_SLEB128 = 0x09, PE_SDATA2 = 0x0a, PE_SDATA4 = 0x0b, PE_SDATA8 = 0x0c, PE_FORMAT = 0x0f,
	PE_PCREL = 0x10, PE_APPLICATION = 0x70, PE_OMIT = 0xff,
};

struct fde {
	uint64_t start, end;
	uint32_t cie;       /* index in cies */
	uint64_t first, last; /* its instructions */
};

struct cfi {
	const struct cfi_section *section;
	struct dwarf_section bytes;
	VEC(struct cfi_cie) cies;
	VEC(struct fde) fdes;
	struct cfi_counts *counts;
};

static uint64_t encoded_value(struct cursor *c, uint8_t format)
{
	switch (format) {
	case PE_ABSPTR:
	case PE_UDATA8:
	case PE_SDATA8: return cursor_uint(c, 8);
	case PE_UDATA4: return cursor_uint(c, 4);
	case PE_SDATA4: return (uint64_t)(int64_t)(int32_t)cursor_uint(c, 4);
	case PE_UDATA2: return cursor_uint(c, 2);
	case PE_SDATA2: return (uint64_t)(int64_t)(int16_t)cursor_uint(c, 2);
	case PE_ULEB128: return cursor_uleb(c);
	case PE_SLEB128: return (uint64_t)cursor_sleb(c);
	}
	c->bad = true;
	return 0;
}

uint64_t cfi_pointer(struct cursor *c, uint8_t encoding, const struct cfi_section *section)
{
	uint64_t here = section->address + c->at;
	uint64_t value = encoded_value(c, encoding & PE_FORMAT);

	switch (encoding & PE_APPLICATION) {
	case 0: return value;
	case PE_PCREL: return value + here;
	}
	c->bad = true; /* relative to text, data or function: nobody's .eh_frame has that */
	return 0;
}

/* zPLRS...: what follows the CIE's fixed part. */
static void read_augmentation(struct cfi_cie *cie, const char *letters, struct cursor *c)
{
	uint64_t len, end;

	if (!*letters)
		return;
	if (*letters != 'z') {
		c->bad = true;
		return;
	}
	cie->has_augmentation = true;
	len = cursor_uleb(c);
	if (c->bad || len > c->end - c->at) {
		c->bad = true;
		return;
	}
	end = c->at + len;
	for (const char *l = letters + 1; *l && !c->bad; l++) {
		if (*l == 'R') {
			cie->encoding = (uint8_t)cursor_uint(c, 1);
		} else if (*l == 'P') {
			uint8_t encoding = (uint8_t)cursor_uint(c, 1);
			encoded_value(c, encoding & PE_FORMAT);
		} else if (*l == 'L') {
			cursor_uint(c, 1);
		} else if (*l == 'S') {
			cie->is_signal = true;
		} else if (*l != 'B' && *l != 'G') { /* return addresses are signed; memory is tagged */
			break; /* the length says where the rest ends */
		}
	}
	if (!c->bad)
		c->at = end;
}

static bool read_cie(struct cfi *cfi, struct cursor c, uint64_t offset)
{
	struct cfi_cie cie = {.offset = offset, .machine = cfi->section->machine, .encoding = PE_ABSPTR};
	uint64_t version = cursor_uint(&c, 1);
	const char *letters = cursor_string(&c);

	if (c.bad || !letters || (version != 1 && version != 3))
		return false;
	cie.code_align = cursor_uleb(&c);
	cie.data_align = cursor_sleb(&c);
	if (version == 1)
		cursor_uint(&c, 1); /* the return address's column: always the machine's own */
	else
		cursor_uleb(&c);
	read_augmentation(&cie, letters, &c);
	if (c.bad || !cfi_begin(&cie, c, cfi->section))
		return false;
	vec_push(&cfi->cies, cie);
	return true;
}

static bool find_cie(const struct cfi *cfi, uint64_t offset, uint32_t *index)
{
	size_t low = 0, high = cfi->cies.n; /* they were found in this order */

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (cfi->cies.v[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	*index = (uint32_t)low;
	return low < cfi->cies.n && cfi->cies.v[low].offset == offset;
}

static bool read_fde(struct cfi *cfi, struct cursor c, uint32_t cie_index)
{
	const struct cfi_cie *cie = &cfi->cies.v[cie_index];
	uint64_t start = cfi_pointer(&c, cie->encoding, cfi->section);
	uint64_t len = encoded_value(&c, cie->encoding & PE_FORMAT);

	if (cie->has_augmentation)
		cursor_skip(&c, cursor_uleb(&c));
	if (c.bad || len > UINT64_MAX - start)
		return false;
	if (len) /* of a section that was thrown away: nothing */
		vec_push(&cfi->fdes, ((struct fde){start, start + len, cie_index, c.at, c.end}));
	return true;
}

static void read_entries(struct cfi *cfi)
{
	struct cursor c = cursor_at(&cfi->bytes, 0, cfi->bytes.size);

	while (c.at < c.end && !c.bad) {
		uint8_t offset_size;
		uint64_t begin = c.at, length = cursor_length(&c, &offset_size), id_at = c.at, id;
		struct cursor entry = c;
		uint32_t cie;

		if (!length) /* the end, unless something was linked behind it */
			continue;
		cursor_skip(&c, length);
		if (c.bad)
			break;
		entry.end = c.at;
		/* 4 bytes also in the 64-bit form, unlike .debug_frame's (LSB) */
		id = cursor_uint(&entry, 4);
		if (!id) {
			cfi->counts->damaged += !read_cie(cfi, entry, begin);
		} else {
			cfi->counts->fdes++;
			if (id > id_at || !find_cie(cfi, id_at - id, &cie) || !read_fde(cfi, entry, cie))
				cfi->counts->damaged++;
		}
	}
	if (c.bad)
		cfi->counts->damaged++;
}

static int by_start(const void *a, const void *b)
{
	const struct fde *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

/* Most linkers write the functions in their order, and sorting would be a tenth of all the work. */
static void sort(struct cfi *cfi)
{
	for (size_t i = 1; i < cfi->fdes.n; i++) {
		if (by_start(&cfi->fdes.v[i - 1], &cfi->fdes.v[i]) <= 0)
			continue;
		qsort(cfi->fdes.v, cfi->fdes.n, sizeof(*cfi->fdes.v), by_start);
		return;
	}
}

int cfi_read(const struct cfi_section *section, void (*each)(void *ctx, uint64_t pc, const struct unwind_rule *rule),
	     void *ctx, struct cfi_counts *counts)
{
	struct cfi cfi = {
		.section = section, .counts = counts,
		.bytes = {.data = (unsigned char *)section->data, .size = section->size, .tried = true},
	};
	struct cfi_rows rows = {section, each, ctx, counts};

	if (section->machine != EM_X86_64 && section->machine != EM_AARCH64)
		return -ENOEXEC;
	read_entries(&cfi);
	sort(&cfi);
	for (size_t i = 0; i < cfi.fdes.n; i++) {
		struct fde *f = &cfi.fdes.v[i];
		struct cursor c = cursor_at(&cfi.bytes, f->first, f->last);

		if (i + 1 < cfi.fdes.n && f->end > cfi.fdes.v[i + 1].start)
			f->end = cfi.fdes.v[i + 1].start;
		if (f->end > f->start)
			cfi_run(&cfi.cies.v[f->cie], c, f->start, f->end, &rows);
	}
	vec_free(&cfi.cies);
	vec_free(&cfi.fdes);
	return 0;
}
