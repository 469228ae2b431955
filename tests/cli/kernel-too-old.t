# What an older kernel lacks is said, with the version that has it.
. tests/lib.sh
old() { # VERSION SCRIPT
	SONDE_BTF=tests/world/world.btf SONDE_TRACEFS=tests/world/tracefs SONDE_KERNEL=$1 \
		"$sonde" --dump=bpf -e "$2" >"$out" 2>"$err"
	status=$?
}
# what it can do in another way it does
old 5.10 'begin { for $i : 0..3 { print($i); } $n = 5; while ($n > 0) { $n--; } }'
expect_eq 'loops: status' $status 0
! grep -q 'call loop' "$out" || fail "bpf_loop is called"
old 5.10 'begin { for $i : 0..1000000 { @ = count(); } }'
expect_eq 'a long loop: status' $status 1
grep -q '1000000 rounds of this loop are too many before Linux 5.17 (bpf_loop): [0-9]* at most \[kernel-too-old\]' "$err" || fail "long loop"
SONDE_BTF=tests/world/world.btf SONDE_KERNEL=5.10 "$sonde" --dump=maps -e 'begin { @[1] = count(); }' >"$out" 2>"$err"
grep -q ', grows' "$out" || fail "maps do not grow"
old 5.12 'begin { @a[1] = 1; for $kv : @a { print($kv); } }'
grep -q 'a loop over a map needs Linux 5.13 (bpf_for_each_map_elem) \[kernel-too-old\]' "$err" || fail "map"
old 5.17 'begin { @a[1] = 1; for $kv : @a { for $i : 0..$kv.1 { print($i); } } }'
expect_eq 'status' $status 0
