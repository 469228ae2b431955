# What is printed of somebody else's text does not steer a terminal, whichever of standard output and
# standard error is one; where neither is, the bytes are as they are.
. tests/lib.sh

command -v python3 >/dev/null || skip "no python3"
cat >"$TMPDIR/run.py" <<'E2'
import os, pty, subprocess, sys

# run.py out|err FILE COMMAND...: with that one a terminal, whose text is printed, and the other a file
which, file, *command = sys.argv[1:]
terminal, end = pty.openpty()
with open(file, 'wb') as other:
    run = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=end if which == 'out' else other,
                           stderr=end if which == 'err' else other)
os.close(end)
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
run.wait()
E2
name=$(printf 'x\033[2J\302\233y')
script='BEGIN { printf("%s%c\n", str($1), 27); warnf("%s", str($1)); @[str($1)] = count(); print(@); print(str($1)); exit() }'
steers() { LC_ALL=C grep -q "$(printf '\033\|\302\233')" "$1"; }

for form in text folded json pprof; do
	python3 "$TMPDIR/run.py" out "$TMPDIR/other" "$sonde" -f $form -e "$script" -- "$name" >"$out" 2>"$err"
	grep -q 'x' "$out" "$TMPDIR/other" || fail "$form: nothing was printed"
	steers "$out" && fail "$form: standard output is steered"
	python3 "$TMPDIR/run.py" err "$TMPDIR/other" "$sonde" -f $form -e "$script" -- "$name" >"$out" 2>"$err"
	steers "$out" && fail "$form: standard error is steered"
done
"$sonde" -e "$script" -- "$name" >"$out" 2>"$err" </dev/null
steers "$out" || fail 'what goes to a file was changed'
