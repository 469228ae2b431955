# Names of kernel addresses: the kernel, asked for single ones, says what /proc/kallsyms says; a script that has
# read the text already (kaddr) takes them from there.
. tests/lib.sh

# Every 500th of the kernel's own functions, up to 40 of modules; ftrace's trampolines are in the text alone.
awk '$2 ~ /^[tT]$/ && ($4 ? $4 !~ /ftrace|bpf/ && m++ < 40 : n++ % 500 == 0) && $1 !~ /^0+$/ { print $1 }' \
	/proc/kallsyms >"$TMPDIR/addresses"
[ -s "$TMPDIR/addresses" ] || skip 'no addresses in /proc/kallsyms'
awk 'BEGIN { print "begin {" } { printf "print((ksym(0x%s), ksym(0x%s + 1)));\n", $1, $1 } END { print "exit() }" }' \
	"$TMPDIR/addresses" >"$TMPDIR/asked.bt"
awk 'BEGIN { print "begin { print(ksym(kaddr(\"vfs_read\")));" } NR > 1' "$TMPDIR/asked.bt" >"$TMPDIR/read.bt"

trace -q "$TMPDIR/read.bt"
expect_eq 'one that was asked for' "$(head -n 1 "$out")" vfs_read
sed 1d "$out" >"$TMPDIR/read"
trace -q "$TMPDIR/asked.bt"
expect_eq 'asked and read' "$(cat "$out")" "$(cat "$TMPDIR/read")"
expect_eq 'one answer each' "$(grep -c . "$out")" "$(grep -c . "$TMPDIR/addresses")"

# it is asked, and the text is not read: nobody can
kernel_before 5.13 && exit 0
unshare -m true 2>/dev/null || exit 0
timeout 30 unshare -m sh -c 'mount --bind /dev/null /proc/kallsyms && exec "$@"' - "$sonde" -q "$TMPDIR/asked.bt" \
	>"$out" 2>"$err" </dev/null || fail 'without /proc/kallsyms'
expect_eq 'without the text' "$(cat "$out")" "$(cat "$TMPDIR/read")"
