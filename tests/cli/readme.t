# Every one-liner of README.md compiles.
. tests/lib.sh

# "    sonde -e 'SCRIPT' ..." to its closing quote, each script into a file of its own.
awk -v into="$TMPDIR/script" '
/^    sonde -e \047/ { n++; inside = 1; sub(/^    sonde -e \047/, "") }
inside {
	if (sub(/\047.*/, ""))
		last = 1
	print > (into n)
	if (last) { inside = last = 0 }
}' README.md

found=0
for script in "$TMPDIR"/script*; do
	[ -e "$script" ] || break
	found=$((found + 1))
	"$sonde" --dump=types "$script" >"$out" 2>"$err" || fail "does not compile: $(cat "$script")"
done
[ $found -ge 5 ] || fail "found only $found one-liners in README.md"
