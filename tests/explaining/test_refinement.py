"""Coarse to fine: the important parts are cut, the budget is kept, the levels are told."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest

from backlit.engines.base import FloatArray
from backlit.engines.toy import ToyEngine
from backlit.errors import OptionsError
from backlit.explaining.attribution import attribute
from backlit.explanation import Attribution
from backlit.methods import make_method
from backlit.methods.base import Report, Scores
from backlit.methods.objective import Objective
from backlit.methods.occlusion import Occlusion
from backlit.pipeline import Model, explain
from backlit.types import Segment, Target

FILLER = "Two and two make four. Four and four make eight.\n"
PROMPT = (
    f"{FILLER * 3}\n{FILLER * 3}\n{FILLER}The bird likes ripe berries.\n{FILLER}\nThe bird likes"
)


def refined(budget: int, method: str = "occlusion") -> Attribution:
    engine = ToyEngine()
    sequence = engine.append(engine.tokenize(PROMPT), " ripe berries")
    start = sequence.prompt_length
    objective = Objective(engine, sequence, Target(start, start + 2))
    return attribute(objective, make_method(method), "word", budget=budget)


def test_segments_tile_and_words_are_where_it_matters() -> None:
    found = refined(200)
    spans = [(s.start, s.stop) for s in found.segments]
    assert [a for a, _ in spans] == [0, *(b for _, b in spans)][:-1]
    assert spans[-1][1] == found.target.start
    assert {s.level for s in found.segments} > {"word"}
    best = max(found.segments, key=lambda s: s.score)
    assert best.level == "word"
    assert best.text in (" likes", " bird", "\nThe")
    coarse = [s for s in found.segments if s.level in ("paragraph", "line")]
    assert any("Two and two" in s.text for s in coarse)


def test_scores_are_those_of_the_method_on_these_segments() -> None:
    found = refined(200)
    engine = ToyEngine()
    ids = engine.append(engine.tokenize(PROMPT), " ripe berries").input_ids
    start = found.target.start
    ((_, whole),) = engine.score([ids[:start]], ids[start:])
    for part in found.segments:
        ((_, less),) = engine.score([ids[: part.start] + ids[part.stop : start]], ids[start:])
        assert part.score == pytest.approx(whole.sum() - less.sum(), abs=1e-9)


def test_the_budget_bounds_what_is_measured() -> None:
    sizes = [len(refined(budget).segments) for budget in (1, 12, 40, 400)]
    assert all(a <= b for a, b in pairwise(sizes))
    assert sizes[0] < sizes[-1]
    assert {s.level for s in refined(1).segments} == {"paragraph"}


def test_token_scores_are_computed_once_and_joined_at_every_level() -> None:
    calls: list[int] = []

    class Counting(ToyEngine):
        def gradient(self, input_ids: object, target: Target) -> object:  # type: ignore[override]
            calls.append(1)
            return super().gradient(input_ids, target)  # type: ignore[arg-type]

    found = explain(
        Model(Counting()),
        PROMPT,
        target=" ripe berries",
        method="grad_x_input",
        granularity="word",
        budget=300,
    ).attributions[0]
    assert calls == [1]
    assert found.token_scores is not None
    for part in found.segments:
        assert part.score == pytest.approx(np.sum(found.token_scores[part.start : part.stop]))


def test_a_method_that_refuses_so_many_segments_keeps_what_is_known() -> None:
    class Picky(Occlusion):
        """Takes at most as many segments as there are paragraphs and lines."""

        def attribute(
            self, objective: Objective, segments: Sequence[Segment], report: Report
        ) -> Scores:
            if len(segments) > 9:
                raise OptionsError("Too many.", "Take fewer.")
            return super().attribute(objective, segments, report)

    engine = ToyEngine()
    sequence = engine.append(engine.tokenize(PROMPT), " ripe berries")
    start = sequence.prompt_length
    objective = Objective(engine, sequence, Target(start, start + 2))
    found = attribute(objective, Picky(), "word", budget=400)
    assert len(found.segments) <= 9


def test_custom_has_no_way_from_coarse_to_fine() -> None:
    engine = ToyEngine()
    sequence = engine.append(engine.tokenize("The dog likes"), " cold")
    objective = Objective(engine, sequence, Target(3, 4))
    with pytest.raises(OptionsError, match="no way from coarse to fine"):
        attribute(objective, make_method("occlusion"), "custom", pattern="x", budget=10)


def test_work_is_said_to_begin_before_the_model_is_run() -> None:
    heard: list[tuple[int, int | None]] = []

    class Slow(ToyEngine):
        def score(
            self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
        ) -> Iterator[tuple[int, FloatArray]]:
            assert heard, "nothing was said before the first pass"
            return super().score(contexts, *answers)

    engine = Slow()
    sequence = engine.append(engine.tokenize(PROMPT), " ripe berries")
    start = sequence.prompt_length
    objective = Objective(engine, sequence, Target(start, start + 2))
    attribute(
        objective,
        make_method("occlusion"),
        "word",
        budget=20,
        report=lambda done, total, scored: heard.append((done, total)),
    )
    assert heard[0] == (0, None)
