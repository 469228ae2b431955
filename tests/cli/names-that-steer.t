# Names and units of a profile come from somebody else: no control character of them reaches a terminal
# or a file, C1 in UTF-8 included, and no picture is broken by what XML does not know.
. tests/lib.sh

# pprof: "samples", a unit with ESC and BEL, and a function whose name has C1's CSI and U+FFFF
printf '\012\004\010\001\020\002\062\000\062\004evil\062\011\033]0;evil\007\062\021f\302\23331m;<x>&\357\277\277\357\277\276' >"$TMPDIR/steer.pb"
printf '\042\006\010\001\042\002\010\001\052\004\010\001\020\003\022\004\010\001\020\001' >>"$TMPDIR/steer.pb"
for format in term folded perf json speedscope svg; do
	"$sonde" convert "$TMPDIR/steer.pb" -t $format --whole-names >"$out" 2>"$err" || fail "no $format"
	grep -q '31m' "$out" || fail "$format: the name is not there"
	LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]\|\302[\200-\237]')" "$out" && fail "$format: control characters"
done
# perf's text and folded stacks, whose names are a line's parts
printf 'co\033[mm 1/1 [000] 1.000000: 1 cycles: \n\t 1234 f\302\23331m\033[m (/bin/\302\233x)\n\n' >"$TMPDIR/steer.perf"
printf 'co\033[mm;f\302\23331m 1\n' >"$TMPDIR/steer.folded"
for file in steer.perf steer.folded; do
	for format in term folded perf json speedscope svg; do
		"$sonde" convert "$TMPDIR/$file" -t $format >"$out" 2>"$err" || fail "no $format of $file"
		LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]\|\302[\200-\237]')" "$out" &&
			fail "$format of $file: control characters"
	done
done
"$sonde" convert "$TMPDIR/steer.pb" -o "$TMPDIR/steer.svg" || fail 'svg'
LC_ALL=C grep -q "$(printf '\357\277[\276\277]')" "$TMPDIR/steer.svg" && fail 'svg: what is no XML'
command -v python3 >/dev/null || exit 0
python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$TMPDIR/steer.svg" 2>"$err" || fail 'svg'
