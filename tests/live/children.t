# -c: uprobes, uretprobes and static probes in all that the command forks, and in nobody else; not
# one is missed of children that execute at once and end at once.
. tests/lib.sh
own mangled
program=$own
function=_RINvNtCs1234_7mycrate3foo3barNtNtCs1_5alloc6string6StringE
n=$(few 200)

# Somebody else runs the same file all the while.
cat >"$TMPDIR/others" <<EOF
while [ ! -e $TMPDIR/enough ]; do $program -n 3; done
EOF
start sh "$TMPDIR/others"
cat >"$TMPDIR/many" <<EOF
i=0
while [ \$i -lt $n ]; do $program -n 1; i=\$((i + 1)); done
for i in 1 2 3 4 5; do $program -n 2 & done
( ( $program -n 4; exec $program -n 8 ) )
sh -c "$program -n 16 & wait" | cat
wait
exec $program -n 32
EOF
want=$((n + 5 * 2 + 4 + 8 + 16 + 32))
trace -e "uprobe:$program:$function { @calls = count(); @by[comm] = count(); @self[pid == cpid] = count() }
	uretprobe:$program:$function /retval == 2/ { @returns = count() }
	uprobe:$program:main, interval:s:100 { @mains = count() }" -c "sh $TMPDIR/many"
expect_nothing_lost
expect_eq calls "$(map_value calls)" $want
expect_eq 'by name' "$(map_value by "$comm")" $want
expect_eq returns "$(map_value returns)" $want
expect_eq 'of two kinds' "$(map_value mains)" $((n + 9))
expect_eq 'in the command itself' "$(map_value self true)" 32
expect_no_line '.*family.*'
expect_line 'Attached 4 probes' "$err"
: >"$TMPDIR/enough"

# The command alone.
trace --alone -e "uprobe:$program:$function { @calls = count() }" -c "sh $TMPDIR/many"
expect_eq 'alone' "$(map_value calls)" 32

# Filters of the run are for the script's probes: who forked is another matter.
own mangled
trace --tid 1 -e "uprobe:$own:$function { @ = count() }" -c "sh -c '$own -n 5; $own -n 6'"
expect_eq 'of no such thread' "$(map_value '')" 0
trace --uid 12345 -e "uprobe:$own:$function { @ = count() }" -c "sh -c '$own -n 5; setpriv --reuid 12345 $own -n 6'"
expect_eq 'of one user' "$(map_value '')" 6

# Forked without another program, and threads.
own watched
trace -e "uprobe:$own:touch { @ = count(); @p[pid == cpid, tid == pid] = count() }" -c "$own -n 1 -t -f"
expect_eq 'threads and forks' "$(map_value '')" 3
expect_eq 'a fork' "$(map_value p 'false, true')" 1

own usdt
trace -e "usdt:$own:sonde:guarded { @ = count() }" -c "sh -c '$own -n 5; $own -n 6'"
expect_eq 'static probes' "$(map_value '')" 11
expect_eq 'their counters' "$(grep -c '^guarded [56]$' "$out")" 2

# A library is everybody's: that is said, unless the command alone is looked at.
"$sonde" -e 'uprobe:libc:getppid { @ = count() }' -c true >"$out" 2>"$err"
grep -q 'is in other processes, too' "$err" || fail 'not a word of what it costs others'
"$sonde" --alone -e 'uprobe:libc:getppid { @ = count() }' -c true >"$out" 2>"$err"
expect_no_line '.*other processes.*' "$err"
