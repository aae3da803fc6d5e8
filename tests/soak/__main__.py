"""`make soak`: every figure with the bound it must keep; exits with 1 if one does not."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: see backlit.cli

import backlit
from benchmarks.timing import Line
from tests.soak import api, cancelling, disk, kills, vanishing
from tests.soak.load import idle_connections, load
from tests.support.server import serving

CLIENTS, SECONDS = 50, 60.0
IDLE = 500
MEGABYTES = 48  # the results that are remembered, as objects


def main() -> int:
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        for group in (under_load, left_alone, stopped, killed, with_a_full_disk, asked_at_random):
            for line in group(Path(folder)):
                print(line, flush=True)
                kept &= line.kept
    return 0 if kept else 1


def none_of(problems: list[str], what: str) -> Line:
    """A line that says how many there were, beside what they were."""
    for problem in problems[:5]:
        print(f"    {problem[:300]}")
    return Line(what, len(problems), 0, "")


def under_load(folder: Path) -> Iterator[Line]:
    log = folder / "load.log"
    with (
        serving("toy", log=log) as served,
        served.entered() as client,
        idle_connections(served, IDLE),
    ):
        seen = load(served, client.cookies, CLIENTS, SECONDS)
    print(
        f"  {CLIENTS} clients, {SECONDS:.0f} s, {IDLE} idle connections: {seen.requests:,} requests"
    )
    yield none_of(seen.problems, "requests that failed")
    yield none_of(log.read_text().splitlines(), "lines in the server's log")
    yield Line("longest wait / median wait for the model", seen.longest_wait, 3)
    yield Line("median share / least share of a client", 1 / seen.least_share, 2)
    yield Line("memory that grew after 10 s", seen.megabytes_grown, MEGABYTES, "MB")
    yield Line("threads that came after 10 s", seen.threads_grown, 0, "")


def left_alone(folder: Path) -> Iterator[Line]:
    for model, longest in (("toy", 0.5), ("smollm2", 3.0)):
        log = folder / f"{model}.log"
        with serving(model, log=log) as served:
            waits = list(vanishing.seconds_until_free(served, model, 20, longest))
        yield Line(f"until {model} is free after a client left", max(waits), 1, "s")
        yield none_of(log.read_text().splitlines(), f"lines in the log of {model}'s server")


def stopped(folder: Path) -> Iterator[Line]:
    model = backlit.load_model("smollm2", progress=False)
    rounds = list(cancelling.cancel(model, 50))
    took = sorted(one.took for one in rounds if one.took is not None)
    yield Line("smollm2 works on after it is stopped", took[-1], 1, "s", (took[0], took[-1]))
    yield none_of([str(one) for one in rounds if one.took is None], "that ended before")


def killed(folder: Path) -> Iterator[Line]:
    yield none_of(kills.while_converting(20, folder / "cache"), "damage by a kill while converting")
    yield none_of(kills.while_saving(20, folder), "damage by a kill while saving")
    yield none_of(kills.while_answering(5), "answers that a kill ends in silence")


def with_a_full_disk(folder: Path) -> Iterator[Line]:
    with disk.small_disk(folder / "disk") as small:
        if small is None:
            print("  no file system may be mounted here: the full disk is left out")
        else:
            yield none_of(disk.problems_on(small), "problems on a full disk")


def asked_at_random(folder: Path) -> Iterator[Line]:
    found = api.fuzz(40, folder)
    print(f"  {found.cases:,} random requests")
    yield Line("random requests that are still to be made", max(0, 2_000 - found.cases), 0, "")
    yield none_of(found.failures, "undocumented answers, hangs and bugs")
    yield none_of(found.tracebacks, "tracebacks in the log")


if __name__ == "__main__":
    sys.exit(main())
