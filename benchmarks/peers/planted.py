"""Who finds a planted cause? Every tool on the same prompts, ranked as `backlit evaluate` ranks."""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backlit import load_model
from backlit.engines.base import FloatArray
from backlit.evaluation.cases import Case, find_case
from backlit.evaluation.planted import LANGUAGES, SPLITS, planted_prompts
from backlit.evaluation.ranking import plants_of, ranks
from backlit.explanation.interval import wilson
from backlit.model import Model
from backlit.segments import aggregate, segment
from benchmarks.peers import captum_peer, flashtrace_peer, inseq_peer
from benchmarks.peers.race import Report, because
from benchmarks.peers.speed import ours
from benchmarks.peers.subject import Subject

MODELS = ("smollm2", "gemma3")
KINDS = (  # short prompts whose answer follows them
    "needle",
    "flipped_label",
    "canary",
    "contradiction",
    "copied_string",
    "and_pair",
    "or_pair",
    "other_target",
)
CASES = 3  # of each kind
TRIES = 3  # prompts of each kind in each language
AT_ONCE = 4  # altered prompts

Finder = Callable[[Subject], FloatArray]
"""Scores of lines `(lines,)`, or of tokens before the target or of the prompt, `(tokens,)`."""

FINDERS: dict[str, Finder] = {
    "Backlit gate relevance (default)": lambda s: ours(s, "gate_relevance").scores,
    "Backlit occlusion": lambda s: ours(s, "occlusion").scores,
    "FlashTrace": lambda s: flashtrace_peer.scores(s, "flashtrace"),
    "FlashTrace, ifr-span": lambda s: flashtrace_peer.scores(s, "ifr-span"),
    "Captum InputXGradient": captum_peer.input_x_gradient,
    "Captum FeatureAblation": lambda s: captum_peer.feature_ablation(s, AT_ONCE),
    "Captum LLMAttribution": captum_peer.llm_ablation,
    "Inseq saliency": inseq_peer.saliency,
    "Inseq input_x_gradient": inseq_peer.input_x_gradient,
}


@dataclass(slots=True)
class Found:
    """What a tool made of the cases."""

    ranks: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def run(subject: Subject, rounds: int) -> Iterator[Report]:
    """A line for each model and tool: how often the plant came first, and how long it took."""
    for name in MODELS:
        model = load_model(name, device="cpu", dtype="float32")
        cases = list(_cases(model))
        yield f"{name}: {len(cases)} prompts of the test split"
        found = {tool: Found() for tool in FINDERS}
        for case in cases:
            one = _subject(model.engine, case)
            for tool, finder in FINDERS.items():
                _find(found[tool], finder, one, case)
        for tool, what in found.items():
            yield _line(tool, what)


def _cases(model: Model) -> Iterator[Case]:
    """The first of each kind that count."""
    for kind in KINDS:
        prompts = planted_prompts(SPLITS["test"], TRIES, LANGUAGES, [kind])
        counting = (case for case in (find_case(model, one) for one in prompts) if case)
        yield from (case for case, _ in zip(counting, range(CASES), strict=False))


def _subject(engine: Any, case: Case) -> Subject:
    sequence, target = case.generation.sequence, case.target
    ids = sequence.input_ids
    scored = engine.score([ids[: target.start]], ids[target.start : target.stop])
    log_prob = float(next(iter(scored))[1].sum())
    return Subject(engine, sequence, target, segment(sequence, "line", stop=target.start), log_prob)


def _find(found: Found, finder: Finder, subject: Subject, case: Case) -> None:
    started = time.perf_counter()
    try:
        scores = finder(subject)
    except Exception as error:  # noqa: BLE001  a peer may fail in any way; it is told
        found.failures.append(because(error))
        return
    found.seconds.append(time.perf_counter() - started)
    if len(scores) != len(subject.lines):
        by_token = np.zeros(subject.target.start)
        by_token[: len(scores)] = scores
        scores = aggregate(by_token, subject.lines, "sum")
    found.ranks.append(ranks(scores, plants_of(case, subject.lines))[0])


def _line(tool: str, found: Found) -> Report:
    if not found.ranks:
        return f"? {tool}: {statistics.mode(found.failures)}"
    first, of = sum(rank == 1 for rank in found.ranks), len(found.ranks)
    low, high = wilson(first, of)
    failed = f"; failed on {len(found.failures)}: {found.failures[0]}" if found.failures else ""
    return (
        f"{tool:<34} first {first:>2} of {of} ({low:.0%}-{high:.0%}), "
        f"mean reciprocal rank {np.mean(1 / np.array(found.ranks)):.2f}, "
        f"{statistics.median(found.seconds):.2f} s{failed}"
    )
