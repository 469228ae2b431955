# @m[tid] of start and stop, kept with the threads themselves where the kernel can: what was not
# stopped is printed at exit, for threads that live and for the idle ones; clear(@m) in end empties
# it and zero(@m) leaves the keys. A map from which nothing is deleted keeps
# what threads left that have ended. In sampling programs, too.
. tests/lib.sh
own writers
sleeper=sleeper$$
cp "$(command -v sleep)" "$TMPDIR/$sleeper" || skip "no sleep to copy"

starts='tracepoint:syscalls:sys_enter_clock_nanosleep /comm == str($1)/ { @m[tid] = 7 }
	tracepoint:syscalls:sys_exit_clock_nanosleep /comm == str($1)/ { delete(@m[tid]) }'

sleepers() { # three that sleep on, one that has ended by the time this returns
	for i in 1 2 3; do
		start "$TMPDIR/$sleeper" 20
		eval "sleeper$i=$started"
	done
	"$TMPDIR/$sleeper" 0.01
	sleep 0.2
}

first=$(printf '%s\n' 6.9 "$(uname -r)" | sort -V | head -n 1) # kept so since 6.9
if [ "$first" = 6.9 ] && "$sonde" --info | grep -q 'task storage in tracing programs *yes'; then
	"$sonde" --dump=maps -e "$starts" sleeper | grep -q '^@m: task storage' || fail "@m is not kept with the threads"
fi
"$sonde" --attach classic --dump=maps -e "$starts" sleeper | grep -q '^@m: hash' || fail "@m is no hash"

for mode in planned classic; do # task storage; a hash
	trace_start --attach $mode -e "$starts" "$sleeper"
	sleepers
	trace_stop
	expect_eq "$mode: left" "$(grep '^@m' "$out" | sort -n -t '[' -k 2)" \
		"$(for i in $sleeper1 $sleeper2 $sleeper3; do echo "@m[$i]: 7"; done | sort -n -t '[' -k 2)"
	stop_all

	trace_start --attach $mode -e "$starts END { print(@m); clear(@m) }" "$sleeper"
	sleepers
	trace_stop
	expect_eq "$mode: printed by end, then cleared" "$(grep -c '^@m\[[0-9]*\]: 7$' "$out")" 3
	stop_all

	trace_start --attach $mode -e "$starts END { clear(@m) }" "$sleeper"
	sleepers
	trace_stop
	expect_eq "$mode: cleared" "$(grep -c '^@m' "$out")" 0
	stop_all

	trace_start --attach $mode -e "$starts END { zero(@m) }" "$sleeper"
	sleepers
	trace_stop
	expect_eq "$mode: zeroed" "$(grep -c '^@m\[[0-9]*\]: 0$' "$out")" 3
	expect_eq "$mode: all of it" "$(grep -c '^@m' "$out")" 3
	stop_all
done

# Counted where it is asked for.
trace -e 'tracepoint:syscalls:sys_enter_write /comm == str($1) && @n[tid]++ < 3/ { @few = count() }
	tracepoint:syscalls:sys_exit_write { if (@n[tid] > 1000000) { delete(@n[tid]) } }' "$comm" -c "$own -t 3 -n 10"
expect_eq 'what a predicate counts' "$(map_value few)" 9

# Nothing deleted: of ended threads, too.
trace -e 'tracepoint:syscalls:sys_enter_write /comm == str($1)/ { @n[tid]++ }' "$comm" -c "$own -t 3 -n 10"
expect_eq 'threads that have ended' "$(grep -c '^@n\[[0-9]*\]: 10$' "$out")" 3

n=$(few 300000) # each of two
# Sampling interrupts the very code that keeps such values: what it does not get is counted.
trace -f json -e 'profile:hz:20000 { @m[tid] = 7; @all = count(); if (@m[tid] == 7) { @got = count() } }
	tracepoint:syscalls:sys_enter_write /comm == str($1)/ { @m[tid] = 7; @w = count(); if (@m[tid] == 7) { @w2 = count() } }
	tracepoint:syscalls:sys_exit_write /comm == str($1)/ { if (@m[tid]) { @r = count() } delete(@m[tid]) }' \
	"$comm" -c "$own -p 2 -c 0,1 -n $n"
value() { sed -n "s/^{\"type\": \"map\", \"data\": {\"@$1\": \\([0-9]*\\)}}\$/\\1/p" "$out"; }
busy=$(lost map_busy no_memory)
echo "samples $(value all), of them with a value $(value got), busy $busy"
missing=$(($(value all) - $(value got) + 2 * n - $(value w2)))
expect_eq 'writes' "$(value w)" $((2 * n))
[ "$missing" -le "$busy" ] || fail "$missing values missing, $busy reported"
[ "$(value r)" -ge $((2 * n - busy)) ] || fail "of $((2 * n)) values $(value r) were there, $busy refused"

# The idle threads share id 0. A machine that is never idle shows nothing.
trace -e 'tracepoint:sched:sched_switch { if (tid == 0) { @m[tid] = 5 } }
	tracepoint:syscalls:sys_exit_write /comm == str($1)/ { delete(@m[tid]) }
	tracepoint:sched:sched_switch /tid == 0/ { @idle = count() } interval:s:1 { exit() }' "$comm"
if [ "$(map_value idle)" -gt 0 ]; then
	expect_eq 'idle thread' "$(map_value m 0)" 5
	trace -e 'tracepoint:sched:sched_switch { if (tid == 0) { @m[tid] = 5 } }
		tracepoint:syscalls:sys_exit_write /comm == str($1)/ { delete(@m[tid]) }
		interval:s:1 { exit() } END { clear(@m) }' "$comm"
	expect_eq 'idle thread, cleared' "$(grep -c '^@m\[0\]' "$out")" 0
else
	echo "this machine was never idle"
fi
