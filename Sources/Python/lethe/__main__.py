"""`python -m lethe` is the command, with the torch of this Python."""

import os
import sys

from ._command import environment, path

try:
    program = path()
except FileNotFoundError as error:
    sys.exit(f"lethe: {error}")
os.execve(program, [program, *sys.argv[1:]], environment())
