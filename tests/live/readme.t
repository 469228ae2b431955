# Every one-liner of README.md, attached beside a workload of its own: it prints an answer.
. tests/lib.sh
need_root
own writers

# "    sonde -e 'SCRIPT' ..." to its closing quote, each script into a file of its own.
awk -v into="$TMPDIR/script" '
/^    sonde -e \047/ { n++; inside = 1; sub(/^    sonde -e \047/, "") }
inside {
	if (sub(/\047.*/, ""))
		last = 1
	print > (into n)
	if (last) { inside = last = 0 }
}' README.md

# writes, opens, reads, waits for a CPU with others, and a shell that allocates
load="sh -c 'dd if=/dev/zero of=/dev/null bs=1 count=1000 status=none; $own -p 4 -n 20000 -c 0; cat /etc/hostname'"
found=0
for script in "$TMPDIR"/script*; do
	found=$((found + 1))
	trace "$script" -c "$load"
	[ "$(grep -c '^@' "$out")" -gt 0 ] || fail "no answer: $(cat "$script")"
	# Nothing but our own is looked at: the machine runs other things, too.
	: >"$out"
done
[ $found -ge 5 ] || fail "found only $found one-liners in README.md"
