"""Methods ranked on planted prompts: how high each puts the plant, and at what price."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from backlit.display.bar import ProgressLike, followed
from backlit.engines.base import FloatArray
from backlit.errors import OptionsError
from backlit.evaluation.cases import Case, find_case
from backlit.evaluation.planted import PlantedPrompt
from backlit.explaining.deletion import Deletion
from backlit.explaining.faithfulness import percentile_of
from backlit.methods import Method, default_method, make_method
from backlit.methods.base import unavailable
from backlit.model import Model
from backlit.segments import segment
from backlit.types import Granularity, ParameterValue, Segment

SAMPLES: dict[str, dict[str, ParameterValue]] = {  # so that a table takes minutes, not hours
    "integrated_gradients": {"max_steps": 33},
    "lime": {"n_samples": 64},
    "shapley": {"n_samples": 64},
    "sparse_ablation": {"n_samples": 64},
}
CHANCE = "random order"
DRAWS = 20  # random orders of each case
FEW_PASSES = 4.0  # methods that take more are run on some cases only
MAX_SEGMENTS = 40  # of a case on which those methods and deletion are measured
TRACED = "two_hop"


@dataclass(frozen=True, slots=True)
class Score:
    """What a method made of one case.

    Attributes:
        kind: of the prompt.
        rank: of the best plant among the prompt's segments, 1 is first.
        both: whether the first two are the two plants; None where there is one.
        passes: about what it took, in forward passes of the whole prompt.
        seconds: that it took.
        lost_per_token: nats lost over the deletion curve, by token taken away.
        percentile: share of random orders that lose less over it, percent.
    """

    kind: str
    rank: float
    both: bool | None
    passes: float = 0.0
    seconds: float = 0.0
    lost_per_token: float | None = None
    percentile: float | None = None


@dataclass(slots=True)
class MethodRanking:
    """How a method did on the cases, at one granularity; `refused` is why it could not run."""

    method: str
    granularity: Granularity
    scores: list[Score] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def of(self, *kinds: str) -> list[Score]:
        """The scores of these kinds of prompts; of all but those to be traced if none is named."""
        return [s for s in self.scores if (s.kind in kinds if kinds else s.kind != TRACED)]

    def firsts(self, *kinds: str) -> tuple[int, int]:
        """How often a plant came first, and of how many."""
        chosen = self.of(*kinds)
        return sum(s.rank == 1 for s in chosen), len(chosen)

    @property
    def first(self) -> float:
        """How often a plant came first, as a share."""
        right, of = self.firsts()
        return right / of if of else float("nan")

    @property
    def reciprocal_rank(self) -> float:
        """Mean reciprocal rank of the best plant."""
        ranks = [s.rank for s in self.of()]
        return float(np.mean(1 / np.array(ranks))) if ranks else float("nan")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The rankings of one model, and how many prompts of each kind counted and were dropped.

    Attributes:
        model: its name.
        rankings: of each granularity and method, chance last.
        traced: of the default method's maps, carried on through the note.
        counted: prompts of each kind.
        dropped: prompts of each kind whose plant does not decide the answer.
        measured: cases on which methods of many passes and deletion were measured.
    """

    model: str
    rankings: tuple[MethodRanking, ...]
    traced: MethodRanking
    counted: Counter[str]
    dropped: Counter[str]
    measured: int


def evaluate(
    model: Model,
    prompts: Iterable[PlantedPrompt],
    methods: Sequence[str],
    granularities: Sequence[Granularity] = ("line",),
    progress: ProgressLike = None,
    *,
    cases: int | None = None,
    measured: int | None = None,
) -> Evaluation:
    """Rank the segments of each prompt by each method, and look where the plant is.

    Args:
        model: that answers.
        prompts: from `planted_prompts`; which of them count, `find_case` says.
        methods: names; those that the model can't serve are left out.
        granularities: of the ranking.
        progress: told of the phase `evaluate`, with prompts looked at.
        cases: the most of each kind, of `TRACED` twice as many, as two maps are compared there;
            None for as many as count.
        measured: of each kind, the cases on which deletion, and methods that take more than
            `FEW_PASSES`, are measured; None for all. None of over `MAX_SEGMENTS` segments is.
    """
    prompts = list(prompts)
    parameterised = {name: make_method(name, **SAMPLES.get(name, {})) for name in methods}
    usable = {n: m for n, m in parameterised.items() if not unavailable(type(m), model.engine)}
    rankings = {(g, n): MethodRanking(n, g) for g in granularities for n in [*usable, CHANCE]}
    traced = MethodRanking(default_method(model.engine), granularities[0])
    counted: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    deep = 0
    with followed(progress) as follower:
        for done, prompt in enumerate(prompts):
            follower("evaluate", done, len(prompts))
            if cases is not None and counted[prompt.kind] >= cases * (1 + (prompt.kind == TRACED)):
                continue
            with followed(False):  # what is part of this is not told of
                case = find_case(model, prompt)
                if case is None:
                    dropped[prompt.kind] += 1
                    continue
                counted[prompt.kind] += 1
                much = measured is None or counted[prompt.kind] <= measured
                for granularity in granularities:
                    one = _Ranker(model, case, granularity, much)
                    for name, method in usable.items():
                        one.rank(rankings[granularity, name], method)
                    one.draw(rankings[granularity, CHANCE])
                    deep += one.deletion is not None
                if prompt.kind == TRACED:
                    _trace(model, case, traced)
        follower("evaluate", len(prompts), len(prompts))
    return Evaluation(model.name, tuple(rankings.values()), traced, counted, dropped, deep)


class _Ranker:
    """One case at one granularity: its segments, where the plants are, and what orders cost.

    Attributes:
        deletion: of the segments, if what orders cost is measured.
    """

    def __init__(self, model: Model, case: Case, granularity: Granularity, much: bool) -> None:
        self._model, self._case = model, case
        self._granularity: Granularity = granularity
        sequence, target = case.generation.sequence, case.target
        self._segments = segment(sequence, granularity, stop=target.start)
        self._plants = plants_of(case, self._segments)
        self.deletion: Deletion | None = None
        self._random: FloatArray | None = None  # (orders, steps)
        if much and len(self._segments) <= MAX_SEGMENTS:
            self.deletion = Deletion(model.objective(sequence, target), self._segments)

    def rank(self, ranking: MethodRanking, method: Method) -> None:
        """Add what a method makes of the case, unless that takes too many passes."""
        passes = method.forward_passes(len(self._segments))
        if passes > FEW_PASSES and self.deletion is None:
            return
        fresh = Model(self._model.engine, self._model.batch_size)  # knows nothing of others' runs
        started = time.perf_counter()
        try:
            explanation = fresh.explain(
                self._case.generation,
                target=self._case.target,
                method=method,
                granularity=self._granularity,
            )
        except OptionsError as error:
            ranking.refused[str(error)] += 1
            return
        seconds = time.perf_counter() - started
        self._add(ranking, explanation[0].scores, passes, seconds)

    def draw(self, ranking: MethodRanking) -> None:
        """Add what orders by chance make of it."""
        random = np.random.default_rng(len(self._case.generation.sequence.tokens))
        for _ in range(DRAWS):
            self._add(ranking, random.random(len(self._segments)))

    def _add(
        self, ranking: MethodRanking, scores: FloatArray, passes: float = 0, seconds: float = 0
    ) -> None:
        lost_per_token = percentile = None
        if self.deletion is not None and ranking.method != CHANCE:
            lost_per_token, percentile = self._cost(self.deletion, scores)
        rank, both = ranks(scores, self._plants)
        kind = self._case.prompt.kind
        ranking.scores.append(Score(kind, rank, both, passes, seconds, lost_per_token, percentile))

    def _cost(self, deletion: Deletion, scores: FloatArray) -> tuple[float, float]:
        """Nats lost by token over the deletion curve, and the percentile of random orders."""
        order = deletion.order(scores)
        with self._model.turn():
            if self._random is None:
                self._random = deletion.deleted(deletion.random_orders(DRAWS, seed=0))
            (lost,) = deletion.deleted([order])  # (steps,)
        per_token = float(lost.sum() / deletion.tokens(order).sum())
        return per_token, percentile_of(lost, self._random)


def _trace(model: Model, case: Case, ranking: MethodRanking) -> None:
    """Add what the default map makes of the case once it is carried on through the note."""
    explanation = model.explain(
        case.generation, target=case.target, granularity=ranking.granularity
    )
    started = time.perf_counter()
    trace = model.trace(explanation)[0].trace
    assert trace is not None, "it was traced"
    totals = np.array([one.total for one in trace.segments])
    rank, both = ranks(totals, plants_of(case, trace.segments))
    passes = 3.0 * (1 + trace.explained)  # forward and backward, for each map
    seconds = time.perf_counter() - started
    ranking.scores.append(Score(case.prompt.kind, rank, both, passes, seconds))


def plants_of(case: Case, segments: Sequence[Segment]) -> list[frozenset[int] | None]:
    """Which plants each segment holds; None for one that is no part of the prompt's text."""
    first = case.generation.sequence.prompt_length
    inside = [s.start < first and s.role != "template" for s in segments]
    return [case.plants_in(s) if own else None for s, own in zip(segments, inside, strict=True)]


def ranks(scores: FloatArray, plants: Sequence[frozenset[int] | None]) -> tuple[float, bool | None]:
    """The best plant's rank, and whether the first two are the two plants, if there are two.

    What scores the same shares the middle of its places.
    """
    own = np.array([one is not None for one in plants])
    planted = np.array([bool(one) for one in plants])[own]
    scores = scores[own]
    best = scores[planted].max()
    rank = float((scores > best).sum() + ((scores == best).sum() + 1) / 2)
    if len(frozenset().union(*(one for one in plants if one))) < 2:
        return rank, None
    first_two = np.argsort(-scores, kind="stable")[:2]
    return rank, bool(planted[first_two].all())
