/*
 * dwarf_hostile.c - debugging information that was made to cost: entries without bytes by the
 * thousand million, functions that take all memory, an array that is an array of itself. Each question
 * ends soon, with an answer or none.
 */
#include "run/world_int.h"
#include "sym/dwarf.h"
#include "sym/elf_file.h"
#include "sym_check.h"

#include <elf.h>

enum { ENTRY = 0x1000 };
enum { FORM_ADDR = 0x01, FORM_DATA1 = 0x0b, FORM_REF4 = 0x13, FORM_FLAG_PRESENT = 0x19, FORM_IMPLICIT = 0x21 };
enum { AT_BYTE_SIZE = 0x0b, AT_LOW_PC = 0x11, AT_COUNT = 0x37, AT_ENCODING = 0x3e, AT_TYPE = 0x49 };

static void put(struct buf *out, uint64_t n, unsigned bytes)
{
	buf_add(out, &n, bytes); /* little-endian, as what is made here */
}

static void put_uleb(struct buf *out, uint64_t n)
{
	do {
		put(out, (n & 127) | (n > 127 ? 128 : 0), 1);
		n >>= 7;
	} while (n);
}

/* An abbreviation: its number, tag, whether children follow; then pairs of attribute and form. */
static void put_abbrev(struct buf *out, unsigned code, unsigned tag, bool children)
{
	put_uleb(out, code);
	put_uleb(out, tag);
	put(out, children, 1);
}

static void put_attribute(struct buf *out, unsigned name, unsigned form)
{
	put_uleb(out, name);
	put_uleb(out, form);
	if (form == FORM_IMPLICIT)
		put(out, 1, 1);
}

/* A program of one segment, with these sections; `info` is what is behind a unit's header. */
static struct buf program_of(const struct buf *abbrev, const struct buf *info)
{
	static const char names[] = "\0.shstrtab\0.debug_abbrev\0.debug_info";
	Elf64_Ehdr header = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT}, .e_type = ET_EXEC,
		.e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_phoff = sizeof(header), .e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1, .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 4,
		.e_shstrndx = 1,
	};
	Elf64_Phdr load = {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = ENTRY, .p_filesz = 64, .p_memsz = 64};
	uint64_t at = sizeof(header) + sizeof(load);
	Elf64_Shdr sections[4] = {
		[1] = {.sh_name = 1, .sh_type = SHT_STRTAB, .sh_offset = at, .sh_size = sizeof(names)},
		[2] = {.sh_name = 11, .sh_type = SHT_PROGBITS, .sh_offset = at + sizeof(names), .sh_size = abbrev->len},
		[3] = {.sh_name = 25, .sh_type = SHT_PROGBITS, .sh_offset = at + sizeof(names) + abbrev->len,
		       .sh_size = 11 + info->len},
	};
	struct buf out = {0};

	header.e_shoff = sections[3].sh_offset + sections[3].sh_size;
	buf_add(&out, &header, sizeof(header));
	buf_add(&out, &load, sizeof(load));
	buf_add(&out, names, sizeof(names));
	buf_add(&out, abbrev->data, abbrev->len);
	put(&out, 7 + info->len, 4); /* the unit: length, version, abbreviations, size of an address */
	put(&out, 4, 2);
	put(&out, 0, 4);
	put(&out, 8, 1);
	buf_add(&out, info->data, info->len);
	buf_add(&out, sections, sizeof(sections));
	return out;
}

static struct elf_syms *open_program(const struct buf *program, struct dwarf **d)
{
	struct elf_syms *es = NULL;
	struct buf why = {0};

	CHECK_NUM(elf_syms_open_image(&es, program->data, program->len, "made", &why), 0);
	CHECK_NUM(dwarf_open(d, es, NULL, &why), 0);
	CHECK_STR(buf_str(&why), "");
	buf_free(&why);
	return es;
}

/* Entries of one byte, each with tens of thousands of attributes that have none. */
static void attributes_without_bytes(void)
{
	enum { ATTRIBUTES = 60000, ENTRIES = 1 << 20 };
	struct buf abbrev = {0}, info = {0}, program;
	struct dwarf_die die;
	struct elf_syms *es;
	struct dwarf *d;

	put_abbrev(&abbrev, 1, DWARF_SUBPROGRAM, false);
	for (unsigned i = 0; i < ATTRIBUTES; i++)
		put_attribute(&abbrev, AT_ENCODING, FORM_FLAG_PRESENT);
	put(&abbrev, 0, 3);
	buf_pad(&info, 1, ENTRIES);
	program = program_of(&abbrev, &info);
	es = open_program(&program, &d);
	CHECK(!dwarf_function(d, ENTRY, &die));
	dwarf_free(d);
	elf_syms_free(es);
	buf_free(&abbrev);
	buf_free(&info);
	buf_free(&program);
}

/* An array of two elements, each of which is that array: of a parameter, so that where it is passed is asked. */
static void array_of_itself(void)
{
	struct buf abbrev = {0}, info = {0}, program;
	char *dir = make_scratch(), *path = xasprintf("%s/made", dir);
	struct arena *arena = arena_new();
	struct types types = {.arena = arena};
	struct machine *m = machine_new(&(struct world_options){.arena = arena, .types = &types});
	struct target target = {.provider = PROVIDER_UPROBE, .path = path, .name = "made", .address = ENTRY};
	const struct type *args;

	put_abbrev(&abbrev, 1, DWARF_SUBPROGRAM, true);
	put_attribute(&abbrev, AT_LOW_PC, FORM_ADDR);
	put(&abbrev, 0, 2);
	put_abbrev(&abbrev, 2, DWARF_PARAMETER, false);
	put_attribute(&abbrev, AT_TYPE, FORM_REF4);
	put(&abbrev, 0, 2);
	put_abbrev(&abbrev, 3, DWARF_STRUCTURE, true);
	put_attribute(&abbrev, AT_BYTE_SIZE, FORM_DATA1);
	put(&abbrev, 0, 2);
	put_abbrev(&abbrev, 4, DWARF_MEMBER, false);
	put_attribute(&abbrev, AT_TYPE, FORM_REF4);
	put(&abbrev, 0, 2);
	put_abbrev(&abbrev, 5, DWARF_ARRAY, true);
	put_attribute(&abbrev, AT_TYPE, FORM_REF4);
	put(&abbrev, 0, 2);
	put_abbrev(&abbrev, 6, DWARF_SUBRANGE, false);
	put_attribute(&abbrev, AT_COUNT, FORM_DATA1);
	put(&abbrev, 0, 3);

	put(&info, 1, 1);
	put(&info, ENTRY, 8);
	put(&info, 2, 1); /* the parameter: references count from the unit's start, 11 bytes before */
	put(&info, 11 + 15, 4);
	put(&info, 0, 1);
	put(&info, 3, 1); /* at 15: a struct of 16 bytes, whose one member is */
	put(&info, 16, 1);
	put(&info, 4, 1);
	put(&info, 11 + 23, 4);
	put(&info, 0, 1);
	put(&info, 5, 1); /* at 23: the array of itself */
	put(&info, 11 + 23, 4);
	put(&info, 6, 1);
	put(&info, 2, 1);
	put(&info, 0, 1);
	program = program_of(&abbrev, &info);
	write_file(path, program.data, program.len);
	args = world_args(machine_world(m), &target);
	CHECK(args && args->nfields == 1 && args->fields[0].source == FIELD_UNREACHABLE);
	machine_free(m);
	arena_free(arena);
	remove_scratch(dir);
	free(path);
	buf_free(&abbrev);
	buf_free(&info);
	buf_free(&program);
}

int main(void)
{
	attributes_without_bytes();
	array_of_itself();
	return unit_result();
}
