"""A model that reads a planted line, and such lines."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from backlit.engines.base import FloatArray, GenerationStep
from backlit.engines.toy import ToyEngine
from backlit.evaluation.planted import PlantedPrompt
from backlit.types import GenerationOptions, TokenSequence

KEY = "warm"
PLANT = "The code is warm.\n"
REST = "The dog likes water.\nThe bird likes berries.\nI like soup.\n"


class Reader(ToyEngine):
    """Answers what the code is, if a line says so, and something else if not."""

    says = " warm"
    instead = " cold"

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        word = self.says if "code is warm" in prompt.text else self.instead
        yield GenerationStep(self.append(prompt, word).tokens[prompt.prompt_length :], "length")


class Sure(Reader):
    """Finds any given answer likely after the words that it depends on, and unlikely if not."""

    def __init__(self, needs: str) -> None:
        super().__init__()
        self._needs = self.append(TokenSequence("", (), 0), needs).input_ids

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        size = sum(map(len, answers))
        for index, context in enumerate(contexts):
            read = " ".join(map(str, context))
            found = " ".join(map(str, self._needs)) in read
            yield index, np.full(size, -0.01 if found else -5.0)


def planted(
    text: str, needs: str = "all", count: int = 1, kind: str = "needle", times: int = 1
) -> PlantedPrompt:
    """A prompt with this many planted lines."""
    spans, at = [], 0
    for _ in range(count):
        at = text.index(PLANT, at)
        spans.append((at, at + len(PLANT)))
        at += len(PLANT)
    item = PlantedPrompt("x", kind, "en", text, KEY, tuple(spans), needs)  # type: ignore[arg-type]
    return replace(item, times=times)
