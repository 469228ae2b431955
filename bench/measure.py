"""measure.py - what the benchmark measures with: the tracers, the traced program, the kernel's counts.

A tracer is any program that attaches BPF programs and ends on SIGINT. Whether it has attached is not
taken from what it prints but from the kernel: its programs have run on a pulse of calls. That is the
same question for every tool. Only processes that were started here are looked at.
"""
import contextlib
import ctypes
import os
import re
import select
import signal
import struct
import subprocess
import time

# include/uapi/linux/bpf.h
BPF_PROG_GET_FD_BY_ID = 13
BPF_OBJ_GET_INFO_BY_FD = 15
BPF_ENABLE_STATS = 32
BPF_STATS_RUN_TIME = 0
INFO_RUN_TIME_NS = 192  # offset in struct bpf_prog_info; run_cnt follows
INFO_SIZE = 232
SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]

TRACER_CPU, TRACED_CPU = 0, 1 if os.cpu_count() > 1 else 0

libc = ctypes.CDLL(None, use_errno=True)


class BenchError(Exception):
    pass


def bpf(command, attr):
    data = ctypes.create_string_buffer(attr, max(len(attr), 128))
    result = libc.syscall(SYS_BPF, command, data, len(data))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


@contextlib.contextmanager
def run_statistics():
    """The kernel counts runs and time of BPF programs while this is held; no sysctl is changed."""
    fd = bpf(BPF_ENABLE_STATS, struct.pack("=I", BPF_STATS_RUN_TIME))
    try:
        yield
    finally:
        os.close(fd)


def program_ids(pid):
    """Ids of the BPF programs that this process holds, directly or through a link."""
    ids = set()
    folder = f"/proc/{pid}/fdinfo"
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            with contextlib.suppress(OSError), open(f"{folder}/{name}") as f:
                found = re.search(r"^prog_id:\s*(\d+)", f.read(), re.M)
                if found:
                    ids.add(int(found[1]))
    return ids


def program_runs(pid):
    """{program id: (ns, runs)} of a process's programs; both count only under run_statistics()."""
    runs = {}
    for number in program_ids(pid):
        with contextlib.suppress(OSError):
            fd = bpf(BPF_PROG_GET_FD_BY_ID, struct.pack("=I", number))
            try:
                info = ctypes.create_string_buffer(INFO_SIZE)
                bpf(BPF_OBJ_GET_INFO_BY_FD,
                    struct.pack("=IIQ", fd, INFO_SIZE, ctypes.addressof(info)))
                runs[number] = struct.unpack_from("=QQ", info.raw, INFO_RUN_TIME_NS)
            finally:
                os.close(fd)
    return runs


class Writer:
    """The traced program (write_cost.c), pinned, driven a command at a time."""

    def __init__(self, build):
        self.process = subprocess.Popen([f"{build}/write_cost", str(TRACED_CPU)], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = int(self.process.stdout.readline().split()[1])

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        answer = self.process.stdout.readline()
        if not answer:
            raise BenchError(f"the traced program ended at: {command}")
        return answer.split()

    def cost(self, call, batches, size):
        return float(self.ask(f"cost {call} {batches} {size}")[0])

    def burst(self, size):
        return int(self.ask(f"burst {size}")[0])

    def pulse(self):
        self.process.stdin.write("pulse\n")

    def end_pulse(self):
        """Any command ends it; the answer says that it has. This one writes nothing to the device."""
        self.cost("getppid", 1, 1)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Tool:
    """One competitor: how it is started. `root` is the folder of its own tree, or None."""

    def __init__(self, key, title, build, binary, root=None, old_syntax=False):
        self.key, self.title, self.build = key, title, build
        self.binary, self.root, self.old_syntax = binary, root, old_syntax

    def argv(self, script, quiet=True):
        if self.old_syntax:
            script = re.sub(r"\bargs\.", "args->", script)
        return [self.binary] + (["-q"] if quiet else []) + ["-e", script]

    def launch(self, argv, flags):
        root = ["-r", self.root] if self.root else []
        return [f"{self.build}/launch", "-c", str(TRACER_CPU), *root, *flags, "--", *argv]

    def on_disk(self):
        """Bytes of the program and the shared libraries it names, the C library's own aside."""
        prefix = ["chroot", self.root] if self.root else []
        listing = subprocess.run([*prefix, "ldd", self.binary], capture_output=True, text=True).stdout
        libc_part = re.compile(r"/(ld-linux[^/]*|lib(c|m|dl|rt|pthread|resolv|util|anl)\.so[^/]*)$")
        paths = set(re.findall(r"(/\S+) \(0x", listing)) | {self.binary}
        files = {os.path.realpath((self.root or "") + os.path.realpath(self.inside(p)))
                 for p in paths if not libc_part.search(p)}
        return sum(os.stat(f).st_size for f in files)

    def inside(self, path):
        """A path inside the tree with its links followed there; the tree's links are relative to it."""
        if not self.root:
            return path
        shown = subprocess.run(["chroot", self.root, "readlink", "-f", path],
                               capture_output=True, text=True).stdout.strip()
        return shown or path

    def version(self):
        prefix = ["chroot", self.root] if self.root else []
        shown = subprocess.run([*prefix, self.binary, "--version"], capture_output=True, text=True)
        return (shown.stdout + shown.stderr).strip().split("\n")[0]


class HandWritten(Tool):
    """A program of bench/bpf on one kind of attach point."""

    def __init__(self, form, title, build):
        super().__init__(f"c_{form}", title, build, f"{build}/loader")
        self.form = form

    def argv_of(self, name, *flags):
        return [self.binary, f"{self.build}/{name}.bpf.o", self.form, *flags]


class Tracer:
    """A running competitor."""

    def __init__(self, tool, argv, out=None):
        self.tool = tool
        self.errors = os.memfd_create("errors")
        self.last_words = ""  # everything on its error output, once it has stopped
        self.out = out or open(os.devnull, "wb")
        self.began = time.monotonic_ns()
        self.process = subprocess.Popen(tool.launch(argv, ["-x"]), stdin=subprocess.DEVNULL,
                                        stdout=self.out, stderr=self.errors)
        self.pid = self.process.pid

    def said(self):
        return os.pread(self.errors, 1 << 20, 0).decode(errors="replace")

    def wait_ready(self, writer, programs, timeout=60, every=0.0005):
        """Until that many of its programs have run; returns ns since the start."""
        with run_statistics():
            writer.pulse()
            try:
                while True:
                    runs = program_runs(self.pid)
                    now = time.monotonic_ns()
                    if sum(count > 0 for _, count in runs.values()) >= programs:
                        return now - self.began
                    self.check_alive(now, timeout)
                    time.sleep(every)
            finally:
                writer.end_pulse()

    def check_alive(self, now, timeout):
        if self.process.poll() is not None:
            raise BenchError(f"{self.tool.title} ended with {self.process.returncode}: "
                             f"{self.said().strip()[-300:]}")
        if now - self.began > timeout * 1e9:
            raise BenchError(f"{self.tool.title} did not attach within {timeout} s")

    def wait_settled(self, timeout=120, quiet_ns=500_000_000):
        """
        Until it holds no more descriptors than before for a while; returns ns from the start to the
        last one more. Fewer is no news: what is opened for a moment later (sonde counts the runs of
        its programs now and then) has nothing to do with attaching.
        """
        count, changed = 0, self.began
        while True:
            now = time.monotonic_ns()
            seen = len(os.listdir(f"/proc/{self.pid}/fd"))
            if seen > count:
                count, changed = seen, now
            elif now - changed > quiet_ns and program_ids(self.pid):
                return changed - self.began
            self.check_alive(now, timeout)
            time.sleep(0.002)

    def peak_kb(self):
        with open(f"/proc/{self.pid}/status") as f:
            return int(re.search(r"VmHWM:\s*(\d+)", f.read())[1])

    def stop(self, timeout=90):
        """^C; returns ns until the prompt would be back."""
        began = time.monotonic_ns()
        if self.process.poll() is None:
            watch = os.pidfd_open(self.pid)
            self.process.send_signal(signal.SIGINT)
            if not select.select([watch], [], [], timeout)[0]:
                self.process.kill()
            os.close(watch)
        took = time.monotonic_ns() - began
        self.process.wait()
        self.last_words = self.said()
        os.close(self.errors)
        if hasattr(self.out, "close"):
            self.out.close()
        return took
