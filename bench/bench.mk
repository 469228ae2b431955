# bench.mk - builds what bench/run measures with: the hand-written BPF programs, their loader, the
# traced program and the launcher. Used through `make -f bench/bench.mk` by bench/run.

BUILD ?= build
CC ?= gcc
CLANG ?= clang
BENCH := $(BUILD)/bench
BENCH_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE
# asm/types.h lives in the architecture's include folder, which clang -target bpf does not search.
BPF_CFLAGS := -target bpf -O2 -g -Wall -Wextra -Wno-unused-function -I/usr/include/$(shell $(CC) -print-multiarch)

ROWS := $(patsubst bench/bpf/%.bpf.c,%,$(wildcard bench/bpf/*.bpf.c))

.PHONY: bench-programs
bench-programs: $(BENCH)/loader $(BENCH)/write_cost $(BENCH)/launch $(BENCH)/switches $(ROWS:%=$(BENCH)/%.bpf.o)

$(BENCH)/%.bpf.o: bench/bpf/%.bpf.c bench/bpf/row.h bench/bpf/record.h
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(BENCH)/loader: bench/loader.c bench/bpf/record.h
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -o $@ $< -lbpf

$(BENCH)/%: bench/%.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -o $@ $<
