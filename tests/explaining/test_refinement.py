"""Coarse to fine: the important parts are cut, the budget is kept, the levels are told."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from backlit.engines.base import EmbeddingGradient
from backlit.engines.toy import ToyEngine
from backlit.errors import OptionsError
from backlit.explaining.attribution import Segmenting, attribute
from backlit.explaining.refinement import LADDER, refine
from backlit.explanation import Attribution
from backlit.methods import make_method
from backlit.methods.base import Scores
from backlit.methods.measurable import Measurable
from backlit.methods.occlusion import Occlusion
from backlit.progress import SILENT, Progress
from backlit.types import Segment, Target
from tests.support.linear import Recorder, answer

FILLER = "Two and two make four. Four and four make eight.\n"
PROMPT = (
    f"{FILLER * 3}\n{FILLER * 3}\n{FILLER}The bird likes ripe berries.\n{FILLER}\nThe bird likes"
)


def refined(budget: int, method: str = "occlusion") -> Attribution:
    objective = answer(ToyEngine(), PROMPT, " ripe berries")
    return attribute(objective, make_method(method), Segmenting("word", budget=budget), SILENT)


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
        def gradient(
            self, input_ids: Sequence[int], target: Target, **how: Any
        ) -> EmbeddingGradient:
            calls.append(1)
            return super().gradient(input_ids, target)

    found = attribute(
        answer(Counting(), PROMPT, " ripe berries"),
        make_method("grad_x_input"),
        Segmenting("word", budget=300),
        SILENT,
    )
    assert calls == [1]
    assert found.token_scores is not None
    for part in found.segments:
        assert part.score == pytest.approx(np.sum(found.token_scores[part.start : part.stop]))


def test_a_method_that_refuses_so_many_segments_keeps_what_is_known() -> None:
    class Picky(Occlusion):
        """Takes at most as many segments as there are paragraphs and lines."""

        def attribute(
            self, objective: Measurable, segments: Sequence[Segment], progress: Progress
        ) -> Scores:
            if len(segments) > 9:
                raise OptionsError("Too many.", "Take fewer.")
            return super().attribute(objective, segments, progress)

    objective = answer(ToyEngine(), PROMPT, " ripe berries")
    found = attribute(objective, Picky(), Segmenting("word", budget=400), SILENT)
    assert len(found.segments) <= 9


def test_each_level_is_told_of_its_own_segments() -> None:
    recorder = Recorder()
    objective = answer(ToyEngine(), PROMPT, " ripe berries")
    scores, levels = refine(objective, Occlusion(), "word", 200, recorder)
    assert len(scores.values) == len(levels)
    starts = [i for i, call in enumerate(recorder.calls) if call.done == 0]
    totals = [recorder.calls[i].total for i in starts]
    assert len(totals) > 1
    assert totals == sorted(t for t in totals if t is not None)
    last = {span for call in recorder.calls[starts[-1] :] for span in call.scores}
    assert last == {(segment.start, segment.stop) for segment, _ in levels}


def test_a_short_prompt_begins_at_the_finest_level() -> None:
    objective = answer(ToyEngine(), "The dog likes", " cold")
    _, levels = refine(objective, Occlusion(), "word", 100, SILENT)
    assert [(segment.text, level) for segment, level in levels] == [
        ("The", "word"),
        (" dog", "word"),
        (" likes", "word"),
    ]


def test_the_finest_level_is_never_passed() -> None:
    objective = answer(ToyEngine(), PROMPT, " ripe berries")
    for finest in LADDER:
        _, levels = refine(objective, Occlusion(), finest, 10_000, SILENT)
        reached = {LADDER.index(level) for _, level in levels}
        assert max(reached) <= LADDER.index(finest)


def test_custom_has_no_way_from_coarse_to_fine() -> None:
    objective = answer(ToyEngine(), "The dog likes", " cold")
    with pytest.raises(OptionsError, match="no way from coarse to fine") as raised:
        refine(objective, Occlusion(), "custom", 10, SILENT)
    assert "paragraph" in raised.value.hint
