/* sym_ksyms.c - kernel symbols: a synthetic kallsyms, and the one of this machine. */
#include "sym/sym.h"
#include "sym_check.h"

#include <errno.h>
#include <inttypes.h>

static const char text[] =
	"0000000000000000 A per_cpu_start\n"
	"0000000000001000 D per_cpu_var\n"
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81000040 t quiet_one\n"
	"ffffffff81000100 T vfs_read\n"
	"ffffffff81000200 T vfs_write\n"
	"this is no symbol\n"
	"ffffffff8100030 \n"
	"\n"
	"ffffffffc0102000 t beta_two\t[beta]\n"
	"ffffffffc0101000 t alpha_one\t[alpha]\n"
	"ffffffffc0101080 t alpha_two\t[alpha]\n"
	"ffffffffc0000000 t bpf_prog_6deef7357e7b4530\t[bpf]\n"
	"fffffffff0000000 T last"; /* no newline */

static void check_find(struct ksyms *ks, uint64_t addr, const char *want, uint64_t want_offset,
		       const char *want_module)
{
	const char *name = NULL, *module = NULL;
	uint64_t offset = 0;
	bool found = ksyms_find(ks, addr, &name, &offset, &module);

	CHECK(found == (want != NULL));
	if (!found || !want)
		return;
	CHECK_STR(name, want);
	CHECK_NUM(offset, want_offset);
	CHECK((module != NULL) == (want_module != NULL));
	if (module && want_module)
		CHECK_STR(module, want_module);
}

static void synthetic(const char *dir)
{
	char *path = xasprintf("%s/kallsyms", dir);
	struct ksyms *ks;
	uint64_t addr;

	write_file(path, text, sizeof(text) - 1);
	ks = ksyms_new(path);
	CHECK_NUM(ksyms_load(ks), 0);
	CHECK_NUM(ksyms_count(ks), 12);
	check_find(ks, 0xffffffff81000000, "_stext", 0, NULL);
	check_find(ks, 0xffffffff81000005, "_stext", 5, NULL);
	check_find(ks, 0xffffffff810000ff, "quiet_one", 0xbf, NULL);
	check_find(ks, 0xffffffff81000100, "vfs_read", 0, NULL);
	check_find(ks, 0xffffffffc0101010, "alpha_one", 0x10, "alpha");
	check_find(ks, 0xffffffffc0101080, "alpha_two", 0, "alpha");
	check_find(ks, 0xffffffffc0102001, "beta_two", 1, "beta");
	check_find(ks, 0xffffffffc0000001, "bpf_prog_6deef7357e7b4530", 1, "bpf");
	check_find(ks, 0xfffffffff0000010, "last", 0x10, NULL);
	check_find(ks, 0xffffffff80ffffff, NULL, 0, NULL);
	check_find(ks, 0x1000, NULL, 0, NULL);
	check_find(ks, 0x7f0000001000, NULL, 0, NULL);
	CHECK(ksyms_address(ks, "vfs_write", &addr) && addr == 0xffffffff81000200);
	CHECK(ksyms_address(ks, "alpha_two", &addr) && addr == 0xffffffffc0101080);
	CHECK(ksyms_address(ks, "per_cpu_var", &addr) && addr == 0x1000);
	CHECK(!ksyms_address(ks, "vfs_writ", &addr));
	CHECK(!ksyms_address(ks, "", &addr));
	ksyms_free(ks);
	free(path);
}

static void failures(const char *dir)
{
	char *path = xasprintf("%s/hidden", dir);
	const char hidden[] = "0000000000000000 T _text\n0000000000000000 T vfs_read\n";
	char *garbage = xmalloc(300000);
	struct ksyms *ks = ksyms_new("/nonexistent/kallsyms");
	const char *name, *module;
	uint64_t offset;

	CHECK_NUM(ksyms_load(ks), -ENOENT);
	CHECK(!ksyms_find(ks, 0xffffffff81000000, &name, &offset, &module));
	ksyms_free(ks);

	write_file(path, hidden, sizeof(hidden) - 1);
	ks = ksyms_new(path);
	CHECK_NUM(ksyms_load(ks), -EPERM);
	CHECK(!ksyms_find(ks, 0xffffffff81000000, &name, &offset, &module));
	ksyms_free(ks);

	/* One endless line, and bytes of every value. */
	memset(garbage, 'f', 200000);
	for (int i = 200000; i < 300000; i++)
		garbage[i] = i * 7 >> 3;
	write_file(path, garbage, 300000);
	ks = ksyms_new(path);
	CHECK(ksyms_load(ks) < 0 || ksyms_count(ks) < 100);
	ksyms_free(ks);
	free(garbage);
	free(path);
}

static void this_kernel(void)
{
	uint64_t start = now_ns(), addr, offset;
	struct ksyms *ks = ksyms_new(NULL);
	const char *name, *module;
	int err = ksyms_load(ks);

	if (err) {
		printf("skipped: /proc/kallsyms: %s\n", strerror(-err));
	} else {
		printf("%zu kernel symbols in %.1f ms, %zu KB\n", ksyms_count(ks),
		       (now_ns() - start) / 1e6, ksyms_memory(ks) / 1024);
		CHECK(ksyms_count(ks) > 10000);
		CHECK(ksyms_address(ks, "vfs_read", &addr));
		CHECK(ksyms_find(ks, addr + 1, &name, &offset, &module));
		CHECK_NUM(offset, 1);
		CHECK_STR(name, "vfs_read");
		CHECK(ksyms_memory(ks) < ksyms_count(ks) * 80);
	}
	ksyms_free(ks);
}

static const char *const answers[] = {
	"vfs_read+0x1f/0x40", "a.cold+0x0/0x8 [ext4]", "_R[i8]+0x10/0x20", "0xffffffff81000000", "x+/0x1",
	"+0x1/0x2", "", "]", " [m]", "odd+0x3",
};

static bool answer(void *ctx, uint64_t addr, const char **text)
{
	++*(unsigned *)ctx;
	*text = answers[addr & 15];
	return true;
}

static void no_end(void *ctx)
{
	(void)ctx;
}

/* An answer that has no name means that the file is read. */
static void answered(const char *dir)
{
	unsigned asked = 0;

	for (uint64_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct ksyms *ks = ksyms_new(dir); /* a folder cannot be read */
		const char *name = NULL, *module = NULL;
		uint64_t offset = 0;

		asked = 0;
		ksyms_answer_by(ks, answer, no_end, &asked);
		for (int again = 0; again < 2; again++)
			CHECK(ksyms_find(ks, UINT64_MAX - 15 + i, &name, &offset, &module) == (i < 3));
		CHECK_NUM(asked, 1);
		if (i < 3) {
			CHECK_STR(name, i == 0 ? "vfs_read" : i == 1 ? "a.cold" : "_R[i8]");
			CHECK_NUM(offset, i == 0 ? 0x1f : i == 1 ? 0 : 0x10);
			CHECK(i == 1 ? module && str_eq(module, "ext4") : !module);
		}
		CHECK(!ksyms_find(ks, 15, &name, &offset, &module));
		ksyms_free(ks);
	}
}

static void losses(void)
{
	struct symbol_losses losses = {0};
	struct buf out = {0};

	symbol_losses_print(&losses, &out);
	CHECK_STR(buf_str(&out), "");
	losses.count[SYMBOL_LOSS_NONE] = 5;
	losses.count[SYMBOL_LOSS_NO_MAPPING] = 1;
	losses.count[SYMBOL_LOSS_PROCESS_GONE] = 12;
	CHECK_NUM(symbol_losses_total(&losses), 13);
	symbol_losses_print(&losses, &out);
	CHECK_STR(buf_str(&out),
		  "    12 addresses without a name: the process ended before its mappings were seen\n"
		  "     1 address without a name: no executable mapping held the address\n");
	CHECK_STR(symbol_loss_name(SYMBOL_LOSS_NO_PERF_MAP), "no-perf-map");
	buf_free(&out);
}

int main(void)
{
	char *dir = make_scratch();

	synthetic(dir);
	failures(dir);
	this_kernel();
	answered(dir);
	losses();
	remove_scratch(dir);
	return unit_result();
}
