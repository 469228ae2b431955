# perf.data of perf itself: as many samples, the same weights, commands and kernel frames as `perf script`
# prints; files, pipes, compressed ones.
. tests/lib.sh

command -v perf >/dev/null && perf version >/dev/null 2>&1 || skip "no perf"
load='i=0; while [ $i -lt 20 ]; do head -c 300000 /dev/zero | gzip -c >/dev/null; i=$((i + 1)); done'

# By command and from the system call's entry on: names of user code may be other aliases of one address.
kernel_part() {
	sed -n 's/^\([^;]*\);.*\(entry_SYSCALL.*\)$/\1;\2/p' "$1" |
		awk '{ w = $NF; $NF = ""; n[$0] += w } END { for (k in n) print k n[k] }' | sort
}

compare() { # FILE
	perf script -i "$1" --show-lost-events >"$TMPDIR/text.perf" 2>/dev/null || skip "perf script does not read $1"
	"$sonde" convert -q "$TMPDIR/text.perf" "$TMPDIR/text.folded" || fail "the text of $1"
	"$sonde" convert -q "$1" "$TMPDIR/data.folded" || fail "$1"
	for comm in sh head gzip; do
		expect_eq "$comm in $1" "$(sum "$comm" data)" "$(sum "$comm" text)"
	done
	[ "$(sum gzip data)" -gt 0 ] || fail "hardly a sample in $1"
	kernel_part "$TMPDIR/text.folded" >"$TMPDIR/text.kernel"
	kernel_part "$TMPDIR/data.folded" >"$TMPDIR/data.kernel"
	# The kernel has several names for some addresses.
	differ=$(diff "$TMPDIR/text.kernel" "$TMPDIR/data.kernel" | grep -c '^>')
	[ "$differ" -le $(($(wc -l <"$TMPDIR/text.kernel") / 10 + 1)) ] || {
		diff "$TMPDIR/text.kernel" "$TMPDIR/data.kernel" >"$out"
		fail "$1: other kernel frames"
	}
}

sum() { awk -v comm="$1" 'index($0, comm ";") == 1 { n += $NF } END { print n + 0 }' "$TMPDIR/$2.folded"; }

perf record -q -e cpu-clock -g -F 499 -o "$TMPDIR/file.data" -- sh -c "$load" 2>"$err" || skip "perf record: $(cat "$err")"
compare "$TMPDIR/file.data"
perf record -q -e cpu-clock -g -F 499 -o - -- sh -c "$load" >"$TMPDIR/pipe.data" 2>"$err" || fail "perf record to a pipe"
compare "$TMPDIR/pipe.data"
if perf record -q -z -e cpu-clock -g -F 499 -o "$TMPDIR/packed.data" -- sh -c "$load" 2>"$err"; then
	compare "$TMPDIR/packed.data"
fi
exit 0
