# What an older kernel lacks is said, with the version that has it.
. tests/lib.sh
old() { # VERSION SCRIPT
	SONDE_BTF=tests/world/world.btf SONDE_TRACEFS=tests/world/tracefs SONDE_KERNEL=$1 \
		"$sonde" --dump=bpf -e "$2" >"$out" 2>"$err"
	status=$?
}
old 5.10 'begin { for $i : 0..3 { print($i); } }'
expect_eq 'status' $status 1
grep -q 'this loop needs Linux 5.17 (bpf_loop) \[kernel-too-old\]' "$err" || fail "loop"
old 5.12 'begin { @a[1] = 1; for $kv : @a { print($kv); } }'
grep -q 'this loop needs Linux 5.13 (bpf_for_each_map_elem) \[kernel-too-old\]' "$err" || fail "map"
old 5.17 'begin { @a[1] = 1; for $kv : @a { for $i : 0..$kv.1 { print($i); } } }'
expect_eq 'status' $status 0
