# make install and make uninstall, into a folder of their own.
. tests/lib.sh
command -v make >/dev/null || skip 'no make'

# The program is not made again, whatever it was made with.
made() { make -s -o "$BUILD/sonde" BUILD="$BUILD" DESTDIR="$TMPDIR/installed" PREFIX=/usr "$@" >"$out" 2>&1 || fail "make $*"; }

made -W scripts/gen-manuals install # for what has been added since
cmp -s "$sonde" "$TMPDIR/installed/usr/bin/sonde" || fail 'the program is not there'
for file in bash-completion/completions/sonde zsh/site-functions/_sonde man/man1/sonde.1 \
	man/man1/sonde-biolatency.1 man/man1/sonde-ext4slower.1 man/man1/sonde-strace.1; do
	[ -s "$TMPDIR/installed/usr/share/$file" ] || fail "no $file"
done
"$sonde" tools | while read -r name _; do
	[ -s "$TMPDIR/installed/usr/share/man/man1/sonde-$name.1" ] || fail "no manual of $name"
done || exit 1
grep -q '^.SH "WHAT IT PRINTS"' "$TMPDIR/installed/usr/share/man/man1/sonde-biolatency.1" || fail 'no sample in a manual'
if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning "$TMPDIR"/installed/usr/share/man/man1/*.1 >"$out" 2>&1 || fail 'manuals'
fi
if command -v man >/dev/null && man --warnings -l "$TMPDIR"/installed/usr/share/man/man1/sonde.1 >/dev/null 2>&1; then
	man --warnings -l "$TMPDIR"/installed/usr/share/man/man1/sonde.1 2>&1 >/dev/null | grep . && fail 'man warns of sonde.1'
fi

: >"$TMPDIR/installed/usr/share/man/man1/somebody-elses.1"
made uninstall
expect_eq 'what is left' "$(find "$TMPDIR/installed" -type f)" "$TMPDIR/installed/usr/share/man/man1/somebody-elses.1"
