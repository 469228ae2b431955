# Loops: over ranges and maps, while, nested ones; break, continue, return; what they share.
. tests/lib.sh
need_root
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
	@a[1] = 10; @a[2] = 20; @b["x", 5] = (1, "hello"); @w["a"] = sum(7); @w["a"] = sum(5);
	for $kv : @a { @seen[$kv.0] = $kv.1; $s += $kv.1; }
	for $kv : @b { print($kv); print($kv.0.0); print($kv.1.1); }
	for $kv : @w { printf("%s %d\n", $kv.0, $kv.1); }
	for $i : 0..3 { for $j : 0..2 { @c[$i, $j] = count(); $s += 1; let $fresh; $fresh += 1; @f = max($fresh); } }
	$text = "none";
	for $i : 0..4 { if $i == 2 { $text = "two"; } }
	printf("all %d %s\n", $s, $text);
	for $i : 0..1000000 { @many = count(); }
	for $i : 0..5 { for $j : 0..5 { if $j == 3 { printf("leaving\n"); return; } } }
	printf("not reached\n");
} begin { printf("the next probe\n"); exit() }'
cat >"$TMPDIR/want" <<'END'
i 0
i 1
i 2
from -2
from -1
from 0
sum 16
n 5
((x, 5), (1, hello))
x
hello
a 12
all 52 two
leaving
the next probe


@a[1]: 10
@a[2]: 20
@b[x, 5]: (1, hello)
@c[0, 0]: 1
@c[0, 1]: 1
@c[1, 0]: 1
@c[1, 1]: 1
@c[2, 0]: 1
@c[2, 1]: 1
@f: 1
@many: 1000000
@seen[1]: 10
@seen[2]: 20
@w[a]: 12
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

# the most the kernel runs
trace -e 'begin { for $i : 0..10000000 { @ = count(); } exit() }'
expect_eq 'rounds' "$(map_value '')" 8388608
grep -q 'LOST: 1 loops ended after 8388608 rounds' "$err" || fail "a cut loop was not told"
