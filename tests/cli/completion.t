# Completion: what may stand behind `sonde`, and bash and zsh typing it on a terminal.
. tests/lib.sh
# It lists probes, too: those of the machine that pure tests see.
export SONDE_BTF=$PWD/tests/world/world.btf SONDE_TRACEFS=$PWD/tests/world/tracefs

offered() { # WORD EXPECTED...: the words behind sonde, the last one is being typed
	expected=$1
	shift
	"$sonde" complete "$@" >"$out" 2>"$err" || fail "complete $*"
	expect_eq "complete $*" "$(cut -f1 "$out" | tr '\n' ' ' | sed 's/ $//')" "$expected"
}
offered 'biolatency biolatpcts :files' biolat
offered '--by --buffering' biolatency --b
offered 'disk flags pid tid comm uid cgroup container stack cpu' biolatency --by ''
offered 'disk,comm' biolatency --by disk,com
offered '--format=svg --format=speedscope' --format=s
offered 'line full none' -p 1 -B ''
offered ':folders' -I ''
offered ':files' profile -o ''
offered ':commands' strace -f ''
offered 'time calls errors name' strace -S ''
offered 'strace' help str
offered 'tracepoint:' -l trac
offered 'tracepoint:sched:' -l tracepoint:sc
offered 'tracepoint:sched:sched_wakeup tracepoint:sched:sched_wakeup_new' -l tracepoint:sched:sched_wakeu
offered 'tracepoint:sched:sched_wakeup_new' -e tracepoint:sched:sched_wakeup_
"$sonde" complete biolatency - | grep -q "^--disks	a histogram for each disk$" || fail 'no help beside a flag'
! "$sonde" complete biolatency - | grep -q '^-z	' || fail 'a letter that the tool does not take'
"$sonde" complete --pid '' | grep -q "^$$	" || fail 'no processes'

# Every command and every tool has a page, and everything that has one is offered.
"$sonde" help | awk '$1 == "sonde" && $2 ~ /^[a-z]+$/ { print $2 } NF > 1 && $1 != "sonde" { print $1 }' | sort -u >"$TMPDIR/names"
"$sonde" complete '' | grep -v '^:' | cut -f1 | sort -u >"$TMPDIR/offered"
expect_eq 'names that are not offered' "$(comm -23 "$TMPDIR/names" "$TMPDIR/offered" | tr '\n' ' ')" ''

# On a terminal: KEYS are typed, what stands there then is looked at.
python=$(command -v /usr/bin/python3 || command -v python3) || skip 'no python3 to type with'
cat >"$TMPDIR/type.py" <<'E2'
import os, re, select, sys, time

shell, keys, wanted = sys.argv[1].split(), sys.argv[2].encode().decode("unicode_escape"), sys.argv[3]
pid, fd = os.forkpty()
if not pid:
    os.environ.update(TERM="dumb", PS1="> ", HISTFILE="/dev/null", COLUMNS="200")
    os.execvp(shell[0], shell)
seen = ""
def read(seconds, until):
    global seen
    end = time.time() + seconds
    while time.time() < end and not re.search(until, seen):
        if select.select([fd], [], [], 0.1)[0]:
            try:
                seen += os.read(fd, 4096).decode("utf-8", "replace")
            except OSError:
                break
read(20, "ready")
seen = ""
os.write(fd, keys.encode())
read(20, re.escape(wanted))
os.kill(pid, 9)
print(seen)
sys.exit(wanted not in seen)
E2
typed() { # SHELL KEYS WANTED
	"$python" "$TMPDIR/type.py" "$1" "$2" "$3" >"$out" 2>"$err" || fail "$1, typed '$2': no '$3'"
}
mkdir "$TMPDIR/bin"
cp "$sonde" "$TMPDIR/bin/sonde"
PATH=$TMPDIR/bin:$PATH
cat >"$TMPDIR/rc" <<E2
. $PWD/completion/sonde.bash
bind 'set bell-style none' 'set show-all-if-ambiguous on' 2>/dev/null
cd $TMPDIR && : >a-profile-of-mine
echo ready
E2
looks() { # SHELL
	typed "$1" 'sonde biolatp\t' 'sonde biolatpcts '
	typed "$1" 'sonde biolatency --time\t' '--timestamp'
	typed "$1" 'sonde biolatency --by disk,com\t' 'disk,comm '
	typed "$1" 'sonde --format=spee\t' '--format=speedscope'
	typed "$1" 'sonde -l tracepoint:sc\tsched_wakeup_\t' 'tracepoint:sched:sched_wakeup_new'
	typed "$1" 'sonde convert a-pro\t' 'a-profile-of-mine'
}
command -v bash >/dev/null || skip 'no bash'
looks "bash --noprofile --rcfile $TMPDIR/rc -i"
typed "bash --noprofile --rcfile $TMPDIR/rc -i" "sonde -e 'tracepoint:sched:sched_wakeup_\\t" "'tracepoint:sched:sched_wakeup_new"
command -v zsh >/dev/null || skip 'bash completes; there is no zsh to try'
zsh -n "$PWD/completion/_sonde" || fail 'zsh does not read it'
mkdir "$TMPDIR/zsh"
cat >"$TMPDIR/zsh/.zshrc" <<E2
fpath=($PWD/completion \$fpath)
autoload -U compinit && compinit -u -d $TMPDIR/zsh/dump
unsetopt zle_bracketed_paste 2>/dev/null
cd $TMPDIR && : >a-profile-of-mine
echo ready
E2
export ZDOTDIR="$TMPDIR/zsh"
looks 'zsh -i'
