# calls.py - calls of known functions at known lines, with the interpreter's lock (getppid) and
# without it (sleep), in the first thread and in another, through C code that calls back.
import os
import threading
import time


class Deep:
    def first(self, n):
        return self.second(
            n)

    def second(self, n):
        if n:
            return self.second(
                n - 1)
        return sum(map(self.third, [1]))

    def third(self, x):
        # a comment

        os.getppid(); time.sleep(0.001); return x


def generator(d):
    for _ in range(3):
        yield (
            d.first(2))


def decorated(f):
    def wrapper(*a, **k):
        return f(*a, **k)
    return wrapper


KEPT = compile("os.getppid()", "<string>", "exec")


@decorated
def work():
    list(generator(Deep()))
    exec(KEPT)

threading.Event().wait(1.0)  # until the process is known
time.sleep(0.001)
t = threading.Thread(target=work)
t.start()
t.join()
work()
time.sleep(0.7)  # what was met is named while the process is there
