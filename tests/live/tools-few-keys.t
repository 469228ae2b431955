# A key's "of N": the map of results begins small when it is all that results are grouped by, and
# grows when there are more after all.
. tests/lib.sh
need_root

"$sonde" fsdist --dump=maps >"$out" 2>"$err" || fail 'fsdist'
expect_eq 'by operation' "$(grep -A1 '^@latency' "$out" | tail -1)" '    expected: 5 keys'
"$sonde" fsdist --by operation,pid --dump=maps >"$out" 2>"$err" || fail 'fsdist --by operation,pid'
expect_eq 'by more than the header knows' "$(grep -A1 '^@latency' "$out" | tail -1)" '    expected: 1024 keys'
"$sonde" -e 'tracepoint:syscalls:sys_enter_read { @[tid] = count() }' --dump=maps >"$out" 2>"$err" || fail 'a script'
expect_no_line ' *expected: .*'

# More than it says: slowly, they all have room.
cat >"$TMPDIR/few.bt" <<'E'
/*
 * sonde tool
 * summary: more keys than the header says
 * subject: current
 * by: key
 * key key: KEY %-10d of 2 = $key
 * histogram @h: numbers
 * example: few | all of them
 */
tracepoint:syscalls:sys_enter_clock_nanosleep
{
	$key = @n;
	@h[BY] = hist(1);
	@n++;
}
end { print(@h); }
E
"$sonde" "$TMPDIR/few.bt" --dump=maps >"$out" 2>"$err" || fail 'few.bt'
expect_eq 'as the header says' "$(grep -A1 '^@h' "$out" | tail -1)" '    expected: 2 keys'
own tasks
trace "$TMPDIR/few.bt" --comm "$comm" --cmd "$own nap 150"
expect_eq 'all of them' "$(grep -c '^key = ' "$out")" 150
expect_nothing_lost

sed 's/ of 2 = / of few = /' "$TMPDIR/few.bt" >"$TMPDIR/word.bt"
"$sonde" "$TMPDIR/word.bt" --dry-run >"$out" 2>"$err" && fail 'a number that is none is taken'
grep -q 'of NUMBER' "$err" || fail 'no plain line'
