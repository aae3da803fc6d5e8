"""The toy where it is linear: a decay of 1 and a foil, so that the softmax cancels out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backlit.engines.toy import COPY, ToyEngine
from backlit.explaining.targets import with_foil
from backlit.methods import make_method
from backlit.methods.base import FloatArray, Scores
from backlit.methods.objective import Objective
from backlit.segments import segment
from backlit.types import Granularity, Message, ParameterValue, Segment, Target

WORDS = "The dog likes cold water and the cat likes warm milk"


@dataclass(frozen=True)
class Linear:
    """An objective that is a sum over tokens, and its segments."""

    objective: Objective
    segments: tuple[Segment, ...]
    by_token: FloatArray  # what each token adds, (context,)
    by_segment: FloatArray  # (segments,)

    def scores(self, name: str, **params: ParameterValue) -> Scores:
        return run(name, self.objective, self.segments, **params)

    @property
    def players(self) -> npt.NDArray[np.bool_]:
        """Which segments are no part of the template, `(segments,)`."""
        return np.array([segment.role != "template" for segment in self.segments])


def run(
    name: str, objective: Objective, segments: Sequence[Segment], **params: ParameterValue
) -> Scores:
    method = make_method(name, **params)
    return method.attribute(objective, segments, lambda done, total, scored: None)


def linear(words: str = WORDS, granularity: Granularity = "word", end: str = " water") -> Linear:
    """A chat, whose template is always there, so that all words may be taken away."""
    engine = ToyEngine(decay=1.0)
    sequence = engine.append(engine.tokenize((Message("user", words),)), end)
    start = sequence.prompt_length
    target = with_foil(engine, sequence, Target(start, start + 1), " milk")
    assert target.foil is not None
    ids = np.array(sequence.input_ids[:start])
    wanted, other = sequence.input_ids[start], target.foil.ids[0]
    adds = engine.follows[ids, wanted] - engine.follows[ids, other]
    adds = adds + COPY * (ids == wanted) - COPY * (ids == other)
    segments = segment(sequence, granularity, stop=start)
    sums = np.array([adds[s.start : s.stop].sum() for s in segments])
    return Linear(Objective(engine, sequence, target), segments, adds, sums)
