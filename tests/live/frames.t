# --frame, name_frame(): script functions of a toy interpreter, by name and in the order they called one
# another, through exceptions and longjmp; and none where the engine's own code has taken their place.
. tests/lib.sh
need_root
[ -x "$BUILD/workload/engine" ] || skip 'no C++ compiler'
own engine
call="uprobe:$own:cpp:\"engine::call\""
"$sonde" -e "$call { name_frame(str(*(uint64 *)arg1)) }" --dry-run >"$out" 2>"$err" ||
	{ grep -q 'needs what walks stacks' "$err" && skip 'no unwind tables'; }
! grep 'name_frame() has no effect' "$err" || skip 'no unwind tables'

# Of a folded stack: the names that are neither addresses nor functions of the engine, ";" between them.
names() { # FILE: "NAMES COUNT" a line
	awk '!/^stack / { count = $NF; sub(/ [0-9]+$/, ""); n = split($0, frame, ";"); text = ""
		for (i = 1; i <= n; i++)
			if (frame[i] ~ /^(main|leaf|catcher|thrower|lander|jumper|count_down|not to be seen)$/)
				text = text (text == "" ? "" : ";") frame[i]
		sum[text] += count } END { for (text in sum) print text, sum[text] }' "$1" | sort
}
told() { sed -n 's/^stack //p' "$1" | sort; }

# Exactly: each call of work(), by the functions that were being run.
trace --frame "$call = str(*(uint64 *)arg1)" -f folded -e "uprobe:$own:work { @[ustack] = count() }" -c "$own -w 1 -n 25"
told "$out" >"$TMPDIR/told"
names "$out" >"$TMPDIR/named"
[ "$(wc -l <"$TMPDIR/told")" = 18 ] || fail 'the engine runs another script'
cmp -s "$TMPDIR/told" "$TMPDIR/named" || { diff "$TMPDIR/told" "$TMPDIR/named" >"$out"; fail 'other functions than the engine ran'; }
expect_nothing_lost

# A script's own words, and more: as text a name has no offset; stack_len() does not count names.
trace -e "$call { name_frame(str(*(uint64 *)arg1)) }
	uprobe:$own:work /!@seen/ { @seen = 1; print(ustack); print(stack_len(ustack)) }" -c "$own -w 1 -n 1"
expect_line ' +leaf'
expect_line ' +main'
# both threads may find that nothing was seen yet
expect_eq 'stack_len()' "$(grep -E '^[0-9]+$' "$out" | head -n 1)" "$(sed '1,/work+/d; /^$/q' "$out" | grep -c '^  ' | awk '{ print $1 + 1 }')"

# Sampled: whatever is found is a chain the engine can have been in.
trace profile -F 499 --comm "$comm" --frame "$call = str(*(uint64 *)arg1)" --format folded --cmd "$own -w 1 -n 8000"
told "$out" | sed 's/ [0-9]*$//' >"$TMPDIR/possible"
names "$out" | awk '{ n += $NF } /count_down/ { deep += $NF } END { exit !(n >= 100 && deep >= 10) }' || fail 'too few samples'
# within a call the innermost may not have its name yet, or not any more: it is a beginning of one
names "$out" | sed 's/ [0-9]*$//' | while read -r chain; do
	[ -z "$chain" ] || grep -q "^$chain\$\|^$chain;" "$TMPDIR/possible" || echo "$chain"
done >"$TMPDIR/impossible"
[ ! -s "$TMPDIR/impossible" ] || { cp "$TMPDIR/impossible" "$out"; fail 'chains that the engine was never in'; }

# A name that cannot be read, or is empty, is none: the function's own stands there.
trace --frame "$call = str(1)" -f folded -e "uprobe:$own:work { @[ustack] = count() }" -c "$own -w 1 -n 1"
[ "$(grep -c 'engine::call(function const\*, long);' "$out")" -ge 18 ] || fail 'functions without a name'

# More names than a stack has room for: said, and counted.
trace --frame "$call = str(*(uint64 *)arg1)" --json -e "uprobe:$own:work { @[ustack] = count() }" -c "$own -w 1 -n 1 -d 40"
grep -q 'no room for more of the names' "$out" || fail 'the cut is not marked'
grep -q '"unwind_names_cut"' "$out" "$err" || fail 'the cut is not counted'

# More names than there is room for.
trace --json --frame "$call = str(*(uint64 *)arg1)" -e "uprobe:$own:work { @[ustack] = count() }" -c "$own -m 9000"
full=$(sed -n 's/.*"frame_name_full": *\([0-9]*\).*/\1/p' "$out" "$err" | tail -n 1)
[ "${full:-0}" -ge 700 ] && [ "$full" -le 9000 ] || fail "frame_name_full: ${full:-none}"

refused() { # WORDS ARGS...
	words=$1
	shift
	! "$sonde" "$@" --dry-run >"$out" 2>"$err" || fail "taken: $*"
	grep -q -- "$words" "$err" || fail "no words about: $*"
}
refused 'PROBE = EXPRESSION' --frame "$call" -e 'begin { }'
refused 'PROBE = EXPRESSION' --frame "$call =" -e 'begin { }'
refused 'name_frame() exists in uprobes only' -e "uretprobe:$own:work { name_frame(\"x\") }"
refused 'is not where a function of known size begins' --unsafe -e "uprobe:$own:work+1 { name_frame(\"x\") }"
refused 'must be a string' --frame "$call = 1" -e 'begin { }'
