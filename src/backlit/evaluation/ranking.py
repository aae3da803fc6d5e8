"""Do methods find a cause that is known? Planted prompts, and how high the plant is ranked."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from backlit.display.bar import ProgressLike, followed
from backlit.engines.base import FloatArray
from backlit.errors import OptionsError
from backlit.evaluation.planted import PlantedPrompt
from backlit.explaining.faithfulness import agreement, deletion_area
from backlit.explaining.targets import occurrences
from backlit.explanation import Attribution, Generation
from backlit.methods import Method, make_method
from backlit.methods.base import unavailable
from backlit.model import Model
from backlit.types import Granularity, ParameterValue, Segment, Target

ANSWER: Mapping[str, Any] = {"max_new_tokens": 10, "stop": ("\n",)}
SAMPLES: dict[str, dict[str, ParameterValue]] = {  # so that a table takes minutes, not hours
    "integrated_gradients": {"max_steps": 33},
    "lime": {"n_samples": 64},
    "shapley": {"n_samples": 64},
    "sparse_ablation": {"n_samples": 64},
}
CHANCE = "random order"
COLUMNS = (
    "granularity",
    "method",
    "plant first",
    "mean reciprocal rank",
    "rank correlation with leave-one-out",
    "nats lost over the deletion curve",
    "seconds",
)
DRAWS = 20


@dataclass(frozen=True, slots=True)
class Case:
    """A planted prompt whose plant does change this model's answer."""

    prompt: PlantedPrompt
    generation: Generation
    target: Target


@dataclass(slots=True)
class MethodRanking:
    """How a method ranked the plants of all cases, at one granularity.

    Attributes:
        ranks: of the best plant among the prompt's segments, 1 is first.
        areas: mean nats lost over the deletion curve.
        agreements: rank correlation with leave-one-out.
        seconds: for each case.
        refused: why it could not run, where it could not.
    """

    method: str
    granularity: Granularity
    ranks: list[float] = field(default_factory=list)
    areas: list[float] = field(default_factory=list)
    agreements: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def first(self) -> float:
        """How often a plant is ranked first, as a share."""
        return float(np.mean(np.array(self.ranks) == 1)) if self.ranks else float("nan")

    @property
    def reciprocal_rank(self) -> float:
        """Mean reciprocal rank of the best plant."""
        return float(np.mean(1 / np.array(self.ranks))) if self.ranks else float("nan")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The rankings of one model, and how many prompts of each kind counted and were dropped."""

    model: str
    rankings: tuple[MethodRanking, ...]
    counted: Counter[str]
    dropped: Counter[str]


def evaluate(
    model: Model,
    prompts: Sequence[PlantedPrompt],
    methods: Sequence[str],
    granularities: Sequence[Granularity] = ("line",),
    progress: ProgressLike = None,
) -> Evaluation:
    """Rank the segments of each prompt by each method, and look where the plant is.

    A prompt counts only if the model writes the planted answer, and no longer does so without
    the plant; where two lines each suffice, if it takes both to lose it.

    Args:
        model: that answers; its own answers are explained.
        prompts: from `planted_prompts`.
        methods: names; those that the model can't serve are left out.
        granularities: of the ranking.
        progress: told of the phase `evaluate`, with prompts counted.
    """
    parameterised = {name: make_method(name, **SAMPLES.get(name, {})) for name in methods}
    engine = model.engine
    usable = [n for n, one in parameterised.items() if unavailable(type(one), engine) is None]
    names = [*usable, CHANCE]
    rankings = {(g, n): MethodRanking(n, g) for g in granularities for n in names}
    counted: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    with followed(progress) as follower:
        for done, prompt in enumerate(prompts):
            follower("evaluate", done, len(prompts))
            with followed(False):  # what is part of this is not told of
                case = find_case(model, prompt)
                if case is None:
                    dropped[prompt.kind] += 1
                    continue
                counted[prompt.kind] += 1
                for granularity in granularities:
                    _add(model, case, granularity, [rankings[granularity, n] for n in names])
        follower("evaluate", len(prompts), len(prompts))
    return Evaluation(model.name, tuple(rankings.values()), counted, dropped)


def find_case(model: Model, prompt: PlantedPrompt) -> Case | None:
    """The prompt with the model's answer, or None if the plant does not decide it."""

    def answers(text: str) -> bool:
        return prompt.answer in model.generate(text, **ANSWER).response

    generation = model.generate(prompt.prompt, **ANSWER)
    if prompt.answer not in generation.response:
        return None
    single = [answers(prompt.without(i)) for i in range(len(prompt.plants))]
    if prompt.needs == "all" and any(single):
        return None
    if prompt.needs == "any" and (not all(single) or answers(prompt.without())):
        return None
    return Case(prompt, generation, occurrences(generation.sequence, prompt.answer)[-1])


def _add(
    model: Model, case: Case, granularity: Granularity, rankings: Sequence[MethodRanking]
) -> None:
    shared = model.objective(case.generation.sequence, case.target)
    reference = _map(model, case, granularity, make_method("occlusion"))
    segments = reference.segments
    inside = np.array([s.role == "prompt" for s in segments])  # (segments,)
    planted = np.array([_is_planted(case, s) for s in segments])[inside]
    random = np.random.default_rng(len(case.generation.sequence.tokens))
    for ranking in rankings:
        if ranking.method == CHANCE:
            drawn = [random.random(len(segments)) for _ in range(DRAWS)]
            ranking.ranks += [_rank(scores[inside], planted) for scores in drawn]
            with model.turn():
                ranking.areas.append(deletion_area(shared, segments, drawn[0]))
            continue
        method = make_method(ranking.method, **SAMPLES.get(ranking.method, {}))
        fresh = Model(model.engine, model.batch_size)  # knows nothing of what others measured
        started = time.perf_counter()
        try:
            scores = _map(fresh, case, granularity, method).scores  # (segments,)
        except OptionsError as error:
            ranking.refused[str(error)] += 1
            continue
        ranking.seconds.append(time.perf_counter() - started)
        ranking.ranks.append(_rank(scores[inside], planted))
        with model.turn():
            ranking.areas.append(deletion_area(shared, segments, scores))
        pair = [scores[inside].tolist(), reference.scores[inside].tolist()]
        ranking.agreements.append(float(agreement(pair)[0, 1]))


def _map(model: Model, case: Case, granularity: Granularity, method: Method) -> Attribution:
    explanation = model.explain(
        case.generation, target=case.target, method=method, granularity=granularity
    )
    return explanation[0]


def _is_planted(case: Case, segment: Segment) -> bool:
    tokens = case.generation.sequence.tokens[segment.start : segment.stop]
    start, stop = tokens[0].start, tokens[-1].stop
    return any(start < b and stop > a and stop - start > 0 for a, b in case.prompt.plants)


def _rank(scores: FloatArray, planted: npt.NDArray[np.bool_]) -> float:
    """The best plant's rank; what scores the same shares the middle of its places."""
    best = scores[planted].max()
    return float((scores > best).sum() + ((scores == best).sum() + 1) / 2)


def table(evaluation: Evaluation) -> Iterator[str]:
    """The evaluation as Markdown lines."""
    counted, dropped = evaluation.counted, evaluation.dropped
    total = counted.total() + dropped.total()
    kinds = sorted(counted.keys() | dropped.keys())
    by_kind = ", ".join(f"{kind} {counted[kind]}/{counted[kind] + dropped[kind]}" for kind in kinds)
    yield f"**{evaluation.model}**: {counted.total()} of {total} prompts count and"
    yield f"{dropped.total()} were dropped. Counted by kind: {by_kind}."
    yield ""
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"|{' --- |' * len(COLUMNS)}"
    for row in evaluation.rankings:
        name = row.method if row.method == CHANCE else f"`{row.method}`"
        if row.refused and not row.ranks:
            yield f"| {row.granularity} | {name} | {next(iter(row.refused))} | | | | |"
            continue
        known = f"{np.mean(row.agreements):.2f}" if row.agreements else "-"
        seconds = f"{np.median(row.seconds):.1f}" if row.seconds else "-"
        area = f"{np.mean(row.areas):.2f}" if row.areas else "-"
        first = f"{row.first:.0%} | {row.reciprocal_rank:.2f}" if row.ranks else "- | -"
        yield f"| {row.granularity} | {name} | {first} | {known} | {area} | {seconds} |"
