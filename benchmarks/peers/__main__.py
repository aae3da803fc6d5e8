"""`make bench-peers`: Backlit beside its peers; exits with 1 if a bound is not kept.

A line begins with `!` where a bound is missed and with `?` where something could not be
measured, with the reason.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: see backlit.cli
os.environ.setdefault("TQDM_DISABLE", "1")

from benchmarks.peers import agreement, integrated, planted, shapley, speed
from benchmarks.peers.race import Report, because
from benchmarks.peers.subject import THREADS, Subject, open_subject
from benchmarks.timing import Line

GROUPS: dict[str, Callable[[Subject, int], Iterator[Report]]] = {
    "agreement": agreement.run,
    "occlusion": speed.occlusion,
    "gradients": speed.gradients,
    "ablation": speed.ablation,
    "integrated": integrated.run,
    "shapley": shapley.run,
    "planted": planted.run,
}
PEERS = ("captum", "inseq", "shap", "context-cite", "lit-nlp", "flashtrace")
BESIDE = ("torch", "transformers", "numpy")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], help="all if left out")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # the peers' own, of which there are many
    print(", ".join(_installed(name) for name in BESIDE + PEERS))
    subject = open_subject()
    print(
        f"{subject.engine.name}: {len(subject.ids)} tokens in float32 on {THREADS} threads, "
        f"target {subject.target.start}:{subject.target.stop} after {len(subject.lines)} lines"
    )
    kept = True
    for name in arguments.groups or GROUPS:
        print(f"\n{name}")
        for line in _reports(GROUPS[name], subject, arguments.rounds):
            print(line if isinstance(line, Line) or line[0] in "?!" else f"  {line}", flush=True)
            kept &= line.kept if isinstance(line, Line) else not line.startswith("!")
    return 0 if kept else 1


def _reports(
    group: Callable[[Subject, int], Iterator[Report]], subject: Subject, rounds: int
) -> Iterator[Report]:
    """A group's lines; where it breaks, the reason, and the other groups go on."""
    try:
        yield from group(subject, rounds)
    except Exception as error:  # noqa: BLE001
        yield f"? the rest of this group: not measured, {because(error)}"


def _installed(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} NOT INSTALLED"


if __name__ == "__main__":
    sys.exit(main())
