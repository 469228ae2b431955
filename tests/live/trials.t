# test: and bench: probes, and which probes take part in a run.
. tests/lib.sh
need_root

cat >"$TMPDIR/script" <<'END'
begin { print("begin") }
test:good { print("in good"); return 0 }
test:wrong { return 5 }
test:says { errorf("said") }
test:asserts { assert(pid == 0, "no") }
test:leaves { exit(3); }
bench:counts { @n++ }
interval:ms:1 { print("traced"); exit() }
END
timeout 20 "$sonde" --test "$TMPDIR/script" >"$out" 2>"$err"
expect_eq 'status when tests fail' $? 1
sed 's/ ([0-9]* [^)]*s)$//' "$out" | tr '\n' '|' >"$TMPDIR/flat"
expect_eq 'what --test prints' "$(cat "$TMPDIR/flat")" "begin|[==========] Running 5 tests.|\
[ RUN      ] good|in good|[       OK ] good|[ RUN      ] wrong|[  FAILED  ] wrong|[ RUN      ] says|[  FAILED  ] says|\
[ RUN      ] asserts|[  FAILED  ] asserts|[ RUN      ] leaves|[  FAILED  ] leaves|[==========] 5 tests ran.|\
[  PASSED  ] 1 test.|[  FAILED  ] 4 tests, listed below:|[  FAILED  ] wrong|[  FAILED  ] says|[  FAILED  ] asserts|\
[  FAILED  ] leaves|"
grep -q 'ERROR: said' "$err" || fail 'errorf in a test'
trace --test --probe-filter 'good' "$TMPDIR/script"
expect_line '\[==========\] 1 test ran.'
trace -f json --mode test --probe-filter 'good' "$TMPDIR/script"
grep -q '{"type": "test_result", "data": {"good": {"duration": [0-9]*, "passed": true}}}' "$out" || fail 'test_result'

trace --bench "$TMPDIR/script"
runs=$(sed -n 's/^counts  *[0-9]*  *\([0-9]*\)$/\1/p' "$out")
[ "${runs:-0}" -ge 100 ] || fail 'runs of a benchmark'
expect_eq 'every run of a benchmark did what it does' "$(map_value n)" "$runs"
trace -f json --bench "$TMPDIR/script"
grep -q '{"type": "benchmark_result", "data": {"counts": {"average": [0-9]*, "iters": [0-9]*}}}' "$out" ||
	fail 'benchmark_result'

# without --test neither runs
trace -q "$TMPDIR/script"
expect_eq 'a plain run' "$(tr '\n' ' ' <"$out")" 'begin traced '
timeout 20 "$sonde" -e 'test:a { print(1) }' >"$out" 2>"$err"
expect_eq 'status when there are only tests' $? 1
grep -q 'HINT: --test runs its test: probes' "$err" || fail 'hint'

# --probe-filter: by name where a probe has one, else by attach point; begin and end always
script='a=begin { print("begin") } b=interval:ms:1 { print("named"); exit() } interval:ms:5 { print("plain"); exit() }'
for want in 'b:begin named ' '^interval:begin plain ' 'ms.5:begin plain '; do
	trace -q --probe-filter "${want%%:begin*}" -e "$script"
	expect_eq "filter ${want%%:begin*}" "$(tr '\n' ' ' <"$out")" "begin${want#*:begin}"
done
