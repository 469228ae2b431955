#!/usr/bin/env python3
"""Sizes of block I/O, every so many seconds: a front end over sonde's JSON.

    examples/bitehist.py [SECONDS [COUNT]]

sonde prints one JSON object a line; what this program needs of it is a loop and json.loads().
"""
import json
import subprocess
import sys

SCRIPT = """
tracepoint:block:block_rq_issue { @kbytes = hist(args.bytes / 1024); }
interval:s:%d { print(@kbytes); clear(@kbytes); }
"""


def draw(buckets):
    most = max((bucket["count"] for bucket in buckets), default=0)
    print("%20s : %-8s" % ("kbytes", "count"))
    for bucket in buckets:
        bar = "*" * round(40 * bucket["count"] / most)
        print("%9d -> %-7d : %-8d |%-40s|" % (bucket["min"], bucket["max"], bucket["count"], bar))
    print(flush=True)


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    outputs = int(sys.argv[2]) if len(sys.argv) > 2 else -1
    with subprocess.Popen(["sonde", "--json", "-e", SCRIPT % seconds], stdout=subprocess.PIPE, text=True) as sonde:
        try:
            for line in sonde.stdout:
                record = json.loads(line)
                if record["type"] != "hist" or outputs == 0:
                    continue
                draw(record["data"]["@kbytes"])
                outputs -= 1
                if outputs == 0:
                    sonde.terminate()
        except KeyboardInterrupt:
            sonde.terminate()


if __name__ == "__main__":
    main()
