# tseries(): every value is in its interval, by each way of putting values together; on several
# CPUs, in keyed maps, and where writers are preempted.
. tests/lib.sh
need_root

# all values of a sum, over however many intervals
sum() { sed -n 's/^[0-9:.]* .*[|*] \([0-9-]*\)$/\1/p' "$out" | awk '{ n += $1 } END { print n + 0 }'; }

cat >"$TMPDIR/target" <<'END'
for part in 1 2; do
	(i=0; while [ $i -lt 200 ]; do cd /; i=$((i + 1)); done) &
done
wait
END
probe='tracepoint:syscalls:sys_enter_chdir /curtask.real_parent.tgid == cpid/'
trace -q -e "$probe { @ = tseries(1, 100ms, 900, \"sum\") }" -c "sh $TMPDIR/target"
expect_nothing_lost
expect_eq 'sum of all intervals' "$(sum)" 400
trace -q -e "$probe { @[pid] = tseries(2, 1s, 30, \"sum\") }" -c "sh $TMPDIR/target"
expect_nothing_lost
expect_eq 'sum of all intervals of all keys' "$(sum)" 800
trace -q -e "$probe { @ = tseries(1, 1h, 2, \"sum\"); @c = count() } interval:ms:20 { print(@); clear(@) }" -c "sh $TMPDIR/target"
expect_eq 'cleared while it is written' "$(sum)" "$(map_value c)"

# how values of one interval are put together
values='$v = (int64)@c - 2; @c++;'
trace -q -e "interval:ms:5 { $values
	@last = tseries(\$v, 1h, 3); @avg = tseries(\$v, 1h, 3, \"avg\"); @max = tseries(\$v, 1h, 3, \"max\");
	@min = tseries(\$v, 1h, 3, \"min\"); @sum = tseries(\$v, 1h, 3, \"sum\"); if (@c == 7) { exit() } }"
for want in last:4 avg:1 max:4 min:-2 sum:7; do
	got=$(sed -n "/^@${want%:*}:/,/^\$/s/^[0-9:.]* .*[|*] \\([0-9-]*\\)\$/\\1/p" "$out")
	expect_eq "$want" "$got" "${want#*:}"
done

# the picture; a machine that is busy with something else may come late for an interval
cat >"$TMPDIR/wanted" <<'END'
@:
             -2                                                  2
hh:mm:ss.ms  |___________________________________________________|
TIME *                         .                         | -2
TIME |            *            .                         | -1
TIME |                         *                         | 0
TIME |                         .            *            | 1
TIME |                         .                         * 2
             v___________________________________________________v
             -2                                                  2

END
for try in 1 2 3 4 5; do
	trace -q -e 'interval:ms:100 { @ = tseries((int64)@c - 2, 100ms, 20); @c += 1; if (@c == 5) { exit() } }'
	sed -n '/^@:/,/^$/p' "$out" | sed 's/^[0-9][0-9:.]*/TIME/' >"$TMPDIR/picture"
	! diff "$TMPDIR/wanted" "$TMPDIR/picture" || break
	[ $try -lt 5 ] || fail 'the picture, five times'
done
trace -q -f json -e 'interval:ms:10 { @[1, "x"] = tseries(7, 1h, 3); exit() }'
grep -q '"tseries", "data": {"@": \[{"key": \[1,"x"\], "value": \[{"interval_start": "[-0-9: .]*", "value": 7}\]}\]}' "$out" ||
	fail 'as JSON'
