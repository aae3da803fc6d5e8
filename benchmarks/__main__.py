"""`make bench`: every figure with the bound it should keep; exits with 1 if one does not."""

import argparse
import os
import sys
from itertools import chain

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: see backlit.cli

from benchmarks import batch, endpoint, frames, grid, notebook, page, passes, salience
from benchmarks.timing import Line

GROUPS = ("smollm2", "gemma3", "passes", "grid", "batch", "page", "frames", "notebook", "endpoint")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], help="all if left out")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    lines: list[Line] = []
    for group in arguments.groups or GROUPS:
        if group == "page":
            found = page.run(arguments.rounds)
        elif group == "passes":
            found = chain(passes.run("smollm2"), passes.run("gemma3"))
        elif group == "grid":
            found = grid.run("smollm2")
        elif group == "batch":
            found = batch.run("smollm2")
        elif group == "endpoint":
            found = endpoint.run()
        elif group == "frames":
            found = frames.run()
        elif group == "notebook":
            found = notebook.run(arguments.rounds)
        else:
            bound = 0.9 if group == "smollm2" else 0.45
            found = salience.run(group, arguments.rounds, bound)
        for line in found:
            print(line, flush=True)
            lines.append(line)
    return 0 if all(line.kept for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
