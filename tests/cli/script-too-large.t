# A script above a megabyte is refused at once, one just below it is read.
. tests/lib.sh

script=$TMPDIR/large.bt
{ echo 'begin { exit(); }'; head -c 1048558 /dev/zero | tr '\0' ' '; } >"$script"
"$sonde" --dump=ast "$script" >"$out" 2>"$err" || fail "a script of a megabyte is refused"
echo ' ' >>"$script"
"$sonde" --dump=ast "$script" >"$out" 2>"$err" && fail "a script above a megabyte is taken"
grep -q '\[script-too-large\]' "$err" || fail "the diagnostic is missing"
