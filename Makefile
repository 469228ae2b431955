# sonde's build. `make help` lists the targets.
#
#   src/*/*.c --> build/obj/...o --+--> build/sonde
#   tools/*.bt -> build/tools_embed.c -|
#   src/draw/viewer.* -> build/viewer_embed.c -'
#   every object but main's + tests/unit/NAME.c --> build/tests/NAME
#
# BUILD names the output folder; SAN=1 builds with the sanitizers (`make asan` sets both).

BUILD ?= build
PREFIX ?= /usr/local
CC ?= gcc
CFLAGS ?= -O2 -g
LIBS = -lelf -lz -lzstd

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

# What BPF itself runs (*.bpf.c) is not C for this machine.
SOURCES := $(sort $(filter-out %.bpf.c,$(wildcard src/*/*.c src/*/*/*.c)))
OBJECTS := $(SOURCES:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/tools_embed.o $(BUILD)/obj/viewer_embed.o
MAIN_OBJECT := $(BUILD)/obj/src/cmd/main.o
UNITS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/*.c)))
HELPERS := $(patsubst tests/helpers/%.c,$(BUILD)/helpers/%,$(sort $(wildcard tests/helpers/*.c)))
WORKLOADS := $(patsubst tests/workload/%.c,$(BUILD)/workload/%,$(sort $(wildcard tests/workload/*.c)))
TOOLS := $(sort $(wildcard tools/*.bt))

ifeq ($(V),1)
Q =
say = @:
else
Q = @
say = @printf '  %-5s %s\n'
endif

.DELETE_ON_ERROR:
.PHONY: all help check check-pure check-verify check-live check-vm check-kernels check-compat asan check-asan bench lint \
	format-check demo install clean units helpers workload FORCE

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

# The page of flame graphs: script, style and body.
VIEWER := src/draw/viewer.js src/draw/viewer.css src/draw/viewer.html
$(BUILD)/viewer_embed.c: scripts/embed-viewer $(VIEWER)
	$(say) GEN $@
	@mkdir -p $(@D)
	$(Q)sh scripts/embed-viewer $(VIEWER) >$@

$(BUILD)/obj/viewer_embed.o: $(BUILD)/viewer_embed.c $(BUILD)/.flags
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

# As the helpers, and optimised: some of them make events as fast as they come.
$(BUILD)/workload/%: tests/workload/%.c tests/workload/workload.h $(BUILD)/.flags
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -g -fno-omit-frame-pointer -Wall -Wextra -D_GNU_SOURCE \
		-o $@ $< -lpthread

units: $(UNITS)
	@:
helpers: $(HELPERS) $(WORKLOADS)
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

check-vm: all helpers ## verify and live on kernels 6.1 and 6.12 in qemu (VM=FILTER: some)
	$(Q)BUILD=$(BUILD) tests/vm/run 6.1 6.12 $(VM)

check-kernels: all helpers ## the same on 5.10, 6.1, 6.12 and the newest, with a table
	$(Q)BUILD=$(BUILD) tests/vm/run 5.10 6.1 6.12 sid $(VM)

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

bench: all helpers ## start-up, memory, size and cost per event, next to peers
	$(Q)BUILD=$(BUILD) bench/run

demo: all helpers ## ten seconds of a small workload, traced (DEMO_ALL=1: the whole machine)
	$(Q)BUILD=$(BUILD) scripts/demo

install: all ## into $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BUILD)/sonde $(DESTDIR)$(PREFIX)/bin/sonde

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(OBJECTS:.o=.d) $(UNITS:%=%.d)
