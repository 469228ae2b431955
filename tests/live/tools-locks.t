# deadlock: two orders of one pair of mutexes, told once, with both places; nothing of the others.
. tests/lib.sh
need_root
tool_is_here deadlock || skip "$(head -n 1 "$TMPDIR/here")"
own mutexes

trace deadlock --comm "$comm" --cmd "$own -n 50"
set -- $(sed -n 's/^first \(.*\) second \(.*\) left \(.*\) right \(.*\)/\1 \2 \3 \4/p' "$out")
expect_eq 'deadlock: told once' "$(grep -c '^Potential Deadlock Detected!$' "$out")" 1
expect_line "Cycle in lock order graph: Mutex M0 \($1\) => Mutex M1 \($2\) => Mutex M0 \($1\)"
expect_line "Mutex M1 \($2\) acquired here while holding Mutex M0 \($1\) in Thread [0-9]+ \($comm, process [0-9]+\):"
expect_line "Mutex M0 \($1\) acquired here while holding Mutex M1 \($2\) in Thread [0-9]+ \($comm, process [0-9]+\):"
expect_eq 'deadlock: both places' "$(grep -c '^ *take_both+' "$out")" 2
grep -q '^ *forwards+' "$out" && grep -q '^ *backwards+' "$out" || fail 'deadlock: who called'
! grep -q "M[01] (\($3\|$4\))" "$out" || fail 'deadlock: mutexes that are taken in one order'
expect_nothing_lost

trace deadlock --comm "$comm" --cmd "$own -o -n 50"
expect_no_line 'Potential Deadlock Detected!'
# The functions of another library: a name that nothing has is told.
"$sonde" deadlock --lock-symbol no_such_lock --dry-run >"$out" 2>"$err"
grep -q 'no_such_lock' "$err" || fail 'deadlock --lock-symbol: not told that it is missing'

# klockstat: a wait for a mutex is one, however often the thread was woken in vain meanwhile
tool_is_here klockstat || exit 0
trace klockstat -M -P --comm contended --cmd "$helpers/queue-up"
waited=$(sed -n 's/^waited //p' "$out")
awk -v waited="$waited" -v slow="${SONDE_SLOW:-1}" '$2 == "contended" { ms = $5 / 1000; rows++; times = $4 }
	END { exit !(rows == 1 && times == 1 && ms > waited - 170 * slow && ms < waited) }' "$out" || fail "klockstat: not most of $waited ms"
