# Processes that end before anybody looks, and binaries that are replaced or removed while they run:
# functions are named right, or not at all.
. tests/lib.sh
need_root
"$sonde" --info | grep -q '^ *unwind tables *yes' || skip 'stacks are not walked by tables here'
own frameless

chain='chain_1;chain_2;chain_3;chain_4;chain_5;chain_6;chain_7;chain_8;chain_9;chain_10;chain_11;chain_12;chain_13;chain_14;chain_15;chain_16;chain_17;chain_18;chain_19;chain_20'
# Of the samples of our program: "whole", "cut" (short, and that is said), "unknown" (an address without a
# name) and "wrong" (a function of the chain is missing, or one is there that the program has not).
judge() { # FUNCTIONS of others
	awk -v chain="$chain" -v others="$1" '
		{ count = $NF; sub(/ [0-9]+$/, "") }
		/\[cut short/ { sum["cut"] += count; next }
		$0 ~ others { sum["wrong"] += count; next }
		match($0, /chain_1;/) || /chain_1$/ { # it may still be on its way down
			called = ""
			n = split($0, frame, ";")
			for (i = 1; i <= n; i++)
				if (frame[i] ~ /^chain_/)
					called = called (called == "" ? "" : ";") frame[i]
			sum[index(chain ";", called ";") == 1 ? "whole" : "wrong"] += count
			next
		}
		/chain_/ { sum["wrong"] += count; next }
		/;_dl_start/ { sum["edge"] += count; next } # the dynamic linker has functions without a name
		/(^|;)0x[0-9a-f]+/ { sum["unknown"] += count; next }
		{ sum["edge"] += count }
		END { print sum["whole"] + 0, sum["cut"] + 0, sum["unknown"] + 0, sum["wrong"] + 0 }' "$out"
}

# ---- each lives 50 ms ----
trace profile -F 999 --comm "$comm" --format folded \
	--cmd "sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do $own spin 0.05; done'"
set -- $(judge '(^|;)descend(;|$)')
echo "50 ms: $1 whole, $2 cut short, $3 without a name, $4 wrong"
[ "$4" = 0 ] || fail '50 ms: functions that were not called'
[ "$1" -ge 10 ] || fail "50 ms: only $1 whole stacks"
[ "$3" = 0 ] || fail "50 ms: $3 without a name"

# ---- replaced and removed, before anybody looks and while somebody does ----
cp "$BUILD/workload/recursion" "$TMPDIR/another"
change() { [ $what = removed ] && rm "$own" || { cp "$TMPDIR/another" "$own.new" && mv "$own.new" "$own"; }; }
late_change() { sleep 1; change; }
for when in before while; do
	for what in replaced removed; do
		cp "$BUILD/workload/frameless" "$own"
		start "$own" spin 30
		program=$started
		wait_for 10 test -e "/proc/$program/exe"
		if [ $when = while ]; then start late_change; else change; fi
		trace profile -F 499 -p "$program" --format folded --verbose --duration 2
		kill -s KILL "$program"
		wait "$program" 2>/dev/null
		set -- $(judge '(^|;)descend(;|$)')
		echo "$what $when: $1 whole, $2 cut short, $3 without a name, $4 wrong"
		[ "$4" = 0 ] || fail "$what $when: functions that were not called"
		[ $(($1 + $2 + $3)) -ge 20 ] || fail "$what $when: too few samples"
		[ "$1" -ge 20 ] || grep -qi 'replaced\|deleted\|removed' "$err" || fail "$what $when: unknown, and nobody says so"
	done
done
