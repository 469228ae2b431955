"""perfdata.py PROGRAM FOLDER: writes recordings as `perf record` does, from the format's specification.

PROGRAM is mapped at a known address, so that its function `work` gives names. In FOLDER:
  file.data     with header, attributes, features;   pipe.data   the same as a pipe has it
  other.data    with another build-id of PROGRAM;    inode.data  without build-id, with another inode
  late.data     records of two CPUs, the mapping that comes first stands last
  cut.data, swapped.data, packed.data    not to be read
"""
import os, struct, subprocess, sys

program, folder = os.path.realpath(sys.argv[1]), sys.argv[2]
IP, TID, TIME, CALLCHAIN, ID, CPU, PERIOD = 1, 2, 4, 32, 64, 128, 256
TYPE = IP | TID | TIME | CALLCHAIN | ID | CPU | PERIOD
USER, KERNEL = 2**64 - 512, 2**64 - 128
BASE, JIT = 0x550000000000, 0x7f1200000000


def work_offset():
    """Where the function is in the file: its address, as the segment of the code moves it."""
    nm = subprocess.run(['nm', program], capture_output=True, text=True).stdout
    address = next(int(line.split()[0], 16) for line in nm.splitlines() if line.split()[-1] == 'work')
    for line in subprocess.run(['readelf', '-lW', program], capture_output=True, text=True).stdout.splitlines():
        part = line.split()
        if part[:1] == ['LOAD'] and 'E' in part[6:-1]:
            offset, vaddr, _, size = (int(x, 16) for x in part[1:5])
            if vaddr <= address < vaddr + size:
                return address - vaddr + offset
    sys.exit('no function work in ' + program)


def build_id():
    notes = subprocess.run(['readelf', '-n', program], capture_output=True, text=True).stdout
    return bytes.fromhex(notes.split('Build ID: ')[1].split()[0])


def padded(text):
    text = text.encode() + b'\0'
    return text + b'\0' * (-len(text) % 8)


def record(kind, body, misc=2):
    return struct.pack('<IHH', kind, misc, 8 + len(body)) + body


def trailer(pid, time):  # sample_id_all: tid, time, id, cpu
    return struct.pack('<IIQQII', pid, pid, time, 7, 0, 0)


def comm(pid, name, time, execs=False):
    return record(3, struct.pack('<II', pid, pid) + padded(name) + trailer(pid, time), 2 | (1 << 13) * execs)


def mmap2(pid, start, size, file, time, ino):
    return record(10, struct.pack('<IIQQQIIQQII', pid, pid, start, size, 0, 8, 1, ino, 0, 5, 2) + padded(file) +
                  trailer(pid, time))


def fork(pid, parent, time):
    return record(7, struct.pack('<IIIIQ', pid, parent, pid, parent, time) + trailer(pid, time))


def leave(pid, time):
    return record(4, struct.pack('<IIIIQ', pid, 1, pid, 1, time) + trailer(pid, time))


def sample(pid, time, period, *ips, event=7, cpu=0):
    chain = [USER, *ips]
    return record(9, struct.pack('<QIIQQIIQQ', ips[0], pid, pid, time, event, cpu, 0, period, len(chain)) +
                  struct.pack(f'<{len(chain)}Q', *chain))


def attr():
    return struct.pack('<IIQQQQQ', 1, 128, 0, 4000, TYPE, 4, 1 << 18) + b'\0' * 80


def build_id_record(id):
    return struct.pack('<IHH', 0, 2 | 1 << 15, 8 + 28 + len(padded(program))) + struct.pack('<i', -1) + \
        id + bytes([20]) + b'\0' * 3 + padded(program)


def event_desc():
    name = lambda text: struct.pack('<I', len(padded(text))) + padded(text)
    one = lambda id, text: attr() + struct.pack('<I', 1) + name(text) + struct.pack('<Q', id)
    return struct.pack('<II', 2, 128) + one(7, 'cycles:u') + one(8, 'faults')


def as_file(records, id, features=True):
    ids = struct.pack('<QQ', 7, 8)
    ids_at = 104
    attrs_at = ids_at + len(ids)
    attrs = b''.join(attr() + struct.pack('<QQ', ids_at + 8 * i, 8) for i in range(2))
    data_at = attrs_at + len(attrs)
    parts = ([(2, build_id_record(id))] if id else []) + [(12, event_desc())]
    bits = sum(1 << bit for bit, _ in parts) if features else 0
    table_at = data_at + len(records)
    at, table, body = table_at + 16 * len(parts), b'', b''
    for _, part in parts:
        table += struct.pack('<QQ', at + len(body), len(part))
        body += part
    head = b'PERFILE2' + struct.pack('<QQQQQQQQ', 104, 144, attrs_at, len(attrs), data_at, len(records), 0, 0)
    return head + struct.pack('<QQQQ', bits, 0, 0, 0) + ids + attrs + records + (table + body if features else b'')


def as_pipe(records, id):
    attrs = b''.join(record(64, attr() + struct.pack('<Q', event)) for event in (7, 8))
    head = b'PERFILE2' + struct.pack('<Q', 16)
    return head + attrs + record(80, struct.pack('<Q', 12) + event_desc()) + record(67, build_id_record(id)[8:], 2 | 1 << 15) + \
        record(66, struct.pack('<I', 5)) + b'trace\0\0\0' + records


def jitdump(path):
    code = struct.pack('<IIQQQQ', 70, 70, JIT, JIT, 64, 1) + b'compiled\0' + b'\x90' * 64
    with open(path, 'wb') as f:
        f.write(struct.pack('<IIIIIIQQ', 0x4a695444, 1, 40, 62, 0, 70, 1, 0) + struct.pack('<IIQ', 0, 16 + len(code), 1) + code)


work = BASE + work_offset()
good, ino = build_id(), os.stat(program).st_ino
dump = os.path.join(folder, 'jit-70.dump')
jitdump(dump)


def maps(pid, time, ino=ino):
    return mmap2(pid, BASE, 1 << 20, program, time, ino)


records = [
    comm(60, 'engine', 0), maps(60, 0),
    sample(60, 1_000_000_000, 10, work + 2),
    sample(60, 1_100_000_000, 20, work + 2, work + 5),   # the second is a return address
    fork(61, 60, 1_200_000_000),
    sample(61, 1_300_000_000, 40, work + 2),             # the parent's mappings and name
    comm(61, 'other', 1_400_000_000, execs=True),
    sample(61, 1_500_000_000, 80, work + 2),             # none of them now
    comm(70, 'jit', 0), mmap2(70, JIT - 65536, 4096, dump, 0, os.stat(dump).st_ino), mmap2(70, JIT, 4096, '//anon', 0, 0),
    sample(70, 1_600_000_000, 160, JIT + 8),
    leave(60, 1_700_000_000),
    sample(60, 1_800_000_000, 320, work + 2),
    record(2, struct.pack('<QQ', 7, 33) + trailer(60, 1_900_000_000)),
    sample(60, 1_950_000_000, 5, work + 2, event=8),
    record(200, b'unknown!'),
]
late = [comm(60, 'engine', 0), sample(60, 2_000_000_000, 1, work + 2), maps(60, 1_000_000_000)]


def save(name, data):
    with open(os.path.join(folder, name), 'wb') as f:
        f.write(data)


save('file.data', as_file(b''.join(records), good))
save('pipe.data', as_pipe(b''.join(records), good))
save('other.data', as_file(b''.join(records), good[:-1] + bytes([good[-1] ^ 1])))
save('inode.data', as_file(b''.join([comm(60, 'engine', 0), maps(60, 0, ino + 1), sample(60, 10**9, 1, work + 2)]), None))
save('late.data', as_file(b''.join(late), good))
save('ended.data', as_file(b''.join(late), None, features=False))
save('cut.data', as_file(b''.join(records), good)[:300])
save('swapped.data', b'2ELIFREP' + as_file(b''.join(records), good)[8:])
save('packed.data', as_file(record(81, b'this is not what zstd writes'), good))
