# More than a million instructions: refused before the kernel is asked.
. tests/lib.sh
echo 'begin { unroll(100) { unroll(100) { unroll(14) { @x = nsecs; @y = nsecs } } } }' >"$out.bt"
"$sonde" --dump=bpf "$out.bt" >"$out" 2>"$err" && fail "it was taken"
grep -q '\[program-too-large\]' "$err" || fail "no program-too-large diagnostic"
