/* bpftrace_info.c - see bpftrace_info.h. */
#include "cmd/bpftrace_info.h"

#include "kern/features.h"
#include "kern/uapi.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/utsname.h>

/* BTF of modules is in files of their own beside the kernel's. */
static bool has_module_btf(void)
{
	DIR *dir = opendir("/sys/kernel/btf");
	struct dirent *entry;
	bool found = false;

	while (dir && (entry = readdir(dir)))
		found |= entry->d_name[0] != '.' && strcmp(entry->d_name, "vmlinux");
	if (dir)
		closedir(dir);
	return found;
}

static const char *word(bool yes)
{
	return yes ? "yes" : "no";
}

struct info_cell { const char *name, *value; };

/* Two cells a line, as there. */
static void print_cells(const char *title, const struct info_cell *cells, size_t n)
{
	printf("%s\n", title);
	for (size_t i = 0; i < n; i++) {
		printf("  %s: %-*s", cells[i].name, (int)(29 - strlen(cells[i].name)), cells[i].value);
		if (i % 2 || i + 1 == n)
			putchar('\n');
	}
	putchar('\n');
}

void bpftrace_print_info(const char *version)
{
	struct features *f = features_new();
	struct utsname u = {0};

	uname(&u);
	printf("System\n  OS: %s %s %s\n  Arch: %s\n\n", u.sysname, u.release, u.version, u.machine);
	printf("Build\n  version: %s\n  LLVM: none\n  bfd: no\n  libdw (DWARF support): no\n"
	       "  libsystemd (systemd notify support): no\n  blazesym (advanced symbolization): no\n"
	       "  dwunwind (DWARF stack unwinding): no\n\n", version);
	const struct info_cell helpers[] = {
		{"dpath", word(features_helper(f, BPF_PROG_TYPE_TRACING, BPF_FUNC_d_path))},
		{"get_tai_ns", word(feature_has(f, FEATURE_KTIME_TAI))},
		{"get_func_ip", word(feature_has(f, FEATURE_FUNC_IP))},
		{"lookup_percpu_elem", word(feature_has(f, FEATURE_PERCPU_LOOKUP))},
		{"loop", word(feature_has(f, FEATURE_BPF_LOOP))},
	};
	const struct info_cell kernel[] = {
		{"Instruction limit", feature_has(f, FEATURE_BIG_PROGRAMS) ? "1000000" : "4096"},
		{"btf", word(feature_has(f, FEATURE_BTF))},
		{"module btf", word(has_module_btf())},
	};
	const struct info_cell probes[] = {
		{"kprobe_multi", word(feature_has(f, FEATURE_KPROBE_MULTI))},
		{"uprobe_multi", word(feature_has(f, FEATURE_UPROBE_MULTI))},
		{"kprobe_session", word(feature_has(f, FEATURE_KPROBE_MULTI) && features_kernel(f) >= 0x060a)},
		{"iter", word(feature_has(f, FEATURE_ITERATOR))},
	};
	print_cells("Kernel helpers", helpers, ARRAY_SIZE(helpers));
	print_cells("Kernel features", kernel, ARRAY_SIZE(kernel));
	print_cells("Probe types", probes, ARRAY_SIZE(probes));
	features_free(f);
}
