# Settings by every name they have had: from the script, from the environment; those that mean
# nothing here are taken. Colours, headers of a kernel elsewhere, a header given by an option.
. tests/lib.sh

trace -q -e 'config = { strlen = 7; map_keys_max = 2; str_trunc_trailer = "~"; print_maps_on_exit = false; max_cat_bytes = 4 }
	begin { print(config.max_strlen); print(config.max_map_keys); @[1] = 1; @[2] = 2; @[3] = 3; print(len(@)); cat("/proc/version") }'
expect_eq 'older names' "$(head -n 3 "$out" | tr '\n' ' ')" '7 2 2 '
expect_eq 'cat is cut' "$(sed -n 4p "$out" | cut -c1-4)" Linu
expect_no_line '@.*'
trace -q -e 'config = { cpp_demangle = false; missing_probes = warn; max_probes = 5; perf_rb_pages = 32;
	on_stack_limit = 64; log_size = 5; max_bpf_progs = 5; max_type_res_iterations = 5; lazy_symbolication = true;
	cache_user_symbols = "PER_PID"; license = "GPL"; symbol_source = "symbol_table"; show_debug_info = true;
	use_blazesym = true; unstable_import = "enable"; unstable_map_decl = "enable"; unstable_macro = "enable";
	unstable_addr = "enable"; unstable_tseries = "enable"; unstable_typeinfo = "enable";
	unstable_import_statement = "enable"; unstable_dw_ustack = "enable" }
	begin { print(1) } tracepoint:none:such { print(2) }'
expect_eq 'settings without effect' "$(head -n 1 "$out")" 1
BPFTRACE_STACK_MODE=raw BPFTRACE_STRLEN=9 BPFTRACE_MISSING_PROBES=ignore BPFTRACE_UNSTABLE_MACRO=1 trace -q -e '
	config = { stack_mode = perf; max_strlen = 500 } begin { print(config.stack_mode); print(config.max_strlen) }
	tracepoint:none:such { }'
expect_eq 'the environment wins' "$(head -n 2 "$out" | tr '\n' ' ')" 'raw 9 '

# what could not be read or kept is counted under its cause
trace -f json -e 'begin { print(*(uint8 *)0); print(str((uint64)8)); print(str("abcdefghijkl", 4)) }'
grep -q '"read_failed": 1' "$out" || fail 'read_failed'
grep -q '"string_unreadable": 1' "$out" || fail 'string_unreadable'
BPFTRACE_MAX_STRLEN=4 trace -f json -e 'tracepoint:syscalls:sys_enter_execve /pid == cpid/ { print(str(args.filename)); exit() }' -c /bin/true
grep -q '"string_cut": 1' "$out" || fail 'string_cut'

# colours: on a terminal only, unless BPFTRACE_COLOR says so (under its name); NO_COLOR never
colours() { "$sonde" "$@" -e 'begin { print(no_such_name) }' 2>&1 >"$out" | od -An -c | grep -c 033; }
expect_eq 'no terminal' "$(colours)" 0
[ "$(BPFTRACE_COLOR=always colours bpftrace)" -gt 0 ] || fail 'BPFTRACE_COLOR=always'
expect_eq never "$(BPFTRACE_COLOR=never colours bpftrace)" 0
expect_eq NO_COLOR "$(NO_COLOR=1 colours)" 0

# headers
printf '#define GIVEN 42\nstruct given { int a; short b; };\n' >"$TMPDIR/given.h"
trace -q --include "$TMPDIR/given.h" -e 'begin { print((GIVEN, sizeof(struct given))) }'
expect_line '\(42, 8\)'
trace -q -I "$TMPDIR" -e '#include "given.h"
begin { print(GIVEN) }'
expect_line 42
if command -v cpp >"$TMPDIR/which" || command -v gcc >"$TMPDIR/which"; then
	for part in source build; do
		mkdir -p "$TMPDIR/$part/include/linux" "$TMPDIR/$part/include/generated"
		: >"$TMPDIR/$part/include/linux/kconfig.h"
		printf '#define FROM_%s 1\n' $part >"$TMPDIR/$part/include/linux/of_$part.h"
	done
	export BPFTRACE_KERNEL_SOURCE="$TMPDIR/source" BPFTRACE_KERNEL_BUILD="$TMPDIR/build"
	trace -q -e '#include <linux/of_source.h>
#include <linux/of_build.h>
begin { print((FROM_source, FROM_build)) }'
	expect_line '\(1, 1\)'
fi
