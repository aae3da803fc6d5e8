"""Integrated Gradients, with nodes where the answer changes and a known error.

Completeness gives the error of every piece of the path for nothing: the integral over it must
be the objective's difference between its ends. So the piece that misses most is halved, until
all pieces together miss by less than a tolerance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from backlit.display.speech import digits, say
from backlit.engines.base import FloatArray
from backlit.errors import OptionsError
from backlit.methods.base import Facts, Scores, parameter
from backlit.methods.gradient import BACKWARD
from backlit.methods.objective import Objective
from backlit.progress import Progress
from backlit.segments import aggregate
from backlit.types import Segment

FIRST_PIECES = 4
BATCH_TOKENS = 1_024
MIN_DIFFERENCE = 0.1  # nats; errors are judged as shares of at least this
VOCABULARY_CHUNK = 4_096


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the path by its nodes at both ends and in the middle; Simpson's rule."""

    start: float
    stop: float

    @property
    def middle(self) -> float:
        return (self.start + self.stop) / 2


class Path:
    """The straight path from a baseline to the prompt, and what is known along it."""

    def __init__(self, objective: Objective, baseline: FloatArray, embeddings: FloatArray) -> None:
        self._objective = objective
        self._baseline = baseline  # (context, dim)
        self._way = embeddings - baseline  # (context, dim)
        self.values: dict[float, float] = {}
        self.slopes: dict[float, FloatArray] = {}  # d objective / d place by token, (context,)

    def visit(self, places: Sequence[float]) -> None:
        """Learn value and slope at places of [0, 1]."""
        fresh = [place for place in dict.fromkeys(places) if place not in self.values]
        size = max(1, BATCH_TOKENS // (len(self._way) + 1))
        for at in range(0, len(fresh), size):
            batch = fresh[at : at + size]
            shares = np.array(batch)[:, None, None]
            contexts = self._baseline + shares * self._way  # (batch, context, dim)
            # (batch,) and (batch, context, dim)
            values, gradients = self._objective.gradient_at(contexts)
            if not np.isfinite(gradients).all():
                raise OptionsError(
                    "The model has no finite gradient on the way from this baseline.",
                    "Use the faded baseline: near zero, normalization layers divide by nothing.",
                )
            for place, value, gradient in zip(batch, values, gradients, strict=True):
                self.values[place] = float(value)
                self.slopes[place] = (gradient * self._way).sum(axis=-1)

    def integral(self, piece: Piece) -> FloatArray:
        """By token, `(context,)`."""
        ends = self.slopes[piece.start] + self.slopes[piece.stop]
        whole: FloatArray = (ends + 4 * self.slopes[piece.middle]) * (piece.stop - piece.start) / 6
        return whole

    def miss(self, piece: Piece) -> float:
        """How far a piece's integral is from the difference between its ends, nats."""
        difference = self.values[piece.stop] - self.values[piece.start]
        return abs(float(self.integral(piece).sum()) - difference)


@dataclass(frozen=True, slots=True)
class IntegratedGradients:
    """Gradients along the way from a baseline to the prompt, times the way, in nats.

    score_i = (e_i - b_i) . integral over a in [0, 1] of d log p / d e_i at b + a (e - b). Positive
    if the token supports the target; the scores sum to what the objective gains over the baseline.
    Sundararajan et al. 2017, arXiv:1703.01365.
    """

    facts: ClassVar[Facts] = Facts(
        name="integrated_gradients",
        label="Integrated Gradients",
        description=(
            "Adds up what each token contributes while the prompt fades in. The scores sum to the "
            "answer's gain over the faded prompt, and it says by how much they miss."
        ),
        unit="nats",
        reference="Sundararajan et al. 2017, arXiv:1703.01365",
        kind="gradient",
        signed=True,
        complete=True,
        needs=("gradient",),
        scores_tokens=True,
    )

    baseline: str = parameter(
        "faded",
        "Baseline",
        "Where the path begins: the prompt's own embeddings, faded; zero; the vocabulary's "
        "mean; or a token of your choice.",
        choices=("faded", "zero", "mean", "token"),
    )
    fade: float = parameter(
        0.1,
        "Faded to",
        "For the faded baseline: the share of each embedding that is left. Below about 0.03 "
        "normalization layers make the path singular.",
        minimum=0.001,
        maximum=0.9,
    )
    token: str = parameter(" ", "Baseline token", "For the token baseline: the text of one token.")
    tolerance: float = parameter(
        0.05,
        "Tolerance",
        "Stop when the scores miss the true difference by less than this share of it.",
        minimum=1e-6,
        maximum=1.0,
    )
    max_steps: int = parameter(
        64, "Most steps", "Gradients computed at most.", minimum=9, maximum=2_000
    )

    def forward_passes(self, segments: int) -> float:
        return BACKWARD * self.max_steps / 2

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        embeddings = objective.embed(objective.context)  # (context, dim)
        path = Path(objective, self._baseline(objective, embeddings), embeddings)
        edges = np.linspace(0, 1, FIRST_PIECES + 1).tolist()
        pieces = [Piece(a, b) for a, b in pairwise(edges)]
        progress("explain", 0, self.max_steps)
        path.visit([1.0, *edges, *(piece.middle for piece in pieces)])
        total = path.values[1.0] - path.values[0.0]
        bound = self.tolerance * max(abs(total), MIN_DIFFERENCE)
        while True:
            scores = np.sum([path.integral(piece) for piece in pieces], axis=0)  # (context,)
            by_segment = aggregate(scores, segments, "sum").tolist()
            partial = [
                (s.start, s.stop, score) for s, score in zip(segments, by_segment, strict=True)
            ]
            progress("explain", len(path.values), self.max_steps, partial)
            missed = sum(path.miss(piece) for piece in pieces)
            room = (self.max_steps - len(path.values)) // 2
            if missed <= bound or not np.isfinite(missed) or not room:
                break
            pieces.sort(key=path.miss)
            sums = np.cumsum([path.miss(piece) for piece in pieces])
            fine = int(np.searchsorted(sums, bound / 2))  # these may stay as they are
            wide = max(1, BATCH_TOKENS // (2 * len(embeddings)))  # as many as a batch holds
            for piece in [pieces.pop() for _ in range(min(len(pieces) - fine, wide, room))]:
                pieces += [Piece(piece.start, piece.middle), Piece(piece.middle, piece.stop)]
            path.visit([piece.middle for piece in pieces])
        notes = () if missed <= bound else (self._unconverged(missed, total, len(path.values)),)
        return Scores(scores, convergence_delta=float(scores.sum() - total), notes=notes)

    def _unconverged(self, missed: float, total: float, steps: int) -> str:
        return say(
            "Integrated Gradients did not converge: after {steps} steps the pieces of the path "
            "miss {missed} nats of a change of {total}. Don't rely on small differences; "
            "raise the steps, or use the faded baseline.",
            steps=steps,
            missed=digits(missed, 2),
            total=digits(total, 2),
        )

    def _baseline(self, objective: Objective, embeddings: FloatArray) -> FloatArray:
        """Embeddings to begin from, `(context, dim)`."""
        if self.baseline == "faded":
            return self.fade * embeddings
        if self.baseline == "zero":
            return np.zeros_like(embeddings)
        if self.baseline == "mean":
            return np.broadcast_to(_mean_embedding(objective), embeddings.shape)
        ids = objective.tokenize(self.token)
        if len(ids) != 1:
            raise OptionsError(
                f"The baseline token {self.token!r} is {len(ids)} tokens for this model.",
                "Use a text that is one token, such as a space or a full stop.",
            )
        return np.broadcast_to(objective.embed(ids), embeddings.shape)


def _mean_embedding(objective: Objective) -> FloatArray:
    """Of the whole vocabulary, `(1, dim)`."""
    size = objective.vocabulary_size
    chunks = (
        range(at, min(at + VOCABULARY_CHUNK, size)) for at in range(0, size, VOCABULARY_CHUNK)
    )
    total = sum(objective.embed(ids).sum(axis=0, keepdims=True) for ids in chunks)
    mean: FloatArray = np.asarray(total) / size
    return mean
