/*
 * bpf_program.c - a BPF program that can be traced: described by BTF, with a name longer than the
 * kernel keeps.
 *
 * usage: bpf_program [-n RUNS] -w
 *
 * Loads an XDP program `traced_bpf_program(struct xdp_md *ctx)`, says READY and its pid and waits
 * (workload.h), then runs it RUNS times (default 10) on a packet of 64 bytes; each run returns 2.
 * Prints `runs N`.
 */
#include <linux/bpf.h>
#include <linux/btf.h>

#include "workload.h"

static const char strings[] = "\0int\0xdp_md\0ctx\0traced_bpf_program";
enum { NAME_INT = 1, NAME_XDP_MD = 5, NAME_CTX = 12, NAME_FUNC = 16 };

static const struct {
	struct btf_header header;
	struct { struct btf_type type; uint32_t encoding; } number;      /* 1 */
	struct btf_type context;                                         /* 2 */
	struct btf_type pointer;                                         /* 3 */
	struct { struct btf_type type; struct btf_param context; } proto; /* 4 */
	struct btf_type function;                                        /* 5 */
	char strings[sizeof(strings)];
} __attribute__((packed)) description = {
	.header = {.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(struct btf_header),
		   .type_len = 16 + 12 + 12 + 20 + 12, .str_off = 16 + 12 + 12 + 20 + 12,
		   .str_len = sizeof(strings)},
	.number = {{.name_off = NAME_INT, .info = BTF_KIND_INT << 24, .size = 4}, BTF_INT_SIGNED << 24 | 32},
	.context = {.name_off = NAME_XDP_MD, .info = BTF_KIND_STRUCT << 24, .size = 24},
	.pointer = {.info = BTF_KIND_PTR << 24, .type = 2},
	.proto = {{.info = BTF_KIND_FUNC_PROTO << 24 | 1, .type = 1}, {.name_off = NAME_CTX, .type = 3}},
	.function = {.name_off = NAME_FUNC, .info = BTF_KIND_FUNC << 24 | 1, .type = 4},
	.strings = "\0int\0xdp_md\0ctx\0traced_bpf_program",
};

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load(void)
{
	static const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2}, {.code = BPF_JMP | BPF_EXIT}};
	struct bpf_func_info function = {.type_id = 5};
	union bpf_attr attr = {.btf = (uintptr_t)&description, .btf_size = sizeof(description)};
	int btf = bpf(BPF_BTF_LOAD, &attr), fd;

	if (btf < 0)
		fail("BTF: %s", strerror(errno));
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (uintptr_t)program;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t)"GPL";
	attr.prog_btf_fd = (uint32_t)btf;
	attr.func_info = (uintptr_t)&function;
	attr.func_info_cnt = 1;
	attr.func_info_rec_size = sizeof(function);
	memcpy(attr.prog_name, "traced_bpf_prog", 15);
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		fail("program: %s", strerror(errno));
	return fd;
}

int main(int argc, char **argv)
{
	static char packet[64];
	unsigned long runs = 10;
	int option, fd, waits = 0;

	while ((option = getopt(argc, argv, "n:w")) != -1) {
		if (option == 'n')
			runs = number(optarg);
		else if (option == 'w')
			waits = 1;
		else
			return 2;
	}
	fd = load();
	if (waits)
		wait_for_go();
	for (unsigned long i = 0; i < runs; i++) {
		union bpf_attr attr = {.test = {.prog_fd = (uint32_t)fd, .data_in = (uintptr_t)packet,
						.data_size_in = sizeof(packet)}};

		if (bpf(BPF_PROG_TEST_RUN, &attr) || attr.test.retval != 2)
			fail("run: %s", strerror(errno));
	}
	say("runs %lu\n", runs);
	return 0;
}
