# Processor counters where there are any; where not, one plain line.
. tests/lib.sh

if "$sonde" -e 'hardware:cpu-cycles:100000 { @ = count(); exit() }' --duration 5 >"$out" 2>"$err"; then
	[ "$(map_value '')" -gt 0 ] || fail 'no cycles'
else
	expect_eq 'errors' "$(grep -c ERROR "$err")" 1
	grep -q 'cannot attach to hardware:cpu-cycles:100000: this machine has no processor counters' "$err" ||
		fail 'not in plain words'
fi
"$sonde" --dry-run -e 'h:cycles:100000 { @ = count() }' 2>"$err" || fail 'by its short name'
"$sonde" -l 'hardware:*' >"$out"
expect_eq 'hardware events' "$(wc -l <"$out")" 10
expect_line 'hardware:cpu-cycles:1000000'
