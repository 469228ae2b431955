# The generic tools on functions of the kernel, where it lets them be probed.
. tests/lib.sh
timeout 20 "$sonde" --dry-run -e 'kprobe:vfs_read { @ = count() }' >"$out" 2>"$err" ||
	{ ! grep -q '\[hook-missing\]' "$err" || skip "$(sed -n 's/.*ERROR: //p' "$err" | head -n 1)"; fail "refused"; }
trace_limit=55
own reads
file=$TMPDIR/data
each=200 empty=100
run="$own -t 1 -n $each $file"

trace funccount --comm "$comm" vfs_read 'vfs_wr*' t:sched:sched_process_exec --cmd "$run"
[ "$(sed -n 's/^vfs_read  *//p' "$out")" -ge $((each + empty)) ] || fail 'funccount vfs_read'
expect_line 'sched:sched_process_exec +1'
trace trace --comm "$comm" 'vfs_read(struct file *file, char *buf, size_t count) (count == 7) "%d %d", arg3, count' --cmd "$run"
expect_eq 'trace with a signature' "$(grep -cE "$comm +vfs_read +7 7\$" "$out")" $((each + empty))
trace argdist -i 50 --comm "$comm" -C 'r::vfs_read(struct file *file, char *buf, size_t count):size_t,int:$entry(count),$retval:$entry(count) == 7' --cmd "$run"
expect_line "$each +\\\$entry\\(count\\) = 7 \\\$retval = 7"
expect_line "$empty +\\\$entry\\(count\\) = 7 \\\$retval = 0"
trace argdist -i 50 --comm "$comm" -H 'r::vfs_read(struct file *file, char *buf, size_t count):u64:$latency:$entry(count) == 7' --cmd "$run"
expect_eq 'latencies' "$(awk -F '[:|]' '/ -> / { n += $2 } END { print n + 0 }' "$out")" $((each + empty))
: >"$TMPDIR/generic-data"
trace trace 'do_sys_open "%s", arg2' -f generic-data --comm cat --cmd "cat $TMPDIR/generic-data"
expect_line ".* cat +do_sys_open +$TMPDIR/generic-data"
trace trace 'r::do_sys_open "%d", retval' --comm cat --cmd "cat $TMPDIR/generic-data /no/such/file"
grep -Eq ' cat +do_sys_open +-2$' "$out" || fail 'trace r::do_sys_open'
trace trace -K --comm "$comm" 'vfs_read (arg3 == 7)' -M 1 --cmd "$run"
grep -q 'vfs_read+' "$out" || fail 'trace -K'
trace funclatency -u --comm "$comm" vfs_read --cmd "$run"
[ "$(sed -n 's/^avg .* count: //p' "$out")" -ge $((each + empty)) ] || fail 'funclatency vfs_read'
trace stackcount -K -f --comm "$comm" vfs_read --cmd "$run"
[ "$(awk '/;vfs_read / { n += $NF } END { print n + 0 }' "$out")" -ge $((each + empty)) ] || fail 'stackcount vfs_read'
trace funcslower -u 1 -a 3 --comm "$comm" vfs_read --cmd "$run"
grep -Eq "^$comm +[0-9]+ +[0-9.]+ +7 vfs_read 0x[0-9a-f]+ 0x[0-9a-f]+ 0x7\$" "$out" || fail 'funcslower -a'

own tcp_reads
if "$own" -n 1 >"$TMPDIR/said"; then
	trace argdist -i 50 --comm "$comm" -H 'p::tcp_cleanup_rbuf(struct sock *sk, int copied):int:copied' --cmd "$own -n 50 -s 700"
	expect_line ' +512 -> 1023 +: 50 .*'
	expect_line ' +copied +: count +distribution'
fi
