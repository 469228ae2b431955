# convert, merge, diff: recordings made with perf 6.1, and one text with all forms of a head,
# against what was looked at once; every format back to the same folded stacks; selections;
# what is broken is said with file and line, and leaves no file.
. tests/lib.sh

convert() { "$sonde" "$@" 2>"$err" || fail "sonde $*"; }

for name in load python cc1 forms small; do
	convert convert "tests/prof/$name.perf" "$TMPDIR/$name.folded"
	diff -u "tests/prof/$name.folded" "$TMPDIR/$name.folded" || fail "$name.perf: other folded stacks"
	for ending in pb.gz speedscope.json perf; do
		[ "$name.$ending" != forms.perf ] || continue # its samples without a time get one
		convert convert "tests/prof/$name.perf" "$TMPDIR/$name.again.$ending" --event '*'
		convert convert "tests/prof/$name.perf" "$TMPDIR/direct" --to folded --event '*'
		convert convert "$TMPDIR/$name.again.$ending" "$TMPDIR/again" --to folded
		diff -u "$TMPDIR/direct" "$TMPDIR/again" || fail "$name through $ending"
	done
	convert convert "tests/prof/$name.folded" --from folded --to folded
	convert convert "$TMPDIR/$name.folded" "$TMPDIR/again.folded"
	cmp "$TMPDIR/$name.folded" "$TMPDIR/again.folded" || fail "$name: folded is not folded"
	gzip -c "tests/prof/$name.perf" >"$TMPDIR/packed.perf.gz"
	convert convert "$TMPDIR/packed.perf.gz" - >"$TMPDIR/again"
	cmp "$TMPDIR/$name.folded" "$TMPDIR/again" || fail "$name: packed"
	# Pieces of any size: a pipe gives what it has.
	convert convert --from perf - --to folded <"tests/prof/$name.perf" >"$TMPDIR/again"
	cmp "$TMPDIR/$name.folded" "$TMPDIR/again" || fail "$name: from a pipe"
	convert diff "tests/prof/$name.perf" "tests/prof/$name.perf" - >"$TMPDIR/diff"
	awk '$NF != $(NF - 1) { bad = 1 } END { exit bad || !NR }' "$TMPDIR/diff" || fail "$name: differs from itself"
	convert merge "tests/prof/$name.perf" "tests/prof/$name.perf" -o "$TMPDIR/two.folded"
	awk 'NR == FNR { n[NR] = $NF; next } $NF != 2 * n[FNR] { bad = 1 } END { exit bad }' \
		"$TMPDIR/$name.folded" "$TMPDIR/two.folded" || fail "$name: merged with itself is not twice"
done
convert convert tests/prof/forms.perf --to folded >/dev/null
grep -q '17 lost' "$err" || fail "what perf lost is not said"
grep -q 'first: 49' "$err" || fail "the line that makes no sense is not named"

sum() { awk '{ n += $NF } END { print n + 0 }'; }
small=tests/prof/small.perf
convert convert $small --to folded --cpu 0 >"$out"; expect_eq "cpu 0" "$(sum <"$out")" 30
convert convert $small --to folded --thread 42 >"$out"; expect_eq "thread 42" "$(sum <"$out")" 30
convert convert $small --to folded --process 41 >"$out"; expect_eq "process 41" "$(sum <"$out")" 60
convert convert $small --to folded --time 1..1.5 >"$out"; expect_eq "half a second" "$(sum <"$out")" 10
convert convert $small --to folded --match '^parse$' >"$out"; expect_eq "match" "$(sum <"$out")" 30
convert convert $small --to folded --below '^parse$' --no-comm >"$out"
expect_eq "below" "$(cat "$out")" "$(printf 'parse;parse_line 15\nparse;shared;leaf 15')"
convert convert $small --to folded --tid >"$out"; expect_line 'app-41/42;main;compute [0-9]+'
COLUMNS=60 "$sonde" convert $small --to term >"$out"
diff -u tests/prof/small.term "$out" || fail "the terminal's flame graph"
convert convert $small "$TMPDIR/a.svg" --title 'A <title> & more' --width 600 --colors hot
diff -u tests/prof/small.svg "$TMPDIR/a.svg" || fail "the SVG"
# The time line: one frame of main a lane, as it never leaves it; what changes is a frame each time.
for by in 'thread app-41/41 app-41/42' 'cpu CPU.0 CPU.1'; do
	set -- $by
	convert convert $small "$TMPDIR/line.svg" --time-line $1
	grep -c "start\">$2 (30 samples)<\|start\">$3 (30 samples)<" "$TMPDIR/line.svg" >"$out"; expect_eq "lanes by $1" "$(cat "$out")" 2
	grep -o '<title>main ([^)]*)' "$TMPDIR/line.svg" >"$out"
	expect_eq "frames of main by $1" "$(cat "$out")" "$(printf '<title>main (0.001 s, 3100.0 ms)\n<title>main (0.051 s, 3100.0 ms)')"
	expect_eq "frames of parse_line by $1" "$(grep -c '<title>parse_line' "$TMPDIR/line.svg")" 15
done
convert convert $small "$TMPDIR/line.svg" --time-line cpu --time 2.001..2.05
expect_eq "a selection's times" "$(grep -o '<title>main ([^,]*' "$TMPDIR/line.svg")" '<title>main (2.001 s'
convert convert $small "$TMPDIR/a.json"
diff -u tests/prof/small.json "$TMPDIR/a.json" || fail "the JSON"

refuse() { # WORDS ARGS...
	words=$1
	shift
	"$sonde" "$@" >"$out" 2>"$err" && fail "not refused: $*"
	grep -qF -e "$words" "$err" || fail "$*: expected $words"
}
printf 'a;b 1\na;b\n' >"$TMPDIR/half.folded"
refuse 'no sample has a time: no time line' convert "$TMPDIR/half.folded" "$TMPDIR/no.svg" --time-line cpu
refuse '--time-line is for one profile as SVG' convert $small "$TMPDIR/no.html" --time-line cpu
refuse '--time-line wants thread or cpu' convert $small "$TMPDIR/no.svg" --time-line frog
convert convert "$TMPDIR/half.folded" --to folded >"$out"
expect_eq "one good line" "$(cat "$out")" "a;b 1"
printf 'a;b\nc\n' >"$TMPDIR/bad.folded"
refuse "bad.folded:1: no sample" convert "$TMPDIR/bad.folded" "$TMPDIR/x.svg"
printf '{"shared": {"frames": [}\n' >"$TMPDIR/bad.speedscope.json"
refuse "bad.speedscope.json:1: no JSON" convert "$TMPDIR/bad.speedscope.json" "$TMPDIR/x.svg"
convert convert $small "$TMPDIR/good.pb.gz"
head -c 60 "$TMPDIR/good.pb.gz" >"$TMPDIR/cut.pb.gz"
refuse "ends within gzip data" convert "$TMPDIR/cut.pb.gz" "$TMPDIR/x.svg"
gzip -dc "$TMPDIR/good.pb.gz" | head -c 301 >"$TMPDIR/cut.pb"
refuse "broken pprof" convert "$TMPDIR/cut.pb" "$TMPDIR/x.svg"
refuse "No such file" convert "$TMPDIR/none.perf" "$TMPDIR/x.svg"
refuse "no sample is left" convert $small --match nowhere "$TMPDIR/x.svg"
refuse "--cpu wants" convert $small --cpu 1- "$TMPDIR/x.svg"
refuse "--match" convert $small --match '(' "$TMPDIR/x.svg"
refuse "no palette" convert $small --colors mud "$TMPDIR/x.svg"
refuse "no format has this ending" convert $small "$TMPDIR/x.what"
: >"$TMPDIR/empty.perf"
refuse "no sample" convert "$TMPDIR/empty.perf" "$TMPDIR/x.svg"
ls "$TMPDIR" | grep '^x\.' && fail "a refused conversion left a file"

# Stopped while it reads: the old result stays, nothing is left beside it.
mkfifo "$TMPDIR/slow.perf"
echo old >"$TMPDIR/kept.folded"
start sh -c 'exec 3>"$1"; cat "$2" >&3; sleep 20' - "$TMPDIR/slow.perf" $small
start "$sonde" convert --from perf "$TMPDIR/slow.perf" "$TMPDIR/kept.folded"
sleep 0.3
kill -s TERM "$started" # a shell starts what is in the background with INT ignored
wait "$started" && fail "ended well although it was interrupted"
expect_eq "the old result" "$(cat "$TMPDIR/kept.folded")" old
ls "$TMPDIR" | grep '^kept\.folded\.' && fail "half a file was left"
exit 0
