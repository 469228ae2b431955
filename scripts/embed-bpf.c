/*
 * embed-bpf.c - BPF object files to a C file with the tables of src/bpf/library.h.
 *
 *   embed-bpf [FILE.bpf.o...] > library_embed.c      without a file: an empty library
 *
 * Run when sonde is built. Takes what clang makes of functions in .text, maps named in .maps,
 * calls and callbacks; anything else (data sections, other relocations) it refuses by name.
 */
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *file;
static size_t file_size;
static const Elf64_Shdr *sections;
static const Elf64_Sym *symbols;
static const char *names;
static size_t symbol_count;
static const struct bpf_insn *insns;
static size_t insn_count, text;

static struct function {
	const char *name;
	size_t first, count;
} functions[256];
static size_t function_count;

/* The tables, into which one object's come behind the other's. */
static struct table {
	FILE *file;
	char *text;
	size_t size, rows;
} all_insns, all_functions, all_refs;

static void die(const char *what, const char *name)
{
	fprintf(stderr, "embed-bpf: %s: %s\n", name, what);
	exit(1);
}

static void read_file(const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f)
		die(strerror(errno), path);
	fseek(f, 0, SEEK_END);
	file_size = (size_t)ftell(f);
	rewind(f);
	file = malloc(file_size);
	if (!file || fread(file, 1, file_size, f) != file_size)
		die("cannot be read", path);
	fclose(f);
}

static const void *part(const Elf64_Shdr *s, const char *name)
{
	if (s->sh_offset > file_size || s->sh_size > file_size - s->sh_offset)
		die("is damaged", name);
	return file + s->sh_offset;
}

static int by_place(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static void find_functions(void)
{
	for (size_t i = 0; i < symbol_count; i++) {
		const Elf64_Sym *s = &symbols[i];

		if (ELF64_ST_TYPE(s->st_info) != STT_FUNC || s->st_shndx != text)
			continue;
		if (function_count == sizeof(functions) / sizeof(functions[0]))
			die("too many functions", names + s->st_name);
		functions[function_count++] = (struct function){names + s->st_name, s->st_value / 8, s->st_size / 8};
	}
	qsort(functions, function_count, sizeof(functions[0]), by_place);
}

static size_t function_at(size_t insn)
{
	for (size_t i = 0; i < function_count; i++)
		if (functions[i].first == insn)
			return i;
	fprintf(stderr, "embed-bpf: no function begins at instruction %zu\n", insn);
	exit(1);
}

static const Elf64_Rel *rels;
static size_t rel_count;

static const Elf64_Rel *rel_at(size_t insn)
{
	for (size_t i = 0; i < rel_count; i++)
		if (rels[i].r_offset / 8 == insn)
			return &rels[i];
	return NULL;
}

static void put_ref(size_t insn, const char *kind, size_t function, const char *map)
{
	fprintf(all_refs.file, "\t{%zu, LIBRARY_REF_%s, ", all_insns.rows + insn, kind);
	if (map)
		fprintf(all_refs.file, "0, \"%s\"},\n", map);
	else
		fprintf(all_refs.file, "%zu, 0},\n", all_functions.rows + function);
	all_refs.rows++;
}

static void put_refs(void)
{
	for (size_t i = 0; i < insn_count; i++) {
		const struct bpf_insn *insn = &insns[i];
		const Elf64_Rel *rel = rel_at(i);
		const Elf64_Sym *s = rel ? &symbols[ELF64_R_SYM(rel->r_info)] : NULL;

		if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL) {
			/* with a relocation the distance is from the symbol's section, else from here */
			size_t to = s ? s->st_value / 8 + (size_t)(insn->imm + 1) : i + 1 + (size_t)insn->imm;

			if (s && ELF64_ST_TYPE(s->st_info) == STT_FUNC)
				to = s->st_value / 8;
			put_ref(i, "CALL", function_at(to), NULL);
		} else if (rel && insn->code == (BPF_LD | BPF_IMM | BPF_DW)) {
			if (s->st_shndx == text)
				put_ref(i, "CALLBACK", function_at(s->st_value / 8 + (size_t)insn->imm / 8), NULL);
			else if (ELF64_ST_TYPE(s->st_info) == STT_OBJECT && s->st_name)
				put_ref(i, "MAP", 0, names + s->st_name);
			else
				die("names data, which the library cannot have", names + s->st_name);
		} else if (rel) {
			die("a relocation of another kind", names + s->st_name);
		}
	}
}

static void put_library(const char *path)
{
	const Elf64_Ehdr *header;

	read_file(path);
	function_count = 0;
	rel_count = 0;
	insns = NULL;
	symbols = NULL;
	header = (const Elf64_Ehdr *)file;
	if (file_size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) || header->e_machine != EM_BPF)
		die("no BPF object", path);
	sections = (const Elf64_Shdr *)(file + header->e_shoff);
	const char *section_names = part(&sections[header->e_shstrndx], path);
	for (size_t i = 0; i < header->e_shnum; i++) {
		const Elf64_Shdr *s = &sections[i];
		const char *name = section_names + s->sh_name;

		if (s->sh_type == SHT_SYMTAB) {
			symbols = part(s, path);
			symbol_count = s->sh_size / sizeof(*symbols);
			names = part(&sections[s->sh_link], path);
		} else if (!strcmp(name, ".text")) {
			text = i;
			insns = part(s, path);
			insn_count = s->sh_size / sizeof(*insns);
		} else if (!strcmp(name, ".rel.text")) {
			rels = part(s, path);
			rel_count = s->sh_size / sizeof(*rels);
		}
	}
	if (!insns || !symbols)
		die("has no functions", path);
	find_functions();
	put_refs();
	for (size_t i = 0; i < insn_count; i++)
		fprintf(all_insns.file, "\t{0x%02x, %u, %u, %d, %d},\n", insns[i].code, insns[i].dst_reg,
			insns[i].src_reg, insns[i].off, insns[i].imm);
	for (size_t i = 0; i < function_count; i++)
		fprintf(all_functions.file, "\t{\"%s\", %zu, %zu},\n", functions[i].name,
			all_insns.rows + functions[i].first, functions[i].count);
	all_insns.rows += insn_count;
	all_functions.rows += function_count;
}

static void open_table(struct table *t)
{
	t->file = open_memstream(&t->text, &t->size);
	if (!t->file)
		die(strerror(errno), "memory");
}

static void print_table(struct table *t, const char *type, const char *name)
{
	if (fclose(t->file))
		die(strerror(errno), "memory");
	printf("static const struct %s %s[] = {\n%s\t{0}\n};\n", type, name, t->text);
}

int main(int argc, char **argv)
{
	printf("/* Generated by scripts/embed-bpf.c. */\n#include \"bpf/library.h\"\n");
	open_table(&all_insns);
	open_table(&all_functions);
	open_table(&all_refs);
	for (int i = 1; i < argc; i++)
		put_library(argv[i]);
	print_table(&all_insns, "bpf_insn", "insns");
	print_table(&all_functions, "library_function", "functions");
	print_table(&all_refs, "library_ref", "refs");
	printf("const struct bpf_library bpf_library = {insns, functions, refs, %zu, %zu};\n", all_functions.rows,
	       all_refs.rows);
	return fflush(stdout) || ferror(stdout);
}
