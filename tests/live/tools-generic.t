# trace, argdist, funccount, stackcount, funclatency, funcslower: what they count, print and
# measure, against programs that know how often they called what.
. tests/lib.sh
need_root
own uprobe_target
target=$own
name=$comm

# trace: functions, system calls, tracepoints; predicates, formats, columns
trace trace 'sys_read (arg3 == 3333) "read %d bytes", arg3' --cmd 'dd if=/dev/zero of=/dev/null bs=3333 count=20 status=none'
expect_eq 'reads of 3333 bytes' "$(grep -cE '^[0-9]+ +[0-9]+ +dd +sys_read +read 3333 bytes$' "$out")" 20
expect_line 'PID +TID +COMM +FUNC +-'
trace trace 'r::SyS_read (retval == 3333) "%d", retval' --cmd 'dd if=/dev/zero of=/dev/null bs=3333 count=20 status=none' --json
expect_eq 'the same, returning' "$(grep -c '"comm": "dd", "func": "SyS_read", "message": "3333"}' "$out")" 20
trace trace 'do_sys_open "%s", arg2' -f "hostname" --comm cat --cmd 'cat /etc/hostname'
expect_line '[0-9]+ +[0-9]+ +cat +do_sys_open +/etc/hostname'
trace trace -T -C "$target:target_slow (arg1 == 77) \"for %d us, %s\", arg1, \$comm" \
	"r:$target:target_slow(long us) (retval != 77) \"%ld\", retval" --cmd "$target -n 100 -s 9 -u 77"
expect_eq 'slow calls' "$(grep -cE "^[0-9:]{8} +[0-9]+ +[0-9]+ +[0-9]+ +$name +target_slow +for 77 us, $name\$" "$out")" 9
expect_eq 'no others' "$(grep -c target_slow "$out")" 10 # with the line it prints itself
trace trace -U "$target:target_slow" --cmd "$target -n 10 -s 1"
grep -q 'work+' "$out" || fail 'trace -U: no caller in the stack'
trace trace -M 3 "$target:target_fast" --cmd "$target -n 100"
expect_eq '-M 3' "$(grep -c ' target_fast *$' "$out")" 3
trace trace -n nobody "$target:target_fast" --cmd "$target -n 100"
expect_eq '-n of another' "$(grep -c "$name" "$out")" 0
trace trace 't:sched:sched_process_exec "%s", args->filename' --comm "$name" --cmd "$target -n 1"
expect_line "[0-9]+ +[0-9]+ +$name +sched_process_exec +$target"
"$sonde" trace "$target:target_fast (nonsense == 1)" >"$out" 2>"$err" && fail 'an unknown name is taken'
expect_line 'specifier:1:[0-9]+-[0-9]+: ERROR: .*' "$err"

# argdist: counts and histograms, of arguments, results and both
trace argdist -C "p:$target:target_slow(long us):long:us" -C "r:$target:target_slow(long us):long,u64:\$retval,\$entry(us)" \
	-C "p:$target:target_fast(long i)#fast calls" -H "p:$target:target_fast(long i):long:i:i >= 64" \
	-i 50 --cmd "$target -n 1000 -s 10"
expect_line '10 +us = 100'
expect_line '10 +\$retval = 100 \$entry\(us\) = 100'
expect_line '1000 +total calls'
expect_line 'fast calls'
expect_line ' +64 -> 127 +: 64 .*'
expect_line ' +512 -> 1023 +: 488 .*'
expect_line ' +32 -> 63 +: 0 .*'
expect_nothing_lost
trace argdist -C 'r::sys_read(int fd, void *buf, size_t n):size_t:$entry(n):$retval == 3333' -i 50 \
	--cmd 'dd if=/dev/zero of=/dev/null bs=3333 count=20 status=none' --comm dd --json
grep -q '"@counts0": \[{"key": \[3333\], "value": 20}\]' "$out" || fail 'argdist of a system call'
trace argdist -C 'p:c:getenv(char *name):char*:name' -n 1 -i 1 -T 3
expect_eq '-n 1' "$(grep -c '^\[..:..:..\]$' "$out")" 1

# funccount: by function, event and call; wildcards and regular expressions
trace funccount "$target:target_*" t:sched:sched_process_exec sys_exit_group --comm "$name" --cmd "$target -n 500 -s 7"
expect_line 'target_fast +500'
expect_line 'target_slow +7'
expect_line 'sched:sched_process_exec +1'
expect_line 'sys_exit_group +1'
trace funccount -r "$target:^target_(fast|none)\$" --cmd "$target -n 500 -s 7"
expect_line 'target_fast +500'
expect_no_line 'target_slow +[0-9]+ *7'
expect_eq 'rows' "$(grep -cE '^[a-z_]+ {5,}[0-9]+$' "$out")" 1
trace funccount -d 1 -i 10 "$target:target_fast"
expect_line 'Tracing calls of .*'

# stackcount: as text and folded
trace stackcount -U -f "$target:target_slow" --cmd "$target -n 500 -s 7"
expect_eq 'stacks' "$(awk '/work;target_slow [0-9]+$/ { n += $NF } END { print n + 0 }' "$out")" 7
trace stackcount -K -P t:sched:sched_process_exec --comm "$name" --cmd "$target -n 1"
grep -q "^@stacks\[$name, [0-9]*, *\$" "$out" || fail 'stackcount -P'

# funclatency, funcslower: each call for itself, those that call themselves too
trace funclatency -u -F "$target:target_*" --cmd "$target -n 300 -s 7 -u 200"
expect_line 'Function = target_slow'
expect_line 'Function = target_fast'
expect_line 'avg = [0-9]+ usecs, total: [0-9]+ usecs, count: 307'
total=$(sed -n 's/^avg.*total: \([0-9]*\) usecs.*/\1/p' "$out")
[ "$total" -ge 1400 ] || fail "7 calls of 200 us took $total us"
trace funcslower -u 150 -a 1 "$target:target_slow" --cmd "$target -n 10 -s 5 -u 200"
expect_eq 'slow calls with their argument' "$(grep -cE "^$name +[0-9]+ +[0-9.]+ +c8 target_slow 0xc8\$" "$out")" 5
trace funcslower -m 50 sys_clock_nanosleep sys_nanosleep --comm sleep --cmd 'sleep 0.1'
expect_line 'sleep +[0-9]+ +[0-9.]+ +0 sys_(clock_)?nanosleep'
own recursion
trace funclatency "$own:descend" --cmd "$own 20"
expect_line 'avg = .*, count: 20'
trace argdist -i 50 -C "r:$own:descend(long depth):long,long:\$retval,\$entry(depth):\$latency > 0" --cmd "$own 20"
for depth in 1 7 20; do
	expect_line "1 +\\\$retval = $depth \\\$entry\\(depth\\) = $depth"
done

# tcpsubnet: what a program sends to itself; the first subnet that holds the address
own tcp_reads
if "$own" -n 1 >"$TMPDIR/said"; then
	trace tcpsubnet -i 50 --comm "$comm" 127.0.0.0/30,127.0.0.0/8,0.0.0.0/0 --cmd "$own -n 40 -s 700"
	expect_line '127.0.0.0/30 +28000'
	expect_eq 'rows' "$(grep -c '/[0-9]* ' "$out")" 1
	trace tcpsubnet -i 50 -f b --comm "$comm" 10.0.0.0/8,0.0.0.0/0 --cmd "$own -n 40 -s 700"
	expect_line '0.0.0.0/0 +224000'
fi

# a link of the name
ln -sf "$(realpath "$sonde")" "$TMPDIR/funccount"
"$TMPDIR/funccount" "$target:target_fast" --cmd "$target -n 50" >"$out" 2>"$err" || fail 'a link funccount'
expect_line 'target_fast +50'
