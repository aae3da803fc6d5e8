"""Saves without end, and says of each save that it was done: `python -m tests.workspace.writer`."""

import random
import sys
from pathlib import Path

from backlit.workspace import Record, Workspace


def content(writer: str, number: int) -> dict[str, str]:
    """What a save holds: the same for the same save."""
    chance = random.Random(f"{writer} {number}")
    return {"text": "".join(chance.choices("abcdefgh \n", k=chance.randrange(20_000)))}


def main(path: Path, writer: str, number: int) -> None:
    workspace = Workspace(path)
    while True:
        number += 1
        one = Record("saves", f"{writer}.{number}", {"number": number}, content(writer, number))
        # The second is the same record each time: what is there must be no older than was told.
        workspace.keep([one, Record("latest", writer, {"number": number})])
        print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
