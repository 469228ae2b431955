# callbacks.py - known functions that C code calls: each of them calls getppid() once, at a known line.
import asyncio
import contextlib
import ctypes
import functools
import os
import signal
import sys
import threading


def leaf(): os.getppid()


def by_sort(): sorted([1], key=lambda v: leaf() or v)


def compare(a, b):
    leaf()
    return 0


COMPARE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(compare)


def by_ctypes(): ctypes.CDLL(None).qsort((ctypes.c_int * 2)(2, 1), 2, 4, COMPARE)


def on_signal(number, frame): leaf()


def by_signal():
    signal.signal(signal.SIGUSR1, on_signal)
    os.kill(os.getpid(), signal.SIGUSR1)


class Dying:
    def __del__(self): leaf()


def by_del(): Dying()


def by_class():
    class Body:
        leaf()


@contextlib.contextmanager
def manager():
    leaf()
    yield


def by_manager():
    with manager(): pass


@functools.lru_cache()
def by_cache(): leaf()


async def in_coroutine(): leaf()


def inner():
    leaf()
    yield 1


def outer(): yield from inner()


def by_yield(): list(outer())


class Attributes:
    @property
    def known(self): leaf()

    def __getattr__(self, name): leaf()


def by_attributes():
    Attributes().known
    Attributes().unknown


def on_call(frame, event, arg):
    if event == 'c_call' and arg is len: leaf()


def by_profiler():
    sys.setprofile(on_call)
    len([])
    sys.setprofile(None)


def main():
    by_sort()
    by_ctypes()
    by_signal()
    by_del()
    by_class()
    by_manager()
    by_cache()
    asyncio.run(in_coroutine())
    by_yield()
    by_attributes()
    by_profiler()
    list(map(lambda x: leaf(), [1]))


threading.Event().wait(1.0)  # until the process and its libraries are known
main()
threading.Event().wait(0.3)  # what was met is named while the process is there
