# convert on a terminal of its own: percent and rate are shown there and nowhere else; Ctrl-C, while it
# reads and while it writes, ends it as the signal does and leaves no half file.
. tests/lib.sh

command -v python3 >/dev/null || skip "no python3"
python3 - "$(realpath "$sonde")" "$TMPDIR" <<'END' >"$out" 2>"$err" || fail "on a terminal"
import os, pty, re, signal, subprocess, sys, time

sonde, folder = sys.argv[1:]
os.chdir(folder)
with open('wide.folded', 'w') as f:
    f.writelines(f'main;f{i % 7};g{i % 1000};h{i};leaf {i}\n' for i in range(60000))
with open('small.folded', 'w') as f:
    f.write('main;leaf 1\n')
open('kept.html', 'w').write('old')


def on_terminal(arguments, until=lambda said: False):
    """What it says on its terminal, and how it ended; Ctrl-C is typed once `until` is true."""
    pid, terminal = pty.fork()
    if not pid:
        os.execv(sonde, ['sonde', 'convert'] + arguments)
    said, typed, end = b'', False, time.monotonic() + 20
    os.set_blocking(terminal, False)
    while time.monotonic() < end:
        try:
            piece = os.read(terminal, 4096)
            if not piece:
                break
            said += piece
        except BlockingIOError:
            time.sleep(0.001)
        except OSError:
            break
        if not typed and until(said):
            os.write(terminal, b'\x03')
            typed = True
    status = os.waitpid(pid, 0)[1]
    os.close(terminal)
    return said.decode(errors='replace'), status


def unfinished():
    return [name for name in os.listdir('.') if name.startswith('kept.html.')]


def check(good, what):
    if not good:
        sys.exit(what)


said, status = on_terminal(['--progress', 'always', 'wide.folded', 'a.folded'])
check(status == 0 and re.search(r'wide\.folded: \d+ %, \d+ MB, \d+ MB/s', said), f'no percent and rate: {said!r}')
said, status = on_terminal(['small.folded', 'a.folded'])
check(status == 0 and not said, f'what is done at once says: {said!r}')

os.mkfifo('slow')
feeder = subprocess.Popen(['sh', '-c', 'exec 3>slow; for i in 1 2 3 4 5 6 7 8 9 10; do cat wide.folded >&3; sleep 0.5; done; sleep 20'],
                          stderr=subprocess.DEVNULL)
said, status = on_terminal(['--from', 'folded', 'slow', 'kept.html'], lambda said: b'MB/s' in said)
feeder.send_signal(signal.SIGTERM)
feeder.wait()
check(re.search(r'slow: \d+ MB, \d+ MB/s', said), f'no rate: {said!r}')
check(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT, f'Ctrl-C while it reads: status {status}')
check(not unfinished() and open('kept.html').read() == 'old', 'Ctrl-C while it reads leaves a half file')

seen = []
said, status = on_terminal(['wide.folded', 'kept.html'], lambda said: seen.extend(unfinished()) or seen)
check(os.WIFSIGNALED(status) and seen, f'Ctrl-C while it writes: status {status}, {seen}')
check(not unfinished() and open('kept.html').read() == 'old', 'Ctrl-C while it writes leaves a half file')

done = subprocess.run([sonde, 'convert', 'wide.folded', '-', '--to', 'folded'], capture_output=True)
check(done.returncode == 0 and not done.stderr, f'in a pipe it says {done.stderr}')
END
exit 0
