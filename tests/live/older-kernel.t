# What a kernel lacks is done in another way: the same scripts with what this kernel has and without
# print the same.
. tests/lib.sh
need_root
own keys
without=loop,fetch_atomics,on_demand_maps,task_storage,attach_cookie

same() { # SCRIPT [OPTIONS]
	script=$1
	shift
	trace -q -e "$script" "$@"
	grep -v '^keys ' "$out" | sort >"$TMPDIR/with"
	trace -q --no-feature "$without" -e "$script" "$@"
	grep -v '^keys ' "$out" | sort >"$TMPDIR/without"
	diff "$TMPDIR/with" "$TMPDIR/without" || fail "without $without: $script"
	[ -s "$TMPDIR/with" ] || fail "nothing printed: $script"
}

same 'begin { @a = 5; print(@a++); print(--@a); print(@a--); @k[1] = 7; print(++@k[1]); print(@k[1]++); @a += 4; print(@a) }'
same 'begin { $s = 0; for $i : 0..20 { if ($i == 15) { break; } if ($i % 2) { continue; } $s += $i; }
	$n = 7; while ($n > 2) { $n--; @[comm, $n] = count(); } print(($s, $n)) }'
same 'begin { $most = (int64)ncpus * 0 + 5; for $i : -3..$most { for $j : $i..$most { @h = hist($i * $j); @l[$j] = lhist($i, 0, 10, 2); } } }'
same 'begin { @x = str("a", 3); $t = (1, "b"); @t[$t] = (comm, 2); print(@t); printf("%s %s\n", @x, strftime("%Y", 0)) }'
# a clock that is told when the session begins
before=$(date +%s)
trace -q --no-feature tai_clock -e 'begin { print(strftime("%s", nsecs(tai))); print(strftime("%s", nsecs(sw_tai))) }'
after=$(date +%s)
expect_eq 'seconds of TAI' "$(awk -v from="$before" -v to="$after" '$1 >= from && $1 <= to' "$out" | wc -l)" 2
# more keys than the first size of a map that grows
same "uprobe:$own:key_event { @[arg0] = count() } end { print(len(@)); clear(@) }" -c "$own -n 1000"
trace -q --no-feature "$without" -f json -e "uprobe:$own:key_event { @[arg0] = count() }" -c "$own -n 25000 -m 1000"
expect_eq 'keys of a map that grows' $(($(grep -o '{"key": \[[0-9]*\], "value": 1}' "$out" | sort -u | wc -l) + $(lost map_full no_memory map_busy))) 25000
[ "$(lost map_full no_memory map_busy)" -lt 8616 ] || fail 'the map did not grow' # 16384 is its first size
