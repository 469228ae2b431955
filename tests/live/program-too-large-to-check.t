# What only the kernel can refuse is said in its place, in plain words, and nothing is attached:
# four hundred comparisons of long strings leave more branches open than the verifier follows.
. tests/lib.sh
"$sonde" --dry-run -e 'begin { $a = str(0); $b = str(1);
	unroll(100) { if ($a == $b) { @x++ } if ($b == $a) { @y++ } if ($a != $b) { @x++ } if ($b != $a) { @y++ } } }' \
	>"$out" 2>"$err" && fail "the kernel took it: another script must provoke a refusal"
grep -q 'too many branches pending \[program-too-large\]' "$err" || fail 'not that it is too large'
grep -q 'HINT: .*in another probe' "$err" || fail 'no remedy'
grep -q "the kernel's words" "$err" || fail "the kernel's words are missing"
