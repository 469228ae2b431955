# pprof and speedscope as others read them: by a decoder of its own in tests/prof/formats.py, and by
# Node's pprof-format where that can be found.
. tests/lib.sh

command -v python3 >/dev/null || skip "no python3"
for name in load python cc1 small; do
	"$sonde" convert "tests/prof/$name.perf" "$TMPDIR/$name.folded" --whole-names 2>"$err" || fail "folded"
	for ending in pb.gz speedscope.json; do
		"$sonde" convert "tests/prof/$name.perf" "$TMPDIR/$name.$ending" 2>"$err" || fail "$ending"
	done
	python3 tests/prof/formats.py "$TMPDIR/$name.pb.gz" "$TMPDIR/$name.speedscope.json" "$TMPDIR/$name.folded" \
		>"$out" 2>"$err" || fail "$name is read otherwise"
	[ "$(cut -d ' ' -f 1 "$out")" -gt 2 ] || fail "$name: hardly a stack"
	node -e 'require("pprof-format")' 2>"$err" || continue
	node -e '
		const { Profile } = require("pprof-format"), fs = require("fs"), zlib = require("zlib");
		const p = Profile.decode(zlib.gunzipSync(fs.readFileSync(process.argv[1])));
		console.log(String(p.sample.reduce((n, s) => n + BigInt(s.value[s.value.length - 1]), 0n)));
	' "$TMPDIR/$name.pb.gz" >"$out" 2>"$err" || fail "pprof-format does not read $name"
	expect_eq "$name: sum of weights" "$(cat "$out")" "$(awk '{ n += $NF } END { print n }' "$TMPDIR/$name.folded")"
done
exit 0
