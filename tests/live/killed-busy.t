# kill -9, and a second ^C, while sonde is attaching to or detaching from thousands of functions:
# every changed instruction is put back. (A thread with a fatal signal pending can take out no
# uprobe; the kernel leaves it in, for good.)
. tests/lib.sh
need_root
"$sonde" --info | grep -q 'uprobes many at once  *yes' || skip 'one by one this takes minutes'
own keys

# Processes with a C library of their own, so that nobody else's instructions change.
mkfifo "$TMPDIR/go"
exec 9<>"$TMPDIR/go"
library=$(awk '/r-xp.*\/libc[.-]/ { print $6; exit }' /proc/$$/maps)
[ -f "$library" ] || skip "no C library found"
mkdir "$TMPDIR/lib"
cp "$library" "$TMPDIR/lib/libc.so.6"
library=$TMPDIR/lib/libc.so.6
for i in 1 2 3 4 5 6; do
	LD_LIBRARY_PATH="$TMPDIR/lib" "$own" -w <&9 >"$TMPDIR/target" &
	target=$!
	started_pids="$started_pids $target"
	wait_for 5 grep -q READY "$TMPDIR/target" || fail "the target does not run"
done
grep -q "r-xp.* $library" /proc/$target/maps || skip "the C library cannot be replaced"

text() {
	awk -v name="$library" '$2 == "r-xp" && $6 == name { print $1; exit }' /proc/$target/maps | tr - ' ' | {
		read -r from to
		from=$(printf %d "0x$from") to=$(printf %d "0x$to")
		dd if=/proc/$target/mem bs=4096 skip=$((from / 4096)) count=$(((to - from) / 4096)) 2>"$TMPDIR/dd" |
			cksum
	}
}
is_clean() { [ "$(text)" = "$clean" ]; }
clean=$(text)
changed=0

check() { # WHAT SIGNAL: sent to $tracer now
	is_clean || changed=$((changed + 1))
	kill -s "$2" $tracer 2>/dev/null
	wait $tracer 2>/dev/null
	wait_for 10 is_clean || fail "$1: instructions stayed changed"
}

script="uprobe:$library:* { @ = count() } uprobe:$library:s* { @s = count() } uretprobe:$library:m* { @m = count() }"
for delay in 0.01 0.02 0.03 0.05 0.08 0.12 0.18 0.25; do
	"$sonde" -q -e "$script" >"$out" 2>"$err" &
	tracer=$!
	started_pids="$started_pids $tracer"
	sleep $delay
	check "kill -9 after $delay s" KILL
	for signal in KILL INT; do
		trace_start -e "$script"
		kill -s INT $tracer
		sleep $delay
		check "^C, $delay s later $signal" $signal
	done
done
echo "instructions were changed at $changed of 24 signals"
[ $changed -ge 3 ] || fail 'the signals came too early or too late: nothing was tested'
