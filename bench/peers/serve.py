"""Runs the engine of one row for Node: `python serve.py ROW`, with the folder of engine.py in PYTHONPATH.

A line [call, ...arguments] on stdin is answered by a line of JSON on what was stdout; libraries may print, to stderr.
"""
import json
import os
import resource
import sys
import time

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def answer(value):
    answers.write(json.dumps(value) + "\n")
    answers.flush()


def peak_mb():
    """The highest resident memory of this process, in millions of bytes."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1.024e-3
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / 1e6 if sys.platform == "darwin" else most * 1.024e-3


import engine  # noqa: E402  imports its library, which is no part of loading

began = time.perf_counter()
calls = engine.open_engine(**json.loads(sys.argv[1]))
answer({"load_ms": (time.perf_counter() - began) * 1e3, "calls": list(calls)})
calls["peak_mb"] = peak_mb
for line in sys.stdin:
    call, *arguments = json.loads(line)
    answer(calls[call](*arguments))
