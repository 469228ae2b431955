# Static probes: every form of argument, several sites of one name, semaphores, a process
# found by -p, wildcards. Both ways of attaching.
. tests/lib.sh
own usdt
n=50

for way in planned classic; do
	trace --attach=$way -e "
	usdt:$own:sonde:registers { @r0 = sum(arg0); @r1 = sum(arg1); @r3 = sum(arg3); @text[str(arg2)] = count() }
	usdt:$own:memory { @m0 = sum(arg0); @m1 = sum(arg1); @m2 = sum(arg2) }
	usdt:$own:sonde:sites { @sites = sum(arg0); @hits = count() }
	U:$own:*:sites { @both = count() }
	usdt:$own:guarded { @guarded = count() }
	usdt:$own:s*:* { @by[probe] = count() }" -c "$own -n $n"
	expect_nothing_lost
	expect_line "guarded $n"
	expect_eq 'int in a register' "$(map_value r0)" -1225
	expect_eq 'long in a register' "$(map_value r1)" -12250000000000
	expect_eq 'constant' "$(map_value r3)" $((4711 * n))
	expect_eq 'pointer' "$(map_value text 'text of the probe')" $n
	expect_eq 'int in memory' "$(map_value m0)" $((1225 - 5 * n))
	expect_eq 'signed char in memory' "$(map_value m1)" $((-5 * n))
	expect_eq 'unsigned short in memory' "$(map_value m2)" $((65000 * n))
	expect_eq 'two sites of one name' "$(map_value sites)" $((1225 - 1000 * n))
	expect_eq 'their hits' "$(map_value hits)" $((2 * n))
	expect_eq 'three of two providers' "$(map_value both)" $((3 * n))
	expect_eq 'behind its semaphore' "$(map_value guarded)" $n
	expect_eq 'name of a wildcard' "$(map_value by "usdt:$own:sonde:memory")" $n
	expect_eq 'name of two sites' "$(map_value by "usdt:$own:sonde:sites")" $((2 * n))
done

if [ "$(uname -m)" = x86_64 ]; then
	trace -q -e "
	usdt:$own:operands { printf(\"%d %d %d %d %d\\n\", arg0, arg1, arg2, arg3, arg4) }
	usdt:$own:bytes { printf(\"%x %d %x %d\\n\", arg0, arg1, arg2, arg3) }" -c "$own -n 2"
	expect_line '12 10 11 -77 12'
	expect_line '13 11 11 -77 13'
	expect_line '7f -1 7fff 32767'
fi

# Nobody traces it: the semaphore is back to zero.
expect_eq 'switched off again' "$("$own" -n 3)" 'guarded 0'

# The file is found by what the process has mapped.
mkfifo "$TMPDIR/go"
: >"$TMPDIR/said"
"$own" -w -n 7 <"$TMPDIR/go" >"$TMPDIR/said" &
victim=$!
started_pids="$started_pids $victim"
exec 9>"$TMPDIR/go"
wait_for 5 grep -q READY "$TMPDIR/said" || fail 'the workload does not start'
"$sonde" -l "usdt:*:sonde:*" -p "$victim" >"$out"
expect_line "usdt:$own:sonde:guarded"
# Of the files of all processes, more than there are descriptors: those without probes are not kept open.
(ulimit -n 48 && timeout $((60 * ${SONDE_SLOW:-1})) "$sonde" --dump=attach -e 'usdt:*:sonde:guarded { @ = count() }') >"$out" 2>"$err" ||
	fail 'few descriptors'
grep -q "usdt:$own:sonde:guarded" "$out" || fail 'among many files a probe is not found'
trace_start -e 'usdt:*:sonde:guarded { @ = count(); @p[pid] = count() }' -p "$victim"
"$own" -n 1000 >"$TMPDIR/other"
echo >&9
wait_for 10 grep -q guarded "$TMPDIR/said" || fail 'the workload does not end'
wait "$tracer" || fail 'sonde does not end with the process'
expect_eq 'by -p alone' "$(map_value '')" 7
expect_eq 'of that process' "$(map_value p "$victim")" 7
