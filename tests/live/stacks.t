# Ten thousand distinct user stacks, each three times: all there and each frame with its name,
# although the process has ended before they are printed.
. tests/lib.sh
own stacks
trace_limit=50

# Reads folded lines of `walk_all;step_2;step_7;step_5;step_4;visit;stack_leaf 3`: prints how
# many distinct ones, and how many that are not like that.
look() {
	awk '{ line = $0; sub(/^.*walk_all;/, "walk_all;", line) }
		line !~ /^walk_all;step_[0-9];step_[0-9];step_[0-9];step_[0-9];visit;stack_leaf 3$/ { bad++; next }
		!(line in seen) { n++; seen[line] = 1 }
		END { print n + 0, bad + 0 }'
}

trace --alone -f folded -e "uprobe:$own:stack_leaf { @[ustack] = count() }" -c "$own -r 3"
expect_eq 'distinct stacks, others' "$(grep ';' "$out" | look)" '10000 0'
expect_nothing_lost

# As values of printf, while the process runs.
report=$TMPDIR/report
trace --alone -f json -o "$report" -e "uprobe:$own:stack_leaf { printf(\"%s\", ustack) }" -c "$own -r 1"
grep '"type": "printf"' "$report" | sort -u >"$TMPDIR/stacks"
gone=$(lost ring_full spool_full)
expect_eq 'printed stacks + lost' $(($(wc -l <"$TMPDIR/stacks") + gone)) 10000
named=$(grep -c 'stack_leaf+0.n *visit+[0-9]*.n *step_.*walk_all+' "$TMPDIR/stacks")
expect_eq 'of them named' $((named + gone)) 10000

# By build id and place in the file: the id is that of the file's note (names 4 bytes, id 20,
# type 3, "GNU"), the places are where the functions are.
trace -e "config = { stack_mode = build_id } uprobe:$own:stack_leaf { @[ustack(2)] = count(); exit() }" -c "$own -r 1"
id=$(sed -n 's/^\([0-9a-f]\{40\}\) 0x[0-9a-f]*$/\1/p' "$out" | sort -u)
expect_eq 'build ids' "$(echo "$id" | wc -w)" 1
od -An -v -tx1 "$own" | tr -d ' \n' | grep -q "040000001400000003000000474e5500$id" || fail "$id is not the file's"
leaf=$(nm "$own" | sed -n 's/^0*\([0-9a-f]*\) T stack_leaf$/\1/p')
expect_line "$id 0x$leaf"

# Deeper than the kernel walks: said, unless no more was asked for.
own deep
trace -e "uprobe:$own:deep_leaf { @[ustack] = count() }" -c "$own -n 200"
expect_line 'LOST: 1 stacks cut at 127 frames, the most the kernel walks, or at 63 beside Python.s' "$err"
expect_eq 'frames' "$(grep -c 'deep_down+' "$out")" 126
trace -e "uprobe:$own:deep_leaf { @[ustack(20)] = count(); @all[ustack(126)] = count() }" -c "$own -n 200"
expect_no_line '.*stacks cut at .*' "$err"
trace -e "uprobe:$own:deep_leaf { @[ustack] = count() }" -c "$own -n 90"
expect_no_line '.*stacks cut at .*' "$err"

# ^C is the session's, whatever threads there are to look at other processes.
trace_start -f folded -e 'profile:hz:99 { @[ustack] = count() }'
trace_stop
grep -q '^cost: ' "$err" || fail 'interrupted, it did not come to its end'
