"""Models that end the process which runs them, as systems do when memory runs out, or hold it."""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backlit.batch.worker import ModelSpec
from backlit.engines.toy import ToyEngine
from backlit.model import Model
from backlit.types import TokenSequence

POISON = "poison"


class DeadlyEngine(ToyEngine):
    """The toy, until it reads a certain word."""

    def tokenize(self, prompt: Any) -> TokenSequence:
        if POISON in str(prompt):
            die()
        return super().tokenize(prompt)


@dataclass(frozen=True, slots=True)
class DeadlyRows(ModelSpec):
    """Some rows are."""

    def load(self) -> Model:
        return Model(DeadlyEngine())


@dataclass(frozen=True, slots=True)
class DeadlyModel(ModelSpec):
    """The model itself is."""

    def load(self) -> Model:
        die()
        return Model(ToyEngine())


class HeldEngine(ToyEngine):
    """The toy, which tells at a certain word whose process it is in, and waits for a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def tokenize(self, prompt: Any) -> TokenSequence:
        if POISON in str(prompt):
            (self._folder / f"{os.getpid()}.pid").touch()
            while not (self._folder / "open").exists():
                time.sleep(0.01)
        return super().tokenize(prompt)


@dataclass(frozen=True, slots=True)
class HeldRows(ModelSpec):
    """Some rows are; the source is the folder of the files."""

    def load(self) -> Model:
        return Model(HeldEngine(Path(self.source)))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def rows(count: int, poison: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Rows for the toy; some with the word."""
    words = ["cat", "dog", "milk", "house", "tree", "river", "stone", "bird"]
    return [
        {
            "id": f"r{number}",
            "prompt": f"The {words[number % 8]} likes the {words[number * 3 % 8]}.\n"
            f"Day {number}{' of ' + POISON if number in poison else ''}.\n"
            f"The {words[number * 5 % 8]} likes",
        }
        for number in range(count)
    ]
