"""Two programs that save and are killed: what was said to be saved is there."""

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

from backlit.workspace import Workspace
from tests.workspace.writer import content

SAVES = 200
MOST_SECONDS = 0.02  # for which a writer goes on behind its first save


class Writer:
    """One that saves, is killed with no warning, and begins again where it was.

    Attributes:
        told: the saves that it said were done.
        deaths: how often it was killed.
    """

    def __init__(self, path: Path, name: str, seed: int) -> None:
        self.path = path
        self.name = name
        self.chance = random.Random(seed)
        self.told: set[int] = set()
        self.deaths = 0

    def live(self) -> None:
        command = [sys.executable, "-m", "tests.workspace.writer", self.path, self.name]
        # One more than was told may be on the disk, so its number is left out.
        begin = max(self.told, default=-1) + 1
        with subprocess.Popen(
            [*map(str, command), str(begin)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first, "it ended by itself"
            time.sleep(self.chance.uniform(0, MOST_SECONDS))
            process.kill()
            lines = [first, *process.stdout]  # what was told before it died
        self.told |= {int(line) for line in lines if line.endswith("\n")}
        self.deaths += 1

    def live_until(self, saves: float) -> None:
        while len(self.told) < saves:
            self.live()


def test_what_was_said_to_be_saved_is_there(tmp_path: Path) -> None:
    path = tmp_path / "workspace.sqlite3"
    writers = [Writer(path, name, seed) for seed, name in enumerate(("ann", "bob"))]
    threads = [threading.Thread(target=one.live_until, args=[SAVES / 2]) for one in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(one.deaths > 2 for one in writers)
    with Workspace(path) as workspace:
        assert workspace.damage() == ""
        assert workspace.remarks == ()
        kept = {head.id: head.head["number"] for head in workspace.heads("saves")}
        assert len(kept) >= SAVES
        for one in writers:
            latest = workspace.read("latest", one.name)
            assert latest is not None
            assert latest.head["number"] >= max(one.told)
            assert {f"{one.name}.{number}" for number in one.told} <= {*kept}
        for name in kept:
            writer, _, number = name.partition(".")
            record = workspace.read("saves", name)
            assert record is not None
            assert record.body == content(writer, int(number))
