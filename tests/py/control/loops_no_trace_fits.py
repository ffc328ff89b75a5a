# jit-expect: compile >= 1
# The kernel of loops that no trace fits well, with fewer iterations; its time is not of interest.

import io
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
path = os.path.join(here, "..", "..", "..", "benches", "kernels", "hostile.py")
sys.argv = [path, "6000"]
errors, sys.stderr = sys.stderr, io.StringIO()
try:
    with open(path) as file:
        exec(compile(file.read(), path, "exec"), {"__name__": "hostile"})
finally:
    sys.stderr = errors
