"""oracle_generate.py - random well-typed expressions and tests of them, of the nodes of oracle_rules.py."""
import random

from oracle_rules import (BOOL, COMPARE, INT64, INT_NAMES, MASK, NAMED, STRING, UINT64, Binary, Call, Cast, Int, Leaf,
                          Literal, Step, Ternary, Text, Unary, Use, Variable, convert, merge, number, signed, widen)

EDGES = [0, 1, 2, 3, 7, 8, 10, 63, 64, 127, 128, 255, 256, 32767, 32768, 65535, 65536, (1 << 31) - 1, 1 << 31,
         (1 << 32) - 1, 1 << 32, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]
WORDS = [b"", b"a", b"ab", b"abc", b"abd", b"abcdefg", b"abcdefgh", b"abcdefghi", b"hello, world", b"\xff\x80z",
         b"0123456789abcdef0123456789abcdef", b"0123456789abcdef0123456789abcdeX", b"aaaaaaaaab", b"aab", b"%d\t\"q\"\\",
         b"x" * 63, b"x" * 64, b"x" * 65, b"the quick brown fox jumps over the lazy dog, and then some more of it all"]
DURATIONS = [("ns", 1), ("us", 10**3), ("ms", 10**6), ("s", 10**9), ("m", 60 * 10**9), ("h", 3600 * 10**9),
             ("d", 86400 * 10**9)]


class World:
    """What the operands of one script are: arguments of the probed function, maps, variables, functions."""

    def __init__(self, r, extremes=True):
        self.r = r
        self.extremes = extremes
        self.args = [any_number(r) & MASK for _ in range(4)]
        self.words = [any_word(r), any_word(r)]
        self.begin, self.top = [], []
        self.leaves = [("arg%d" % i, v, UINT64) for i, v in enumerate(self.args)]
        self.texts = [("str(arg%d)" % (4 + i), w) for i, w in enumerate(self.words)]
        self.maps()
        self.variables()
        self.functions = [Function(self, i) for i in range(3)]

    def maps(self):
        r = self.r
        for i in range(8):
            t, name = r.choice([INT64, UINT64]), "@m%d%s" % (i, r.choice(["", "[%d]" % i, "[\"k\", %d]" % i]))
            bits = any_number(r) & MASK
            self.begin.append("%s = %s;" % (name, Leaf("", bits, t).text("constant")))
            self.leaves.append((name, bits, t))
        for i, call in enumerate(["sum", "min", "max", "avg", "count"]):
            t, name = r.choice([INT64, UINT64]), "@a%d%s" % (i, r.choice(["", "[%d]" % i]))
            bits = any_number(r) & MASK
            if call in ("min", "max") and not self.extremes:
                continue
            if call == "count":
                self.begin.append("%s = count();" % name)
                self.leaves.append((name, 1, UINT64))
                continue
            self.begin.append("%s = %s(%s);" % (name, call, Leaf("", bits, t).text("constant")))
            self.leaves.append((name, bits, t))
        for i in range(2):
            word, name = any_word(r), "@s%d%s" % (i, r.choice(["", "[%d]" % i]))
            self.begin.append("%s = %s;" % (name, Text(None, word).text("")))
            self.texts.append((name, word))

    def variables(self):
        r = self.r
        for i, t in enumerate(INT_NAMES + ["bool"]):
            of, bits, _ = r.choice(self.leaves)
            form = r.choice(["$g%d = (%s)%s;", "let $g%d: %s = %s;"])
            if form[0] == "l" and t == "bool":
                form = "$g%d = (%s)%s;"
            self.top.append(form % (i, t, of))
            self.leaves.append(("$g%d" % i, convert(bits, NAMED[t]), NAMED[t]))
        for i in range(2):
            of, word = r.choice(self.texts)
            self.top.append("$w%d = %s;" % (i, of))
            self.texts.append(("$w%d" % i, word))


class Function:
    """fn fN($a : T, $b : U) : V { return ...; }: arguments and result are cut to the types."""

    def __init__(self, world, index):
        r = world.r
        self.name = "f%d" % index
        self.parameters = [Variable("$" + c, NAMED[r.choice(INT_NAMES)]) for c in "ab"]
        self.result = r.choice(INT_NAMES)
        self.body = Generator(world, r, own=self.parameters).int(3)

    def declaration(self):
        return "fn %s(%s) : %s { return %s; }" % (
            self.name, ", ".join("%s : %s" % (p.name, p.type) for p in self.parameters), self.result,
            self.body.text("constant"))

    def call(self, *values):
        was = [p.bits for p in self.parameters]
        for p, v in zip(self.parameters, values):
            p.give(v)
        bits = convert(self.body.value(), NAMED[self.result])
        for p, v in zip(self.parameters, was):
            p.bits = v
        return bits


def any_number(r):
    return r.choice([lambda: r.choice(EDGES), lambda: -r.choice(EDGES), lambda: r.getrandbits(64),
                     lambda: r.getrandbits(r.randint(1, 64)), lambda: -r.getrandbits(r.randint(1, 62)),
                     lambda: r.randint(-10, 10)])()


def any_word(r):
    word = r.choice(WORDS)
    return word[:r.randint(0, len(word))] if r.random() < 0.3 else word


class Generator:
    """own: variables that may be read beside the world's; steps: variables that ++ may change."""

    def __init__(self, world, r, own=(), steps=()):
        self.world, self.r, self.own, self.steps = world, r, list(own), list(steps)

    # ---- leaves ----

    def literal(self):
        r, v = self.r, any_number(self.r)
        if v < 0:
            return Unary("-", self.plain(-v & MASK))
        if r.random() < 0.12:
            return r.choice([Literal("true", 1, BOOL, False), Literal("false", 0, BOOL, False),
                             Literal("sizeof(uint32)", 4, UINT64, False), Literal("LIMIT", 4096),
                             self.duration(), Literal("1e%d" % 6, 10**6), Literal("1_000", 1000)])
        return self.plain(v & MASK)

    def duration(self):
        (unit, ns), n = self.r.choice(DURATIONS), self.r.randint(0, 99)
        return Literal("%d%s" % (n, unit), n * ns)

    def plain(self, v):
        r, big = self.r, v >> 63 != 0
        text = r.choice([str(v), str(v), hex(v), hex(v).upper().replace("X", "x"), "0b" + bin(v)[2:], "0%o" % v,
                         "%du" % v, "%dull" % v, "{:_}".format(v)])
        return Literal(text, v, UINT64 if big else INT64, not big)

    def leaf(self):
        r = self.r
        if self.own and r.random() < 0.5:
            return Use(r.choice(self.own))
        if self.steps and r.random() < 0.25:
            return Step(r.choice(self.steps), r.choice(["++", "--"]), r.random() < 0.5)
        if r.random() < 0.25:
            return self.literal()
        return Leaf(*r.choice(self.world.leaves))

    # ---- integers ----

    def int(self, depth, literals=False):
        r = self.r
        if depth <= 0 or r.random() < 0.08:
            return self.literal() if literals else self.leaf()
        sub = lambda: self.int(depth - 1, literals)
        kind = r.random()
        if kind < 0.60:
            n = self.operation(sub)
        elif kind < 0.70:
            n = Unary(r.choice(["-", "~", "!"]), sub())
        elif kind < 0.82 and not literals:
            n = Cast(r.choice(INT_NAMES + ["bool"]), sub())
        elif kind < 0.90 or literals:
            n = self.ternary(sub)
        else:
            n = self.call(depth - 1, sub)
        n.full = r.random() < 0.3
        return n

    def operation(self, sub):
        r = self.r
        op = r.choice(["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"] * 2 + list(COMPARE) + ["&&", "||"])
        a, b = sub(), sub()
        if op in ("/", "%") and b.known() and b.value() == 0:
            b = self.plain(r.randint(1, 1000))
        if op in ("<<", ">>") and b.known() and b.value() > 63:
            b = self.plain(r.randint(0, 63))
        return Binary(op, a, b)

    def ternary(self, sub):
        r = self.r
        form = r.choice(["?", "?", "?", "if", "?:"])
        return Ternary(sub(), None if form == "?:" else sub(), sub(), form)

    def call(self, depth, sub):
        r = self.r
        kind = r.randint(0, 7)
        if kind == 0:
            return self.swap(sub())
        if kind == 1:
            return self.array(sub())
        if kind == 2 and not self.own and not self.steps:
            f = r.choice(self.world.functions)
            return Call("%s(%%s, %%s)" % f.name, NAMED[f.result], f.call, *[self.unknown(sub()) for _ in range(2)])
        if kind == 3:
            return Call("({ let $inner = %s; $inner })", None, lambda v: v, sub()).typed_as_first()
        if kind == 4:
            return self.tuples(sub)
        if kind == 5:
            which, a, b = r.randint(0, 1), sub(), sub()
            n = Call(r.choice(["(%%s, %%s).%d", "(%%s, %%s)[%d]"]) % which, None, lambda x, y: (x, y)[which], a, b)
            n.type_ = lambda: n.kids[which].type()
            return n
        return self.of_strings(depth)

    def unknown(self, n):
        """What is given to a declared parameter: constants that do not fit are refused, others cut."""
        return n if not n.known() else Leaf(*self.r.choice(self.world.leaves))

    def swap(self, a):
        name = self.r.choice(INT_NAMES)
        t = NAMED[name]
        swapped = lambda v: convert(int.from_bytes((v & ((1 << 8 * t.size) - 1)).to_bytes(t.size, "little"), "big"), t)
        return Call("bswap(%s)", t, swapped, Cast(name, a))

    def array(self, a):
        r, name = self.r, self.r.choice(["int8", "uint8", "int16", "uint16", "int32", "uint32"])
        t = NAMED[name]
        count, index = 8 // t.size, r.randint(0, 8 // t.size - 1)
        at = lambda v: convert(v >> 8 * t.size * index, t)
        return Call("((%s[%d])(%%s))[%d]" % (name, count, index), t, at, Cast(r.choice(["int64", "uint64"]), a))

    def tuples(self, sub):
        """Two tuples or records of one shape, compared; their strings may have different room."""
        r = self.r
        a, b, s, t = sub(), sub(), self.string(1), self.string(1)
        if r.random() < 0.5:
            b, t = a, s
        same = lambda x, y, u, v: int((x, u) == (y, v))
        op = r.choice(["==", "!="])
        form = r.choice(["((%s, 5, %s) OP (%s, 5, %s))", "(((%s, 1), %s) OP ((%s, 1), %s))",
                         "((x=%s, y=%s) OP (x=%s, y=%s))"]).replace("OP", op)
        n = Call(form, BOOL, lambda x, u, y, v: same(x, y, u, v) ^ (op == "!="), a, s, b, t)
        return n

    # ---- strings ----

    def string(self, depth):
        r = self.r
        if depth <= 0 or r.random() < 0.4:
            if r.random() < 0.4:
                return Text(None, any_word(r))
            return Text(*r.choice(self.world.texts))
        kind = r.randint(0, 3)
        if kind == 0:
            return Ternary(self.int(depth - 1), self.string(depth - 1), self.string(depth - 1), r.choice(["?", "if"]))
        if kind == 1:
            return Call("str_concat(%s, %s)", STRING, lambda a, b: a + b, self.string(depth - 1), self.string(depth - 1))
        n = r.choice([0, 1, 2, 3, 8, 16, 31, 100])
        if kind == 2 and r.random() < 0.3:
            return Call("(string[%d])(%%s)" % max(n, 1), STRING, lambda a: a[:max(n, 1) - 1], self.string(depth - 1))
        if kind == 2 and r.random() < 0.3:
            return Call("str(%%s, %s * 0 + %d)" % (self.world.leaves[0][0], n), STRING, lambda a: a[:n],
                        self.string(depth - 1))
        if kind == 2:
            return Call("str(%%s, %d)" % n, STRING, lambda a: a[:n], self.kept(depth))
        i = r.randint(0, 1)
        return Text("str(arg%d, %d)" % (4 + i, n), self.world.words[i][:max(n - 1, 0)])

    def kept(self, depth):
        return self.string(depth - 1)

    def of_strings(self, depth):
        r = self.r
        s, t = self.string(depth), self.string(depth)
        kind = r.randint(0, 7)
        if kind <= 1:
            op = r.choice(["==", "!="])
            return Call("((%%s) %s (%%s))" % op, BOOL, lambda a, b: int((a == b) == (op == "==")), s, t)
        if kind == 2:
            n = r.choice([0, 1, 2, 3, 4, 7, 8, 9, 40, 64])
            return Call("(strncmp(%%s, %%s, %d) != 0)" % n, BOOL, lambda a, b: int(a[:n] != b[:n]), s, t)
        if kind == 3:
            return Call("strlen(%s)", UINT64, len, s)
        needle = Text(None, r.choice([b"a", b"ab", b"b", b"xx", b"fox", b"0123456789abcdef", b"dog, and then some", b""]))
        if kind == 4:
            return Call("strcontains(%s, %s)", BOOL, lambda a, b: int(b in a), s, r.choice([needle, needle, t]))
        if kind == 5:
            return Call("strstr(%s, %s)", INT64, lambda a, b: a.find(b) & MASK, s, r.choice([needle, needle, t]))
        if kind == 6:
            return self.memory(s, t)
        words = [w for w in self.world.texts if len(w[1])]
        if not words:
            return Call("strlen(%s)", UINT64, len, s)
        word = r.choice(words)
        i = r.randint(0, len(word[1]))
        index = Leaf("%s * 0 + %d" % (self.world.leaves[0][0], i), i, UINT64) if r.random() < 0.5 else Literal(str(i), i)
        return Call("(%s)[%s]", NAMED["int8"], lambda a, k: signed((a + b"\0")[k], 1) & MASK, Text(*word), index)

    def memory(self, s, t):
        n = self.r.choice([0, 1, 2, 3, 4, 7, 8, 9, 17, 40])

        def differ(a, b):
            for x, y in zip((a + bytes(n))[:n], (b + bytes(n))[:n]):
                if x != y:
                    return (x - y) & MASK
            return 0
        return Call("memcmp(%%s, %%s, %d)" % n, INT64, differ, s, t)


def typed_as_first(call):
    call.type_ = lambda: call.kids[0].type()
    return call


Call.typed_as_first = typed_as_first


# ---- tests: a few statements, and what is printed ----

OPERATORS = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"]


def settle_types(node):
    """Every part is asked for its type: ++ in one of them may widen a variable."""
    for kid in node.kids:
        settle_types(kid)
    return node.type()


class Test:
    """Statements that set variables, then a value printed in one of several ways."""

    def __init__(self, world, number, depth):
        self.r, self.number, self.tag = world.r, number, number
        self.variables, self.steps, self.statements = [], [], []
        plain = Generator(world, self.r)
        for i in range(self.r.choice([0, 0, 1, 2])):
            self.make_variable(plain, i)
        generator = Generator(world, self.r, [v for v in self.variables if self.r.random() < 0.8],
                              [v for v in self.variables if self.r.random() < 0.4])
        self.loops = self.r.choice([0] * 6 + [2, 3])
        self.is_string = not self.loops and self.r.random() < 0.08
        if self.is_string:
            self.node = generator.string(3)
        else:
            self.node = generator.int(depth, self.r.random() < 0.12)
        self.how = "string" if self.is_string else self.r.choice(["hex"] * 2 + ["print"] * 3 + ["if", "map", "tuple"])
        self.settle()

    def make_variable(self, generator, i):
        r = self.r
        is_map = r.random() < 0.3
        declared = r.choice(INT_NAMES + ["bool"]) if not is_map and r.random() < 0.4 else None
        v = Variable("@u%d_%d" % (self.number, i) if is_map else "$v%d" % i, NAMED[declared] if declared else None, is_map)
        first = generator.int(r.choice([0, 1, 2]))
        if declared and first.known():
            first = Cast(r.choice(INT_NAMES), generator.unknown(first))
        if declared == "bool":
            first = Cast("bool", generator.unknown(first))
        self.statements.append(("let" if declared else "=", v, first))
        for _ in range(r.choice([0, 0, 1, 1, 2])):
            op = r.choice(["=" if declared != "bool" else "+=", "++", "--"] + [o + "=" for o in OPERATORS])
            value = generator.int(r.choice([0, 1]))
            if declared and value.known():
                value = generator.unknown(value)
            if op in ("/=", "%=") and value.known() and value.value() == 0:
                value = generator.plain(3)
            if op in ("<<=", ">>=") and value.known() and value.value() > 63:
                value = generator.plain(5)
            self.statements.append((op, v, value))
        self.variables.append(v)

    # ---- types: repeated until nothing changes; then values ----

    def settle(self):
        for _ in range(6):
            for op, v, value in self.statements:
                self.type_statement(op, v, value)
            settle_types(self.node)
        for op, v, value in self.statements:
            self.run_statement(op, v, value)
        self.bits = self.node.value()
        self.type = self.node.type()
        if self.loops:
            total = Int(8, True)
            for _ in range(self.loops - 1):
                self.bits = (self.bits * 3 + self.node.value()) & MASK
            self.type = total
        if self.how == "tuple":
            self.type = widen(self.type)

    @staticmethod
    def type_statement(op, v, value):
        t = settle_types(value)
        if op in ("let", "="):
            v.take(t, value)
        elif op in ("++", "--"):
            Step(v, op, True).type()
        else:
            Test.type_compound(op[:-1], v, value, t)

    @staticmethod
    def type_compound(op, v, value, t):
        """$x += e is $x = $x + e."""
        if v.declared or v.type is None:
            return
        only = v.only_literals and value.plain and op != "-"
        v.take(Binary(op, Use(v), value).type(), Use(v))
        v.only_literals = only

    @staticmethod
    def run_statement(op, v, value):
        if op in ("let", "="):
            v.give(value.value())
        elif op in ("++", "--"):
            Step(v, op, True).value()
        else:
            right = value.value()
            v.give(Binary(op[:-1], Use(v), Fixed(value, right)).value())

    # ---- text ----

    def text(self, mode):
        suffix = {"dynamic": "d", "constant": "c"}[mode]
        lines = []
        for op, v, value in self.statements:
            if op == "let":
                lines.append("let %s: %s = %s;" % (v.name, v.declared, value.text(mode)))
            elif op in ("++", "--"):
                lines.append("%s%s;" % (v.name, op))
            else:
                lines.append("%s %s %s;" % (v.name, op, value.text(mode)))
        lines += self.printed(self.node.text(mode), self.number * 2 + (mode == "constant"))
        # the two forms have maps of their own: constants may keep a type narrower
        return "{ %s }" % " ".join(lines).replace("@u%d_" % self.tag, "@u%s%d_" % (suffix, self.tag))

    def printed(self, text, number):
        if self.loops:
            n = self.loops
            loop = ["for $i : 0..%d { $sum = $sum * 3 + (int64)(%s); }" % (n, text),
                    "unroll(%d) { $sum = $sum * 3 + (int64)(%s); }" % (n, text),
                    "$turn = %d; while ($turn > 0) { $sum = $sum * 3 + (int64)(%s); $turn--; }" % (n, text)][self.number % 3]
            return ["$sum = (int64)0;", loop, "print((%d, $sum));" % number]
        return {"hex": ["printf(\"x %d %%llx\\n\", %s);" % (number, text)],
                "print": ["print((%d, %s));" % (number, text)],
                "string": ["printf(\"s %d %%s.\\n\", %s);" % (number, text)],
                "if": ["if (%s) { printf(\"b %d 1\\n\"); } else { printf(\"b %d 0\\n\"); }" % (text, number, number)],
                "map": ["@o%d = %s; print((%d, @o%d));" % (number, text, number, number)],
                "tuple": ["$t = (%s, 7); print((%d, $t.0));" % (text, number)]}[self.how]

    def expected(self):
        if self.is_string:
            return "s", self.bits + b"."
        if self.loops:
            return "(", str(number(self.bits, INT64)).encode()
        if self.how == "hex":
            return "x", b"%x" % self.bits
        if self.how == "if":
            return "b", b"%d" % (self.bits != 0)
        if self.type.bool:
            return "(", [b"false", b"true"][self.bits]
        return "(", str(number(self.bits, self.type)).encode()


class Fixed:
    """A value that was computed before, with the text's type."""

    def __init__(self, node, bits):
        self.node, self.bits, self.plain = node, bits, node.plain

    def type(self):
        return self.node.type()

    def value(self):
        return self.bits

    def known(self):
        return False
