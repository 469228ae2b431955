"""formats.py PROFILE.pb.gz PAGE.speedscope.json FOLDED: reads pprof and speedscope by their specifications.

Written from profile.proto and from file-format-schema.json alone, so that what sonde writes is not
read by sonde only. Both must hold what the format requires, refer to nothing that is not there, and give
the folded stacks of the third file (with its first frame as the label "comm", or as it is).
"""
import collections, gzip, json, sys


def fields(data):
    """(number, value) of a message: ints for varints, bytes for what has a length."""
    at = 0

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            assert key & 7 == 2, f'wire type {key & 7}'
            size = varint()
            assert at + size <= len(data), 'a length past the end'
            yield key >> 3, data[at:at + size]
            at += size


def packed(data):
    return [v for _, v in fields(b''.join(b'\x08' + bytes(x) for x in split_varints(data)))]


def split_varints(data):
    part = []
    for byte in data:
        part.append(byte)
        if byte < 128:
            yield part
            part = []
    assert not part, 'half a varint'


def one(message):
    return dict(fields(message))


def read_pprof(path):
    parts = collections.defaultdict(list)
    for number, value in fields(gzip.open(path).read()):
        parts[number].append(value)
    strings = [s.decode() for s in parts[6]]
    assert strings[0] == '', 'the first string is not empty'
    types = [one(t) for t in parts[1]]
    assert types and all(strings[t[1]] and strings[t.get(2, 0)] for t in types), 'a value without type or unit'
    functions = {f[1]: f for f in map(one, parts[5])}
    mappings = {m[1]: m for m in map(one, parts[3])}
    locations = {}
    for location in parts[4]:
        lines = [one(v) for k, v in fields(location) if k == 4]
        head = {k: v for k, v in fields(location) if k != 4}
        assert head[1] not in locations and head[1], 'two locations of one id'
        assert head.get(2, 0) == 0 or head[2] in mappings, 'a location in no mapping'
        locations[head[1]] = [strings[functions[l[1]][2]] for l in lines]
    stacks = collections.Counter()
    for sample in parts[2]:
        ids, values, comm = [], [], ''
        for number, value in fields(sample):
            if number == 1:
                ids += packed(value) if isinstance(value, bytes) else [value]
            elif number == 2:
                values += packed(value) if isinstance(value, bytes) else [value]
            elif number == 3:
                label = one(value)
                if strings[label[1]] == 'comm':
                    comm = strings[label[2]]
        assert len(values) == len(types), 'not a value of each type'
        names = [name for i in ids for name in locations[i]]
        stacks[';'.join([comm.replace(' ', '_')] * bool(comm) + names[::-1])] += values[-1]
    return stacks


def read_speedscope(path):
    file = json.load(open(path))
    for member, kind in (('$schema', str), ('shared', dict), ('profiles', list)):
        assert isinstance(file[member], kind), member
    assert file['$schema'] == 'https://www.speedscope.app/file-format-schema.json'
    frames = file['shared']['frames']
    assert all(isinstance(f['name'], str) and set(f) <= {'name', 'file', 'line', 'col'} for f in frames)
    assert all(isinstance(f.get('line', 1), int) and isinstance(f.get('file', ''), str) for f in frames)
    stacks = collections.Counter()
    for profile in file['profiles']:
        assert set(profile) == {'type', 'name', 'unit', 'startValue', 'endValue', 'samples', 'weights'}, set(profile)
        assert profile['type'] == 'sampled'
        assert profile['unit'] in ('none', 'nanoseconds', 'microseconds', 'milliseconds', 'seconds', 'bytes')
        assert len(profile['samples']) == len(profile['weights'])
        assert profile['endValue'] - profile['startValue'] == sum(profile['weights'])
        for sample, weight in zip(profile['samples'], profile['weights']):
            assert all(0 <= i < len(frames) for i in sample), 'a frame that is none'
            stacks[';'.join(frames[i]['name'] for i in sample)] += weight
    return stacks


def read_folded(path):
    return collections.Counter({line.rsplit(' ', 1)[0]: int(line.rsplit(' ', 1)[1]) for line in open(path)})


def compare(what, got, expected):
    """Names in both have their arguments: folded with --whole-names."""
    if got != expected:
        for stack in list((got - expected) + (expected - got))[:5]:
            print(f'{what}: {stack}: {got[stack]}, expected {expected[stack]}')
        sys.exit(1)


pprof, speedscope, folded = sys.argv[1:]
expected = read_folded(folded)
compare('pprof', read_pprof(pprof), expected)
compare('speedscope', read_speedscope(speedscope), expected)
print(len(expected), 'stacks')
