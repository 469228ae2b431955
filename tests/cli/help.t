# `sonde help` lists every command and tool; what it lists has a --help.
. tests/lib.sh

"$sonde" help >"$out" 2>"$err" || fail 'sonde help'
for name in bpftrace ply strace convert merge diff tools trace argdist funccount stackcount funclatency funcslower biolatency; do
	grep -Eq "^( *sonde )?$name " "$out" || fail "sonde help does not name $name"
done
for name in bpftrace ply strace convert trace argdist funccount stackcount funclatency funcslower; do
	"$sonde" help $name >"$out" 2>"$err" || fail "sonde help $name"
	"$sonde" $name --help >"$TMPDIR/help" 2>&1
	cmp -s "$out" "$TMPDIR/help" || fail "sonde help $name is not its --help"
done
for name in ply bpftrace strace convert merge diff trace argdist funccount stackcount funclatency funcslower; do
	"$sonde" help $name | grep -q '^Examples:' || fail "$name --help has no examples"
done
# What is not there is said in one line.
"$sonde" help nosuchthing >"$out" 2>"$err" && fail 'help of nothing'
expect_eq 'one line' "$(wc -l <"$err")" 1
