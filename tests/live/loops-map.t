# Loops over maps: keys and values of every kind, what the body changes, leaving it.
. tests/lib.sh
need_root
"$sonde" --dry-run -e 'begin { @a[1] = 1; for $kv : @a { print($kv.0); } }' >"$out" 2>"$err" ||
	{ ! grep -q '\[kernel-too-old\]' "$err" || skip "$(sed -n 's/.*ERROR: //p' "$err" | head -n 1)"; fail "refused"; }
trace -q -e 'begin {
	@a[1] = 10; @a[2] = 20; @b["x", 5] = (1, "hello"); @w["a"] = sum(7); @w["a"] = sum(5);
	$s = 0;
	for $kv : @a { @seen[$kv.0] = $kv.1; $s += $kv.1; }
	for $kv : @b { print($kv); print($kv.0.0); print($kv.1.1); }
	for $kv : @w { printf("%s %d\n", $kv.0, $kv.1); }
	$rounds = 0;
	for $kv : @a { if ($rounds == 1) { break; } $rounds++; }
	printf("all %d, rounds %d\n", $s, $rounds);
	for $kv : @a { printf("leaving\n"); return; }
	printf("not reached\n");
} begin { printf("the next probe\n"); exit() }'
cat >"$TMPDIR/want" <<'END'
((x, 5), (1, hello))
x
hello
a 12
all 30, rounds 1
leaving
the next probe


@a[1]: 10
@a[2]: 20
@b[x, 5]: (1, hello)
@seen[1]: 10
@seen[2]: 20
@w[a]: 12
END
{ sed '/^$/q' "$out"; sed '1,/^$/d' "$out" | sort; } >"$TMPDIR/got"
{ sed '/^$/q' "$TMPDIR/want"; sed '1,/^$/d' "$TMPDIR/want" | sort; } >"$TMPDIR/sorted"
diff "$TMPDIR/sorted" "$TMPDIR/got" || fail "not as expected"
