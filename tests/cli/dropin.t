# Under bpftrace's name: its options, its diagnostics, its exit statuses. (What needs a kernel is
# in live/dropin.t; tests/compat compares with bpftrace itself.)
. tests/lib.sh

case $sonde in /*) ;; *) sonde=$PWD/$sonde ;; esac
ln -s "$sonde" "$TMPDIR/bpftrace"
bpftrace=$TMPDIR/bpftrace

# status ARGS...: of bpftrace, into $out and $err
status() {
	timeout 20 "$bpftrace" "$@" >"$out" 2>"$err" </dev/null
	echo $?
}

version=$("$sonde" --version | sed 's/sonde //')
expect_eq "--version" "$("$bpftrace" --version)" "bpftrace v0.27.1 (sonde $version)"
expect_eq "-V" "$("$sonde" bpftrace -V)" "bpftrace v0.27.1 (sonde $version)"

expect_eq "unknown option" "$(status --foo)" 1
grep -q "unrecognized option '--foo'" "$err" || fail "does not say which option"
expect_eq "no program" "$(status -q)" 1
expect_line "ERROR: USAGE: filename or -e 'program' required." "$err"
expect_eq "no file" "$(status /nonexistent.bt)" 1
expect_line "ERROR: failed to open file '/nonexistent.bt': No such file or directory" "$err"
expect_eq "-f xml" "$(status -f xml -e 'begin { }')" 1
expect_line 'ERROR: Invalid output format "xml"' "$err"
expect_eq "-B foo" "$(status -B foo -e 'begin { }')" 1
expect_eq "-p abc" "$(status -p abc -e 'begin { }')" 1
expect_line 'ERROR: Failed to parse pid: invalid integer: abc' "$err"
expect_eq "-p and -c" "$(status -p 1 -c true -e 'begin { }')" 1
expect_line 'ERROR: USAGE: Cannot use both -c and -p.' "$err"
expect_eq "--no-feature foo" "$(status --no-feature foo -e 'begin { }')" 1
expect_eq "-d foo" "$(status -d foo -e 'begin { }')" 1
expect_eq "--mode foo" "$(status --mode foo -e 'begin { }')" 1
expect_eq "--aot" "$(status --aot x -e 'begin { }')" 1
expect_eq "--probe-filter [" "$(status --probe-filter '[' -e 'begin { }')" 1

# the form of diagnostics: no id, the place ends behind its last column
expect_eq "unknown name" "$(status -d types -e 'begin { print(pdi) }')" 1
expect_eq "diagnostic" "$(sed -n 1,3p "$err")" "stdin:1:15-18: ERROR: there is no builtin or constant 'pdi'
begin { print(pdi) }
              ~~~"
# options without effect, in the order of getopt: anywhere
expect_eq "options of LLVM" "$(status --verify-llvm-ir -e 'begin { }' -d types --emit-llvm x -b -k)" 0
expect_eq "warnings" "$(status -d types -e 'begin { 5; }')" 0
grep -q 'WARNING' "$err" || fail "no warning"
expect_eq "--no-warnings" "$(status -d types --no-warnings -e 'begin { 5; }')" 0
[ ! -s "$err" ] || fail "a warning in spite of --no-warnings"

# the environment's settings: a value that does not fit is refused, a foreign name is not
expect_eq "bad setting" "$(BPFTRACE_MAX_STRLEN=abc status -d types -e 'begin { }')" 1
expect_line 'ERROR: max_strlen: expecting a number, got abc' "$err"
expect_eq "foreign name" "$(BPFTRACE_NO_SUCH_KEY=1 status -d types -e 'begin { }')" 0
expect_eq "probes of a script" "$(status -l -e 'begin { } tracepoint:sched:sched_switch { }')" 0
expect_eq "listed" "$(cat "$out")" tracepoint:sched:sched_switch

# What its LLVM back end, or its way of looking things up, would need is taken; what cannot be is refused.
for option in '--dwarf-pid 1' '--debuginfo /tmp:/usr' '--traceable-functions /dev/null' --usdt-file-activation --verify-llvm-ir \
	'--emit-llvm /dev/null' -b '--include /dev/null'; do
	expect_eq "$option" "$(status $option -d ast -e 'begin { }')" 0
done
expect_eq '--dwarf-pid abc' "$(status --dwarf-pid abc -e 'begin { }')" 1
for option in '--emit-elf a' '--aot a'; do
	expect_eq "$option" "$(status $option -e 'begin { }')" 1
	grep -q 'programs are made for the running kernel only' "$err" || fail "$option: no reason"
done
