# Loops: over ranges, while, nested ones; break, continue, return; what they share. Over maps: loops-map.t.
. tests/lib.sh
need_root
# Before 5.17 the verifier walks each round, and so not as many.
"$sonde" --info | grep -q '^ *bpf_loop  *yes' && long=1000000 || long=300
trace -q -e 'begin {
	for $i : 0..3 { printf("i %d\n", $i); }
	for $i : 5..5 { printf("empty\n"); }
	for $i : 3..-3 { printf("backwards\n"); }
	for $i : -2..1 { printf("from %d\n", $i); }
	$s = 0;
	for $i : 1..11 { if $i == 9 { break; } if $i % 2 == 0 { continue; } $s += $i; }
	printf("sum %d\n", $s);
	$n = 0; while $n < 5 { $n++; }
	printf("n %d\n", $n);
	for $i : 0..3 { for $j : 0..2 { @c[$i, $j] = count(); $s += 1; let $fresh; $fresh += 1; @f = max($fresh); } }
	$text = "none";
	for $i : 0..4 { if $i == 2 { $text = "two"; } }
	printf("all %d %s\n", $s, $text);
	for $i : 0..'$long' { @many = count(); }
	for $i : 0..5 { for $j : 0..5 { if $j == 3 { printf("leaving\n"); return; } } }
	printf("not reached\n");
} begin { printf("the next probe\n"); exit() }'
cat >"$TMPDIR/want" <<END
i 0
i 1
i 2
from -2
from -1
from 0
sum 16
n 5
all 22 two
leaving
the next probe


@c[0, 0]: 1
@c[0, 1]: 1
@c[1, 0]: 1
@c[1, 1]: 1
@c[2, 0]: 1
@c[2, 1]: 1
@f: 1
@many: $long
END
# entries of one value come in no given order
{ sed '/^$/q' "$out"; sed '1,/^$/d' "$out" | sort; } >"$TMPDIR/got"
{ sed '/^$/q' "$TMPDIR/want"; sed '1,/^$/d' "$TMPDIR/want" | sort; } >"$TMPDIR/sorted"
diff "$TMPDIR/sorted" "$TMPDIR/got" || fail "not as expected"

# in programs of a busy tracepoint: what bodies see of the event
own writers
trace -e 'tracepoint:syscalls:sys_enter_write /comm == str($1)/ {
	for $i : 0..3 { @by[probe, args.count + $i] = count(); @t[tid] = $i; if @t[tid] == 7 { return; } } delete(@t[tid]); }' \
	"$comm" -c "$own -p 2 -n 1000"
for i in 1 2 3; do
	expect_eq "argument $i" "$(map_value by "tracepoint:syscalls:sys_enter_write, $i")" 2000
done

# the most the kernel runs, of a range that is known only when it runs
trace -e 'begin { $n = 10000000 + (int64)(nsecs & 1); for $i : 0..$n { @ = count(); } exit() }'
if [ $long -gt 300 ]; then
	expect_eq 'rounds' "$(map_value '')" 8388608
else
	[ "$(map_value '')" -ge 100 ] || fail "only $(map_value '') rounds"
fi
grep -q 'LOST: 1 loops ended after the most rounds' "$err" || fail "a cut loop was not told"
trace -e 'begin { $i = 0; while ($i < nsecs) { $i++; @ = count(); } exit() }'
[ "$(map_value '')" -ge 50 ] || fail "while: only $(map_value '') rounds"
grep -q 'LOST: 1 loops ended after the most rounds' "$err" || fail "a cut loop was not told"
# a walk in each round, and more than the verifier would walk: as many rounds as it does
trace -e 'begin { $n = 5 + (int64)(nsecs & 1); for $i : 0..$n { if ($i >= 5) { break; } @h[comm, $i] = hist($i); @s[comm, "x"]++; } exit() }'
expect_eq 'keys' "$(grep -c '^@h\[.*, [0-4]\]:' "$out") $(map_value s 'sonde, x')" '5 5'
