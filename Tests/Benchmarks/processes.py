"""Whole processes, measured from outside."""

import dataclasses
import json
import subprocess
import sys
import tempfile
import time

# A small process in between: the largest resident set of a process counts what the one had that started it.
BETWEEN = """
import json, os, subprocess, sys, time
start = time.perf_counter()
child = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(child.pid, 0)
with open(sys.argv[1], "w") as file:
    json.dump([time.perf_counter() - start, usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime], file)
sys.exit(min(abs(os.waitstatus_to_exitcode(status)), 255))
"""


@dataclasses.dataclass
class Usage:
    seconds: float
    resident: int  # bytes, mapped pages of files included
    processor: float  # seconds
    output: str


def measured(command, environment=None):
    with tempfile.NamedTemporaryFile("r") as file:
        done = subprocess.run([sys.executable, "-I", "-S", "-c", BETWEEN, file.name, *map(str, command)],
                              capture_output=True, text=True, env=environment)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stderr}")
        return Usage(*json.load(file), done.stdout)


def seconds(command):
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stderr}")
    return time.perf_counter() - start
