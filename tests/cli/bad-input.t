# Bad input: exit status 1, one clear diagnostic that names the place or the thing, nothing on
# standard output, no control bytes shown. (What needs a kernel is in live/bad-environment.t;
# each diagnostic of the language has a case in tests/err.)
. tests/lib.sh

# refused SONDE-ARGUMENTS...: into $err
refused() {
	timeout 10 "$sonde" "$@" >"$out" 2>"$err" </dev/null
	expect_eq "status of $*" $? 1
	expect_eq "output of $*" "$(cat "$out")" ''
	[ "$(grep -c '^sonde: \|: ERROR: ' "$err")" -eq 1 ] || fail "not one diagnostic"
	! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" "$err" || fail "control bytes"
	[ "$(wc -c <"$err")" -le 1500 ] || fail "long-winded"
}

says() { # a fixed string
	grep -qF -e "$1" "$err" || fail "does not say: $1"
}

cd "$TMPDIR" || fail 'no TMPDIR'
case $sonde in /*) ;; *) sonde=$OLDPWD/$sonde ;; esac
[ -x "$sonde" ] || fail "no $sonde here"
SONDE_BTF=$OLDPWD/$SONDE_BTF SONDE_TRACEFS=$OLDPWD/$SONDE_TRACEFS
dump=--dump=bpf

refused $dump no-such-file.bt; says 'cannot read no-such-file.bt: No such file or directory'
refused $dump nosuch; says 'nor is it a tool'
refused $dump .; says 'cannot read .: Is a directory'
: >empty.bt
refused $dump empty.bt; says 'empty.bt:1:1-1: '; says '[empty-script]'
refused -e ''; says '[empty-script]'
head -c 5000 "$sonde" >program
refused $dump program; says '[binary-file]'; says 'program:1:'
head -c 65536 /dev/urandom | tr -d '\000\n' >noise
refused_or_many() { timeout 10 "$sonde" $dump noise >"$out" 2>"$err" </dev/null; expect_eq 'status of noise' $? 1; }
refused_or_many
! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" "$err" || fail "control bytes"
if command -v iconv >/dev/null; then
	iconv -f UTF-8 -t UTF-8 <"$err" >/dev/null || fail 'the diagnostics are not UTF-8'
fi

refused $dump -e 'begin { printf("abc'; says '1:16-19'; says '[unterminated-string]'
refused $dump -e 'begin { exit() } /* abc'; says '1:18-19'; says '[unterminated-comment]'
refused $dump -e 'tracepont:sched:sched_switch { exit() }'; says "did you mean 'tracepoint'?"; says '1:1-'
refused $dump -e 'tracepoint:sched:sched_swich { exit() }'; says 'did you mean tracepoint:sched:sched_switch?'; says '1:1-'
refused $dump -e 'tracepoint:sched:sched_switch { print(args.next_pit) }'; says "did you mean 'next_pid'?"; says '1:39-'
refused $dump -e 'begin { print(pdi) }'; says "did you mean 'pid'?"; says '1:15-17'
refused $dump -e 'begin { prinft("a") }'; says "did you mean 'printf'?"; says '1:9-'
refused $dump -e 'begin { exit(1, 2, 3) }'; says '[argument-count]'; says '1:9-'
refused $dump -e 'begin { printf("%d\n") }'; says '1:9-'
refused $dump -e 'begin { printf("%d\n", "text") }'; says '1:24-29'; says '[bad-format]'
refused $dump -e 'begin { printf(5) }'; says '[argument-type]'; says '1:16-16'
refused $dump -e 'begin { print(1 / 0) }'; says '[division-by-zero]'; says '1:15-'
refused $dump -e 'begin { @x = 1; @x /= 0 }'; says '[division-by-zero]'

nested() { # OPEN CLOSE
	head -c 200000 /dev/zero | tr '\0' "$1"
	echo 1
	head -c 200000 /dev/zero | tr '\0' "$2"
}
{ echo 'begin { print('; nested '(' ')'; echo ') }'; } >deep.bt
refused $dump deep.bt; says '[too-deep]'; says 'deep.bt:2:'
{ echo 'begin { print('; nested '-' ' '; echo ') }'; } >deep.bt
refused $dump deep.bt; says 'deep.bt:2:'
{ echo 'begin { print('; nested '!' ' '; echo ') }'; } >deep.bt
refused $dump deep.bt; says '[too-deep]'
{ echo 'begin { if (1)'; nested '{' '}'; echo '}'; } >deep.bt
refused $dump deep.bt; says 'deep.bt:2:'
{ echo 'begin { @x = '; head -c 400000 /dev/zero | sed 's/\x00/1+/g'; echo '1 }'; } >deep.bt
refused $dump deep.bt; says '[too-deep]'

{ head -c 10000000 /dev/zero | tr '\0' ' '; echo 'begin { exit() }'; } >large.bt
refused $dump large.bt; says '[script-too-large]'; says 'large.bt'
refused $dump /dev/zero; says '/dev/zero'

# ELF files that are cut off, anywhere, and what is no ELF file.
size=$(wc -c <"$sonde")
for part in 1 30 63 64 500 $((size / 2)) $((size - 1)); do
	head -c $part "$sonde" >half
	timeout 10 "$sonde" $dump -e "uprobe:$PWD/half:main { exit() }" >"$out" 2>"$err" </dev/null
	status=$?
	# With the end of the section headers alone missing, the rest may still tell.
	[ $part -gt $((size / 2)) ] || expect_eq "status with $part bytes of an ELF file" $status 1
	[ $status -le 1 ] || fail "status $status with $part bytes of an ELF file"
	[ $status -eq 0 ] || says '1:1-'
done
says 'half'
mkfifo fifo
refused $dump -e "uprobe:$PWD/fifo:main { exit() }"; says 'not a regular file'
refused $dump -e 'uprobe:/dev/zero:main { exit() }'; says 'not a regular file'
mkdir many
seq -f many/f%g 4097 | xargs touch
refused $dump -e "uprobe:$PWD/many/f*:main { exit() }"; says 'matches 4097 files, more than 4096'
refused $dump -e "usdt:$PWD/many/f*:a:main { exit() }"; says 'matches 4097 files, more than 4096'

# Options
refused --no-such-option; says '--no-such-option'
refused --durration 3 -e 'begin { }'; says 'did you mean --duration?'
refused -e; says '-e wants PROGRAM'
refused -p abc -e 'begin { }'; says "'abc'"
refused -f xml -e 'begin { }'; says "'xml'"
refused -B sometimes -e 'begin { }'; says "'sometimes'"
refused --max-cpu -1 -e 'begin { }'; says '--max-cpu'
refused --duration x -e 'begin { }'; says "'x'"
refused --duration inf -e 'begin { }'; says "'inf'"
refused --duration 1e300 -e 'begin { }'; says '--duration'
refused --max-map-mem -1 -e 'begin { }'; says "'-1'"
refused --max-map-mem 99999999999999999999 -e 'begin { }'; says '--max-map-mem'
refused --tid 99999999999 -e 'begin { }'; says '--tid'
refused --uid 99999999999 -e 'begin { }'; says '--uid'
refused --json=no -e 'begin { }'; says '--json takes no value'
refused biolatency --json=no; says '--json takes no value'
refused --dump=no-such-stage -e 'begin { }'; says '--dump takes'
refused biolatency --no-such-flag; says '--no-such-flag'
: >some.folded
refused convert --nonsense some.folded; says '--nonsense is no option'; says 'sonde convert --help'
refused diff some.folded -o; says '-o wants a value'; says 'sonde diff --help'
refused convert some.folded -t nonsense; says "the format 'nonsense'; there are"; says 'speedscope'
refused convert --from svg some.folded; says 'only written'
echo 'a 1' >some.folded
refused convert --cpu 5-2 some.folded; says '--cpu wants a list'

# A tool with sixty thousand constants in its header
{
	printf '/*\n * sonde tool\n * summary: x\n * subject: current\n * example: a | b\n * let:'
	awk 'BEGIN { for (i = 0; i < 60000; i++) printf " A%d=1", i; print "" }'
	printf ' */\nBEGIN { exit() }\n'
} >many.bt
refused ./many.bt --help; says 'a header of more than 32 KB'
