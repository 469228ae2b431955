# threads.py - threads that are in known functions at known lines: they sleep, wait for one another, run.
import threading
import time


def sleeps():
    time.sleep(600)


def waits(lock):
    with lock:
        pass


def runs():
    while True:
        computes()


def computes():
    return sum(i * i for i in range(2000))


kept = threading.Lock()
kept.acquire()
for target, arguments in ((sleeps, ()), (waits, (kept,)), (runs, ()), (runs, ())):
    threading.Thread(target=target, args=arguments, daemon=True).start()
print("READY", flush=True)
sleeps()
