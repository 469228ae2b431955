"""oracle_rules.py - the language's rules of values, as Python; what sonde computes is held against it.

A node is made once, its text may be written twice: with operands the compiler cannot know
(arguments of a probed function, maps) and with constants in their place. Both give what
Node.value says, of the type Node.type says:

  integers   computed in 64 bits; + * / % & | ^ are signed when either side is, a plain literal
             takes the other side's sign; - is signed; << and >> are as the left side, a plain
             literal unsigned there; ~ keeps the width of an unsigned value
  < <= > >=  compare the numbers, whatever their signs; == and != the 64 bits
  x / 0      and x % 0 are 1; shifts count modulo 64; signed division rounds towards zero
  casts      cut and extend as in C, to bool: not zero
  ?:         a type that holds both sides; if the condition is constant, that of the side taken
  variables  a type that holds all values given to it; a declared one cuts
"""
import re

MASK = (1 << 64) - 1
INT_NAMES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


class Int:
    """An integer type; is_bool: true or false, printed in words."""

    def __init__(self, size, is_signed, is_bool=False):
        self.size, self.signed, self.bool = size, is_signed, is_bool

    def __eq__(self, other):
        return isinstance(other, Int) and vars(self) == vars(other)

    def __repr__(self):
        return "bool" if self.bool else "%sint%d" % ("" if self.signed else "u", 8 * self.size)


INT64, UINT64, BOOL = Int(8, True), Int(8, False), Int(1, False, True)
NAMED = {name: Int(int(name.lstrip("uint")) // 8, name[0] == "i") for name in INT_NAMES}
NAMED["bool"] = BOOL
STRING = "string"


def signed(bits, size=8):
    bits &= (1 << 8 * size) - 1
    return bits - (1 << 8 * size) if bits >> (8 * size - 1) else bits


def convert(bits, t):
    """64 bits as a value of the type is kept: cut and extended."""
    if t.bool:
        return int(bits & MASK != 0)
    return (signed(bits, t.size) if t.signed else bits & ((1 << 8 * t.size) - 1)) & MASK


def number(bits, t):
    return signed(bits) if t.signed else bits & MASK


def widen(t):
    return Int(8, t.signed) if isinstance(t, Int) and not t.bool else t


def merge(a, b):
    """A type that holds the values of both."""
    if a == b or not isinstance(a, Int):
        return a
    if a.signed == b.signed:
        return Int(max(a.size, b.size), a.signed)
    s, u = (a, b) if a.signed else (b, a)
    return Int(s.size if u.size < s.size else 8, True)


def fits(n, t):
    if t.signed:
        return -(1 << 8 * t.size - 1) <= n < 1 << 8 * t.size - 1
    return 0 <= n < 1 << 8 * t.size


class Variable:
    """A scratch variable or map: its type grows with what it is given, unless declared."""

    def __init__(self, name, declared=None, is_map=False):
        self.name, self.declared, self.type, self.is_map = name, declared, declared, is_map
        self.only_literals, self.bits = True, 0

    def take(self, t, value):
        """A value of the type is given."""
        if self.declared or not isinstance(t, Int):
            self.type = self.type or t
            return
        was, only = self.type, self.only_literals
        self.only_literals = only and value.plain and not t.bool
        if was is None or (only and t == UINT64):
            self.type = t
        elif not t.bool and not was.bool and value.known() and fits(signed(value.known_bits()), was):
            pass
        else:
            self.type = merge(was, t)

    def step(self, down):
        """++, --, +=, ...: room for the result."""
        if not self.declared and self.type:
            self.type = Int(8, self.type.signed or down)
            self.only_literals &= not down

    def give(self, bits):
        self.bits = convert(bits, self.type) if isinstance(self.type, Int) else bits


class Node:
    plain = False      # a literal that takes the sign of the other side
    kids = ()
    precedence = 100

    def known(self):
        """Whether it is made of literals and operators only."""
        return False

    def known_bits(self):
        return self.value()

    def decided(self):
        """What the condition is, if that is known when the script is compiled."""
        return (self.value() != 0) if self.known() else None

    def wrap(self, kid, mode, least):
        text = kid.text(mode)
        return "(%s)" % text if kid.precedence < least or self.full else text

    full = False       # every operand in parentheses


class Literal(Node):
    def __init__(self, text, bits, t=INT64, plain=True):
        self.string, self.bits, self.type_, self.plain = text, bits & MASK, t, plain

    def text(self, mode):
        return self.string

    def type(self):
        return self.type_

    def value(self):
        return self.bits

    def known(self):
        return True


class Leaf(Node):
    """Something unknown to the compiler, or the constant of the same type."""

    def __init__(self, dynamic, bits, t):
        self.dynamic, self.bits, self.type_ = dynamic, bits & MASK, t

    def text(self, mode):
        if mode == "dynamic":
            return self.dynamic
        n = number(self.bits, self.type_)
        return "(%s)%s" % (self.type_, n if n >= 0 else "(%d)" % n)

    precedence = 12

    def known(self):
        return False

    def type(self):
        return self.type_

    def value(self):
        return self.bits


class Use(Node):
    """A variable or map read."""

    def __init__(self, variable):
        self.variable = variable

    def text(self, mode):
        return self.variable.name

    def type(self):
        return self.variable.type

    def value(self):
        return self.variable.bits


class Step(Node):
    """$v++ and so on, of variables and maps."""
    precedence = 12

    def __init__(self, variable, op, before):
        self.variable, self.op, self.before = variable, op, before

    def text(self, mode):
        return self.op + self.variable.name if self.before else self.variable.name + self.op

    def type(self):
        if self.variable.is_map:
            self.variable.take(INT64, self)
        self.variable.step(self.op == "--")
        return self.variable.type

    def value(self):
        was = self.variable.bits
        self.variable.give(was + (1 if self.op == "++" else -1))
        return self.variable.bits if self.before else was


def result_signed(a, b):
    s, t = a.type().signed, b.type().signed
    if s != t and (a.plain or b.plain):
        return t if a.plain else s
    return s or t


def divide(x, y, is_signed, rest):
    x, y = (signed(x), signed(y)) if is_signed else (x & MASK, y & MASK)
    if y == 0:
        return 1
    q = abs(x) // abs(y)
    q = -q if (x < 0) != (y < 0) else q
    return x - q * y if rest else q


PRECEDENCE = {"*": 11, "/": 11, "%": 11, "+": 10, "-": 10, "<<": 9, ">>": 9, "<": 8, "<=": 8, ">": 8, ">=": 8,
              "==": 7, "!=": 7, "&": 6, "^": 5, "|": 4, "&&": 3, "||": 2}
COMPARE = {"==": lambda x, y: x == y, "!=": lambda x, y: x != y, "<": lambda x, y: x < y,
           "<=": lambda x, y: x <= y, ">": lambda x, y: x > y, ">=": lambda x, y: x >= y}


def arithmetic(op, x, y, is_signed, left_signed):
    """What is computed of 64 bits each."""
    if op == "<<":
        return (x << (y & 63)) & MASK
    if op == ">>":
        return ((signed(x) if left_signed else x) >> (y & 63)) & MASK
    return {"+": lambda: x + y, "-": lambda: x - y, "*": lambda: x * y, "&": lambda: x & y, "|": lambda: x | y,
            "^": lambda: x ^ y, "/": lambda: divide(x, y, is_signed, False),
            "%": lambda: divide(x, y, is_signed, True)}[op]() & MASK


class Binary(Node):
    def __init__(self, op, a, b):
        self.op, self.a, self.b, self.kids = op, a, b, (a, b)
        self.precedence = PRECEDENCE[op]

    def text(self, mode):
        return "%s %s %s" % (self.wrap(self.a, mode, self.precedence), self.op,
                             self.wrap(self.b, mode, self.precedence + 1))

    def known(self):
        return all(k.known() for k in self.kids)

    def decided(self):
        if self.op not in ("&&", "||"):
            return Node.decided(self)
        a, b = self.a.decided(), self.b.decided()
        if a is not None and a == (self.op == "||"):
            return a
        return b if a is not None and b is not None else None

    def type(self):
        a, b = self.a.type(), self.b.type()
        if self.op in COMPARE or self.op in ("&&", "||"):
            return BOOL
        if self.op in ("<<", ">>"):
            return Int(8, a.signed and not self.a.plain)
        return INT64 if self.op == "-" else Int(8, result_signed(self.a, self.b))

    def value(self):
        x = self.a.value()
        if self.op in ("&&", "||"):
            return int(x != 0) if (x != 0) == (self.op == "||") else int(self.b.value() != 0)
        y, t = self.b.value(), self.type()
        if self.op in ("==", "!="):
            return int(COMPARE[self.op](x, y))
        if self.op in COMPARE:
            return int(COMPARE[self.op](number(x, self.a.type()), number(y, self.b.type())))
        return arithmetic(self.op, x, y, t.signed, t.signed)


class Unary(Node):
    precedence = 12

    def __init__(self, op, a):
        self.op, self.a, self.kids = op, a, (a,)

    def text(self, mode):
        text = self.wrap(self.a, mode, self.precedence)
        return "%s%s" % (self.op, "(%s)" % text if text[0] in "-+" else text)

    def known(self):
        return self.a.known()

    def decided(self):
        a = self.a.decided()
        return (not a) if self.op == "!" and a is not None else Node.decided(self)

    def type(self):
        t = self.a.type()
        if self.op == "!":
            return BOOL
        if self.op == "-":
            return INT64
        if not t.signed and not t.bool:
            return t
        return Int(8, t.signed and not self.a.plain)

    def value(self):
        x = self.a.value()
        if self.op == "!":
            return int(x == 0)
        return -x & MASK if self.op == "-" else convert(~x, self.type())


class Cast(Node):
    precedence = 12

    def __init__(self, name, a):
        self.name, self.a, self.kids = name, a, (a,)

    def text(self, mode):
        return "(%s)%s" % (self.name, self.wrap(self.a, mode, self.precedence + 1))

    def type(self):
        return NAMED[self.name]

    def value(self):
        return convert(self.a.value(), NAMED[self.name])


class Ternary(Node):
    """c ? a : b, of integers or strings; also written with if, and with the middle left out."""
    precedence = 1

    def __init__(self, c, a, b, form="?"):
        self.c, self.a, self.b, self.form, self.kids = c, a, b, form, tuple(k for k in (c, a, b) if k)

    def text(self, mode):
        if not self.a:
            return "(%s ?: (%s))" % (self.wrap(self.c, mode, 2), self.b.text(mode))
        if self.form == "if":
            return "(if (%s) { %s } else { %s })" % tuple(k.text(mode) for k in self.kids)
        return "%s ? (%s) : %s" % (self.wrap(self.c, mode, 2), self.a.text(mode), self.wrap(self.b, mode, 2))

    def taken(self):
        """The side that stands in its place."""
        if not self.a or self.form == "if" or self.c.decided() is None:
            return None
        return self.a if self.c.decided() else self.b

    @property
    def plain(self):
        return self.taken() is not None and self.taken().plain

    def known(self):
        return self.taken() is not None and self.taken().known()

    def decided(self):
        return self.taken().decided() if self.taken() else None

    def type(self):
        c, b = self.c.type(), self.b.type()
        a = self.a.type() if self.a else c
        if self.a and self.c.decided() is not None:
            return a if self.c.decided() else b
        return merge(widen(a), widen(b))

    def value(self):
        c = self.c.value()
        if not self.a:
            return c if c else self.b.value()
        return self.a.value() if c else self.b.value()


class Call(Node):
    """A function of nodes: what it computes is given as Python."""

    def __init__(self, form, t, compute, *kids):
        self.form, self.type_, self.compute, self.kids = form, t, compute, kids

    def text(self, mode):
        return self.form % tuple(k.text(mode) for k in self.kids)

    def decided(self):
        """Literal texts that are compared."""
        literal = len(self.kids) == 2 and all(isinstance(k, Text) and k.dynamic is None for k in self.kids)
        return self.value() != 0 if literal and re.match(r"\(\(%s\) [!=]= ", self.form) else None

    def type(self):
        for k in self.kids:
            k.type()
        return self.type_() if callable(self.type_) else self.type_

    def value(self):
        return self.compute(*[k.value() for k in self.kids])


class Text(Node):
    """A string: its bytes, and where it comes from."""

    def __init__(self, dynamic, data, full=True):
        self.dynamic, self.data, self.full_length = dynamic, data, full

    def text(self, mode):
        if mode == "dynamic" and self.dynamic:
            return self.dynamic
        # str() of a literal is none: what is compared with it is not known when compiled
        form = 'str("%s")' if mode == "constant" and self.dynamic else '"%s"'
        return form % "".join(chr(c) if 32 <= c < 127 and chr(c) not in '"\\' else "\\x%02x" % c
                                for c in self.data)

    def type(self):
        return STRING

    def value(self):
        return self.data
