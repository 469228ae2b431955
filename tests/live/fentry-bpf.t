# fentry and fexit of a BPF program of somebody else's: by its whole name, by number, listed.
. tests/lib.sh
need_root
timeout 20 "$sonde" --dry-run -e 'fentry:vfs_read { @ = count() }' >"$out" 2>"$err" || skip "no fentry here"
mkfifo "$TMPDIR/go"
"$BUILD/workload/bpf_program" -n 25 -w <"$TMPDIR/go" >"$TMPDIR/said" 2>&1 &
target=$!
started_pids="$started_pids $target"
exec 9>"$TMPDIR/go"
wait_for 10 grep -q READY "$TMPDIR/said" || fail "the program is not ready: $(cat "$TMPDIR/said")"

"$sonde" -l 'fentry:bpf:traced_bpf_*' >"$out" 2>"$err" || fail "not listed"
expect_line 'fentry:bpf:[0-9]+:traced_bpf_program'
id=$(sed -n 's/^fentry:bpf:\([0-9]*\):.*/\1/p' "$out")
"$sonde" -lv 'fexit:bpf:traced_bpf_program' >"$out" 2>"$err" || fail "not listed"
expect_line '    int retval'

trace_start -e 'fentry:bpf:traced_bpf_program { @in[func] = count() }
	fexit:bpf:'"$id"':traced_bpf_program { @out[retval, args.ctx != 0] = count(); @[probe] = count() }'
echo go >&9
wait "$target" || fail "the program failed: $(cat "$TMPDIR/said")"
trace_stop
expect_eq 'calls' "$(map_value in traced_bpf_program)" 25
expect_eq 'returns' "$(($(map_value out '2, 1') + $(map_value out '2, true')))" 25
expect_eq 'name' "$(map_value '' "fexit:bpf:$id:traced_bpf_program")" 25

timeout 20 "$sonde" -e 'fentry:bpf:traced_bpf_program { @ = count() }' >"$out" 2>"$err" </dev/null
expect_eq 'gone: status' $? 1
grep -q 'no loaded BPF program' "$err" || fail "gone: not said"
