"""The toy where it is linear: a decay of 1 and a foil, so that the softmax cancels out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backlit.engines.base import Engine, FloatArray
from backlit.engines.toy import COPY, ToyEngine
from backlit.explaining.targets import with_foil
from backlit.methods import make_method
from backlit.methods.base import Scores
from backlit.methods.objective import Objective
from backlit.progress import SILENT, Callback, PartialScore, Phase
from backlit.segments import segment
from backlit.types import Granularity, Message, ParameterValue, Segment, Span, Target

WORDS = "The dog likes cold water and the cat likes warm milk"


@dataclass(frozen=True)
class Linear:
    """An objective that is a sum over tokens, and its segments."""

    engine: ToyEngine
    objective: Objective
    segments: tuple[Segment, ...]
    by_token: FloatArray  # what each token adds, nats, (context,)
    by_segment: FloatArray  # what each segment adds, nats, (segments,)

    def scores(self, name: str, **params: ParameterValue) -> Scores:
        return run(name, self.objective, self.segments, **params)

    @property
    def maskable(self) -> npt.NDArray[np.bool_]:
        """Which segments are no part of the template, `(segments,)`."""
        return np.array([segment.role != "template" for segment in self.segments])


@dataclass(frozen=True)
class Call:
    """What a `Progress` was told once."""

    phase: Phase
    done: int
    total: int | None
    scores: dict[Span, float]


class Recorder(Callback):
    """A `Progress` that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(self._keep)
        self.calls: list[Call] = []

    def _keep(
        self, phase: Phase, done: int, total: int | None, scores: Sequence[PartialScore]
    ) -> None:
        partial = {(start, stop): score for start, stop, score in scores}
        self.calls.append(Call(phase, done, total, partial))


def run(
    name: str, objective: Objective, segments: Sequence[Segment], **params: ParameterValue
) -> Scores:
    """What a method says of segments, told to nobody."""
    return make_method(name, **params).attribute(objective, segments, SILENT)


def answer(engine: Engine, prompt: str, response: str) -> Objective:
    """The objective of a whole given response."""
    sequence = engine.append(engine.tokenize(prompt), response)
    return Objective(engine, sequence, Target(sequence.prompt_length, len(sequence.tokens)))


def before(objective: Objective, granularity: Granularity = "word") -> tuple[Segment, ...]:
    """The segments before an objective's target."""
    return segment(objective.sequence, granularity, stop=objective.target.start)


def linear(words: str = WORDS, granularity: Granularity = "word", end: str = " water") -> Linear:
    """A chat, whose template is always there, so that all words may be taken away."""
    engine = ToyEngine(decay=1.0)
    sequence = engine.append(engine.tokenize((Message("user", words),)), end)
    start = sequence.prompt_length
    target = with_foil(engine, sequence, Target(start, start + 1), " milk")
    assert target.foil is not None
    ids = np.array(sequence.input_ids[:start])  # (context,)
    target_id, foil_id = sequence.input_ids[start], target.foil.ids[0]
    adds = engine.follows[ids, target_id] - engine.follows[ids, foil_id]  # (context,)
    adds = adds + COPY * (ids == target_id) - COPY * (ids == foil_id)
    segments = segment(sequence, granularity, stop=start)
    sums = np.array([adds[s.start : s.stop].sum() for s in segments])  # (segments,)
    return Linear(engine, Objective(engine, sequence, target), segments, adds, sums)
