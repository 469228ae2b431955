# sonde's build. `make help` lists the targets.
#
#   src/*/*.c --> build/obj/...o --+--> build/sonde
#   tools/*.bt -> build/tools_embed.c -|
#   src/draw/*.{js,css,html} -> build/viewer_embed.c -'
#   every object but main's + tests/unit/NAME.c --> build/tests/NAME
#
# BUILD names the output folder; SAN=1 builds with the sanitizers (`make asan` sets both).

BUILD ?= build
PREFIX ?= /usr/local
CC ?= gcc
CFLAGS ?= -O2 -g
LIBS = -lelf -lz -lzstd
VERSION := $(shell sed -n 's/^.define SONDE_VERSION "\(.*\)"/\1/p' src/cmd/options.h)

ALL_CFLAGS = -std=gnu11 $(CFLAGS) -Wall -Wextra -D_GNU_SOURCE -Isrc
ALL_LDFLAGS = -Wl,--as-needed $(LDFLAGS)
ifeq ($(SAN),1)
SAN_FLAGS = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
ALL_CFLAGS += $(SAN_FLAGS)
ALL_LDFLAGS += $(SAN_FLAGS)
else ifneq ($(filter 1 true,$(CI) $(WERROR)),)
# Not with the sanitizers: what they insert makes gcc warn of what cannot happen.
ALL_CFLAGS += -Werror
endif

# One file, for any Linux: nothing is loaded at run time, so what names of C++ are read with is part
# of it (src/sym/demangle.c).
ifeq ($(STATIC),1)
ALL_CFLAGS += -DSONDE_STATIC
ALL_LDFLAGS += -static -Wl,-u,__cxa_demangle
LIBS += -l:libsupc++.a
endif

# What BPF itself runs (*.bpf.c) is not C for this machine.
SOURCES := $(sort $(filter-out %.bpf.c,$(wildcard src/*/*.c src/*/*/*.c)))
OBJECTS := $(SOURCES:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/tools_embed.o $(BUILD)/obj/viewer_embed.o \
	$(BUILD)/obj/library_embed.o
MAIN_OBJECT := $(BUILD)/obj/src/cmd/main.o
UNITS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/*.c)))
HELPERS := $(patsubst tests/helpers/%.c,$(BUILD)/helpers/%,$(sort $(wildcard tests/helpers/*.c)))
WORKLOADS := $(patsubst tests/workload/%.c,$(BUILD)/workload/%,$(sort $(wildcard tests/workload/*.c)))
# Programs in C++ are made where there is a compiler for it; the tests that want them say so.
CXX_WORKLOADS := $(if $(shell command -v $(CXX)),$(patsubst tests/workload/%.cc,$(BUILD)/workload/%,\
	$(sort $(wildcard tests/workload/*.cc))))
TOOLS := $(sort $(wildcard tools/*.bt))

ifeq ($(V),1)
Q =
say = @:
else
Q = @
say = @printf '  %-5s %s\n'
endif

.DELETE_ON_ERROR:
.PHONY: fuzz fuzz-run fuzz-oracle fuzz-verify fuzz-verify-kernels all help check check-pure check-verify check-live check-vm check-kernels check-compat asan check-asan bench lint \
	format-check demo man install uninstall deb static-tarball check-packages clean units helpers workload FORCE

all: $(BUILD)/sonde ## build the program (build/sonde); the default

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@echo "  Variables: BUILD=DIR PREFIX=DIR DESTDIR=DIR CFLAGS=... WERROR=1 V=1"

# ---- the program ----

# Rewritten only when compiler or flags differ from the last build's: everything is then rebuilt.
$(BUILD)/.flags: FORCE
	@mkdir -p $(BUILD)
	@echo '$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(LIBS)' | cmp -s - $@ || \
		echo '$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(LIBS)' >$@

$(BUILD)/sonde: $(OBJECTS)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(OBJECTS) $(LIBS)

$(BUILD)/obj/%.o: %.c $(BUILD)/.flags
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The list of names is a dependency too: a tool that was deleted must leave the program.
$(BUILD)/.tools: FORCE
	@mkdir -p $(BUILD)
	@echo '$(TOOLS)' | cmp -s - $@ || echo '$(TOOLS)' >$@

$(BUILD)/tools_embed.c: scripts/embed-tools $(TOOLS) $(BUILD)/.tools
	$(say) GEN $@
	$(Q)sh scripts/embed-tools $(TOOLS) >$@

$(BUILD)/obj/tools_embed.o: $(BUILD)/tools_embed.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Pages: scripts, style and bodies.
VIEWER := $(sort $(wildcard src/draw/*.js src/draw/*.css src/draw/*.html))
$(BUILD)/viewer_embed.c: scripts/embed-viewer $(VIEWER)
	$(say) GEN $@
	@mkdir -p $(@D)
	$(Q)sh scripts/embed-viewer $(VIEWER) >$@

$(BUILD)/obj/viewer_embed.o: $(BUILD)/viewer_embed.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# What BPF itself runs, written in C. Without clang the library is empty, and `sonde --info` says so.
CLANG ?= clang
BPF_SOURCES := $(sort $(wildcard src/bpf/*.bpf.c))
BPF_ARCH := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
BPF_FLAGS = -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) -Isrc -isystem /usr/include/$(BPF_ARCH)-linux-gnu \
	-Wall -Wextra -fno-stack-protector

$(BUILD)/embed-bpf: scripts/embed-bpf.c
	@mkdir -p $(@D)
	$(Q)$(if $(HOSTCC),$(HOSTCC),cc) -O1 -Wall -Wextra -o $@ $<

ifneq ($(shell command -v $(CLANG)),)
$(BUILD)/obj/%.bpf.o: %.bpf.c $(BUILD)/.flags
	$(say) BPF $<
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -MMD -MP -c -o $@ $<

BPF_OBJECTS := $(BPF_SOURCES:%.c=$(BUILD)/obj/%.o)
endif

$(BUILD)/library_embed.c: $(BUILD)/embed-bpf $(BPF_OBJECTS)
	$(say) GEN $@
	$(Q)$(BUILD)/embed-bpf $(BPF_OBJECTS) >$@

$(BUILD)/obj/library_embed.o: $(BUILD)/library_embed.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# ---- test programs ----

$(BUILD)/tests/%: tests/unit/%.c $(filter-out $(MAIN_OBJECT),$(OBJECTS))
	$(say) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -Itests -o $@ $< \
		$(filter-out $(MAIN_OBJECT),$(OBJECTS)) $(LIBS)

# Programs that tests trace. Frame pointers and no inlining: what is counted must be called.
$(BUILD)/helpers/%: tests/helpers/%.c $(BUILD)/.flags
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O1 -g -fno-omit-frame-pointer -Wall -Wextra -D_GNU_SOURCE \
		-o $@ $< -lpthread

$(BUILD)/workload/frameless: FRAME_POINTER = -fomit-frame-pointer

# As the helpers, and optimised: some of them make events as fast as they come.
$(BUILD)/workload/%: tests/workload/%.c tests/workload/workload.h $(BUILD)/.flags
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -g $(or $(FRAME_POINTER),-fno-omit-frame-pointer) -Wall -Wextra -D_GNU_SOURCE \
		-o $@ $< -lpthread

$(CXX_WORKLOADS): $(BUILD)/workload/%: tests/workload/%.cc $(BUILD)/.flags
	$(say) CXX $@
	@mkdir -p $(@D)
	$(Q)$(CXX) -std=c++17 -O2 -g -Wall -Wextra -o $@ $<

units: $(UNITS)
	@:
helpers: $(HELPERS) $(WORKLOADS) $(CXX_WORKLOADS)
	@:
workload: $(WORKLOADS)
	@:

check: all units helpers ## all tests that need no VM: lint, pure, verify, live
	$(Q)BUILD=$(BUILD) tests/run

check-pure: all units ## tests that need neither kernel nor root
	$(Q)BUILD=$(BUILD) tests/run --tier pure

check-verify: all helpers ## programs loaded into this kernel, not attached (root)
	$(Q)BUILD=$(BUILD) tests/run --tier verify

check-live: all helpers ## real workloads traced on this kernel (root)
	$(Q)BUILD=$(BUILD) tests/run --tier live

check-vm: all helpers ## verify and live on kernels 6.1 and 6.12 (preempt=full) in qemu (VM=FILTER: some)
	$(Q)BUILD=$(BUILD) tests/vm/run 6.1 6.12-full $(VM)

check-kernels: all helpers ## the same on 5.10, 6.1, 6.12 both ways and the newest, with a table
	$(Q)BUILD=$(BUILD) tests/vm/run 5.10 6.1 6.12 6.12-full sid $(VM)

check-compat: all helpers ## the same scripts through bpftrace and sonde (root, bench/peers setup)
	$(Q)BUILD=$(BUILD) tests/compat/run

asan: ## the program with ASan and UBSan (build/asan/sonde)
	$(Q)$(MAKE) BUILD=$(BUILD)/asan SAN=1 CFLAGS='-O1 -g' all

check-asan: ## the pure tests under ASan and UBSan
	$(Q)$(MAKE) BUILD=$(BUILD)/asan SAN=1 CFLAGS='-O1 -g' check-pure

lint: all ## include direction, budgets, libraries, diagnostics, examples, format
	$(Q)BUILD=$(BUILD) tests/run --tier lint

format-check: ## only the layout of the sources
	$(Q)scripts/check-format

# N=, SEED=: how many, from where; one process, at the lowest priority.
fuzz-oracle: all workload ## random expressions, computed by the kernel and by a reference (N=10000 SEED=)
	$(Q)BUILD=$(BUILD) nice -n 15 python3 tests/fuzz/oracle --count $(or $(N),10000) $(SEED:%=--seed %)

# libFuzzer of clang, with ASan and UBSan; the corpus that grows stays in BUILD/libfuzzer.
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SAN = address,undefined -fno-sanitize-recover=undefined
FUZZ_DIR = $(BUILD)/libfuzzer

fuzz: ## bytes through one reader (TARGET=script, parse, cdefs, btf, elf, ... T=60 seconds)
	@[ -n "$(filter $(TARGET),$(FUZZ_TARGETS))" ] || \
		{ echo "make fuzz TARGET=... one of: $(FUZZ_TARGETS)"; exit 2; }
	@command -v clang >/dev/null || echo "skipped: no clang; ./setup fuzz installs it"
	$(Q)! command -v clang >/dev/null || $(MAKE) --no-print-directory BUILD=$(FUZZ_DIR) CC=clang \
		CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,$(FUZZ_SAN)' fuzz-run

fuzz-run: $(BUILD)/fuzz/$(TARGET)
	$(Q)mkdir -p $(BUILD)/corpus/$(TARGET) $(BUILD)/found
	$(Q)nice -n 15 $(BUILD)/fuzz/$(TARGET) -max_total_time=$(or $(T),60) -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 -artifact_prefix=$(BUILD)/found/$(TARGET)- $(FUZZ_OPTIONS) \
		$(if $(wildcard tests/fuzz/$(TARGET).dict),-dict=tests/fuzz/$(TARGET).dict) \
		$(BUILD)/corpus/$(TARGET) tests/fuzz/corpus/$(TARGET)

$(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c $(filter-out $(MAIN_OBJECT),$(OBJECTS))
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(ALL_LDFLAGS) -MMD -MP -MF $@.d -Itests -o $@ $< \
		$(filter-out $(MAIN_OBJECT),$(OBJECTS)) $(LIBS)

fuzz-verify: all helpers ## random scripts: each one that compiles must load (N=1000 SEED=)
	$(Q)BUILD=$(BUILD) PROGRAMS=$(BUILD) nice -n 15 python3 tests/fuzz/run --jobs 1 --count $(or $(N),1000) $(SEED:%=--seed %)

fuzz-verify-kernels: all helpers ## the same on each of the kernels in qemu (N=2000 SEED=)
	$(Q)BUILD=$(BUILD) nice -n 10 tests/vm/run 5.10 6.1 6.12 6.12-full sid --fuzz $(or $(N),2000) $(SEED:%=--seed %)

bench: all helpers ## start-up, memory, size and cost per event, next to peers
	$(Q)BUILD=$(BUILD) bench/run

demo: all helpers ## ten seconds of a small workload, traced (DEMO_ALL=1: the whole machine)
	$(Q)BUILD=$(BUILD) scripts/demo

# ---- what is installed ----

# Manual pages are made by the program itself; where it cannot run here, SONDE names one that can.
MANUALS := $(BUILD)/man/man1
$(MANUALS)/sonde.1: $(BUILD)/sonde scripts/gen-manuals $(wildcard docs/samples/*.txt)
	$(say) GEN $(MANUALS)
	$(Q)rm -rf $(MANUALS)
	$(Q)SONDE=$(SONDE) BUILD=$(BUILD) scripts/gen-manuals $(MANUALS)

man: $(MANUALS)/sonde.1 ## manual pages, one for each command and tool (build/man/man1)

SHARE = $(DESTDIR)$(PREFIX)/share
BASH_COMPLETION = $(SHARE)/bash-completion/completions/sonde
ZSH_COMPLETION = $(SHARE)/zsh/site-functions/_sonde

install: all man ## program, manuals and shell completion into $(DESTDIR)$(PREFIX)
	$(Q)install -D -m 755 $(BUILD)/sonde $(DESTDIR)$(PREFIX)/bin/sonde
	$(Q)install -D -m 644 -t $(SHARE)/man/man1 $(MANUALS)/*.1
	$(Q)install -D -m 644 completion/sonde.bash $(BASH_COMPLETION)
	$(Q)install -D -m 644 completion/_sonde $(ZSH_COMPLETION)
	$(say) DONE $(DESTDIR)$(PREFIX)

deb: all man ## a Debian package: build/sonde_VERSION_ARCH.deb (dpkg-dev)
	$(Q)BUILD=$(BUILD) scripts/make-deb $(VERSION)

static-tarball: ## program, manuals and completion, linked statically: build/sonde-VERSION-linux-ARCH.tar.gz
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/static STATIC=1 all man
	$(Q)BUILD=$(BUILD) scripts/make-tarball $(VERSION)

check-packages: deb static-tarball ## both, installed or unpacked and run in folders of their own (root)
	$(Q)BUILD=$(BUILD) tests/packages

uninstall: man ## what install put there, and nothing else
	$(Q)rm -f $(DESTDIR)$(PREFIX)/bin/sonde $(BASH_COMPLETION) $(ZSH_COMPLETION)
	$(Q)for page in $(MANUALS)/*.1; do rm -f "$(SHARE)/man/man1/$${page##*/}"; done

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(OBJECTS:.o=.d) $(BPF_OBJECTS:.o=.d) $(UNITS:%=%.d) $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%.d)
