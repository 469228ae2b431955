# User stacks of code without frame pointers, walked by unwind tables: the chain of calls is the known
# one from the leaf to the start of the process, of the thread, through a signal's frame on a stack of
# its own, and through a library. A stack that ends early says why, and is counted.
. tests/lib.sh
"$sonde" --info | grep -q '^ *unwind tables *yes' || skip "$("$sonde" --info | grep -A1 'unwind tables' | tr -s ' \n' ' ')"
own frameless

# In a dump the walker's maps have their names.
trace --dump=bpf -e 'profile:hz:99 { @[ustack] = count() }'
grep -q '^ *[0-9]*: r1 = map\[unwind_rows\]' "$out" || fail 'the walker is not in the dump'
! grep ': r[0-9] = 0x0 ll' "$out" || fail 'a map of the walker has no name'

chain='chain_1'
for i in 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do chain="$chain;chain_$i"; done

# stacks BEGINNING CHAIN END: how many of the samples in folded $out begin like that, go on along the
# chain as far as they go, and end like that; how many there are but for those of before the process,
# or all of what it maps when it starts, was known; and those.
stacks() {
	awk -v begins="$1" -v chain="$2;" -v ends="$3" '
		!/;/ { next }
		{ n = $NF; sub(/ [0-9]+$/, "") }
		/\[cut short: (the process was not known yet|nothing that can be run is mapped there)\]/ { early += n; next }
		{
			# the linker, before main: whole, but of functions whose names debugging symbols have
			if (!/;main(;|$)|spin/ && !/cut short/)
				next
			all += n
			rest = $0
			sub("^" begins, "", rest)
			sub(ends "$", "", rest)
			if ($0 ~ "^" begins && $0 ~ ends "$" && (rest == "" || index(chain, rest ";") == 1))
				good += n
			else
				print "other: " $0 " " n > "/dev/stderr"
		}
		END { print good + 0, all + 0, early + 0 }' "$out" 2>"$TMPDIR/others"
}

# Samples. Few at the start may be early, more where sonde itself is slow; what the kernel could not read
# is counted and marked.
check() { # MODE BEGINNING CHAIN END
	trace -f folded -e "profile:hz:499 /comm == \"$comm\"/ { @[ustack] = count() }" -c "$own $1 2"
	set -- "$1" $(stacks "$2" "$3" "$4")
	echo "$1: $2 of $3 stacks are as expected; $4 came before the process was known"
	head -n 5 "$TMPDIR/others"
	[ "$3" -ge "$(few 50)" ] || fail "$1: only $3 samples"
	awk "BEGIN { exit !($2 >= 0.99 * $3 && $4 <= 0.05 * ${SONDE_SLOW:-1} * ($3 + $4) + 3) }" ||
		fail "$1: $2 of $3, $4 early"
}

# Where the C library has no debugging symbols installed its own functions have no names.
main='_start;__libc_start_main[^;]*;(__libc_start_call_main|0x[0-9a-f]+);main;'
clock='(;?(clock_gettime|is_over|.vdso.).*)?'
check spin "${main}spin;?" "$chain;frameless_leaf" "$clock"
check threads "(${main}|(clone3?|0x[0-9a-f]+);(start_thread|0x[0-9a-f]+);)spin;?" "$chain;frameless_leaf" "$clock"
check signal "${main}(run_signal;)?" "$chain" '(;?(0x[0-9a-f]+|is_over|clock_gettime|_init|__restore_rt|on_timer|frameless_leaf))*'
grep -q 'chain_20;.*on_timer;frameless_leaf' "$out" || fail 'no stack goes through the signal'
check library "${main}(run_library;?)?" '' '(;?(0x[0-9a-f]+|qsort(_r)?|msort_with_tmp[^;]*|compare|frameless_leaf|clock_gettime|is_over|__memcpy[^;]*|__mempcpy[^;]*))*'

# The walk reads more than a frame at once: here there is less. What makecontext(3) begins with has no caller,
# and its rules do not say so.
trace -f folded -e "profile:hz:499 /comm == \"$comm\"/ { @[ustack] = count() }" -c "$own edge 2"
set -- $(awk -v whole="(__start_context|0x[0-9a-f]+);(on_edge;)?spin;$chain;frameless_leaf " '
	/the process was not known yet/ { next }
	/frameless_leaf/ { all += $NF } $0 ~ whole { good += $NF } END { print good + 0, all + 0 }' "$out")
echo "edge: $1 of $2 stacks are as expected"
[ "$2" -ge "$(few 50)" ] && [ "$1" -eq "$2" ] || fail "edge: $1 of $2"

# Functions with probes at their return: return addresses are elsewhere then. Whole, or marked; never another.
trace -f folded -e "uretprobe:$own:chain_10, uretprobe:$own:chain_5, uretprobe:$own:frameless_leaf { @n = count() }
	profile:hz:997 /comm == \"$comm\"/ { @[ustack] = count() }" -c "$own spin 3"
set -- $(stacks "${main}spin;?" "$chain;frameless_leaf" "$clock")
cut=$(grep '^\[cut short: a return probe' "$out" | awk '{ n += $NF } END { print n + 0 }')
echo "with return probes: $1 of $2 stacks are as expected, $cut say that they are not; $3 came before the process was known"
head -n 5 "$TMPDIR/others"
[ "$1" -ge "$(few 50)" ] || fail "return probes: only $1 samples"
# where the processor is emulated, most of the time goes into the probes' own instructions
if [ "${SONDE_SLOW:-1}" -eq 1 ]; then
	awk "BEGIN { exit !($1 >= 0.95 * $2) }" || fail "return probes: $1 of $2"
	! grep -v 'cut short' "$TMPDIR/others" || fail 'a stack is another without saying so'
fi
trace -f json -e "uretprobe:$own:chain_10 { @n = count() } profile:hz:997 /comm == \"$comm\"/ { print(ustack) }" -c "$own spin 1"
expect_eq 'counted' "$(lost unwind_return_probe)" "$(grep -c 'cut short: a return probe' "$out")"
trace -f folded -e "uretprobe:$own:chain_10, uretprobe:$own:chain_20 { @[func, ustack] = count() }" -c "$own calls 1000"
expect_eq 'stacks at the return of chain_10' "$(grep -Ec "(^|;)${main}chain_1;.*;chain_8;chain_9 1000$" "$out")" 1
expect_eq 'stacks at the return of chain_20' "$(grep -Ec "(^|;)${main}chain_1;.*;chain_18;chain_19 1000$" "$out")" 1

# At a place: each call, exactly, also at the first instruction of a function.
calls=$(few 2000)
trace -f folded -e "uprobe:$own:frameless_point { @[dw_ustack] = count(); @n[stack_len(dw_ustack(3))] = count() }" -c "$own calls $calls"
set -- $(stacks "$main" "$chain;frameless_point" '')
expect_eq 'stacks at the place, all, early' "$*" "$calls $calls 0"
expect_eq 'one stack is one row' "$(grep -c 'frameless_point [0-9]*$' "$out")" 1
expect_nothing_lost

# By frame pointers the chain is not found: these tests can fail.
trace -f folded -e "uprobe:$own:frameless_point { @[ustack(fp)] = count() }" -c "$own calls 10"
set -- $(stacks "$main" "$chain;frameless_point" '')
expect_eq 'stacks by frame pointers that are whole' "$1" 0

# Threads of the kernel's own, the idle ones among them, have no stack in user mode, and that is no loss.
for way in dwarf fp; do
	# PF_KTHREAD, include/linux/sched.h: without memory of its own is also who is just ending
	trace -e "rawtracepoint:sched_waking,rawtracepoint:sched_switch /curtask->flags & 0x200000/ {
		if (pid == 0) { @idle = count() } else { @threads = count() }
		if (len(ustack($way)) != 0) { @user = count() }
	} interval:s:2 { exit() }"
	[ "$(map_value threads)" -gt 0 ] || fail 'no thread of the kernel ran'
	[ "$(map_value idle)" -gt 0 ] || fail 'no processor was idle'
	expect_eq "user stacks of the kernel ($way)" "$(map_value user)" 0
	expect_nothing_lost
done
