# dcsnoop and dcstat: names that are not there, looked up as often as is known.
. tests/lib.sh
timeout 20 "$sonde" --dry-run -e 'kprobe:d_lookup { @ = count() }' >"$out" 2>"$err" ||
	{ ! grep -q '\[hook-missing\]' "$err" || skip "$(sed -n 's/.*ERROR: //p' "$err" | head -n 1)"; fail "refused"; }
trace_limit=50

cp "$(command -v cat)" "$TMPDIR/cat$$"
trace dcsnoop --comm "cat$$" --cmd "$TMPDIR/cat$$ $TMPDIR/not-there-$$" 2>/dev/null
expect_eq 'a name that is not there' "$(grep -cE "^[0-9.]+ +[0-9]+ +cat$$ +M +not-there-$$\$" "$out")" 1
grep -E ' R ' "$out" && fail 'dcsnoop: R without -a'
"$sonde" -l 'kprobe:lookup_fast*' 2>/dev/null | grep -q lookup_fast || skip 'dcsnoop -a and dcstat: lookup_fast is part of its callers here'
trace dcsnoop -a --comm "cat$$" --cmd "$TMPDIR/cat$$ $TMPDIR/not-there-$$"
[ "$(grep -cE "^[0-9.]+ +[0-9]+ +cat$$ +R +not-there-$$\$" "$out")" -ge 1 ] || fail 'dcsnoop -a: no R'
start sh -c "while :; do [ -e $TMPDIR/nothing-\$\$ ]; done"
trace dcstat 1 2
expect_eq 'lines' "$(grep -cE '^[0-9:]{8} +[0-9]+ +[0-9]+ +[0-9]+ +[0-9.]+$' "$out")" 2
[ "$(awk '/^[0-9]+:/ { n += $2 } END { print n }' "$out")" -gt 100 ] || fail 'dcstat: too few look-ups'
