"""Traces: shares carried on through sentences, against sums done by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backlit
from backlit.engines.toy import ToyEngine
from backlit.errors import Cancelled, CapabilityError, OptionsError
from backlit.explaining.attribution import Segmenting, attribute
from backlit.explaining.tracing import UNTRACED, trace
from backlit.explanation import Attribution, Link, Trace, TracedSegment
from backlit.explanation import Path as Way
from backlit.methods.base import Facts, Scores
from backlit.methods.objective import Objective
from backlit.model import Model
from backlit.progress import SILENT, Callback, Progress
from backlit.types import Segment, Target
from tests.support.bounding import BoundingEngine
from tests.support.linear import Recorder

PROMPT = "The cat likes milk.\nThe bird sings.\n"
RESPONSE = "I like soup. The dog likes water. milk"

Table = Mapping[int, Sequence[float]]  # by the number of parts before a target: their scores


@dataclass(init=False)
class Scripted:
    """A method without parameters that scores whole segments as it is told to."""

    facts: ClassVar[Facts] = Facts(
        name="scripted", label="Scripted", description="", unit="nats", reference="", needs=(),
        kind="gradient", signed=True, scores_tokens=False,
    )  # fmt: skip

    def __init__(self, table: Table) -> None:
        self.table = table
        self.asked: list[int] = []

    def forward_passes(self, segments: int) -> float:
        return 1

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        assert segments[-1].stop == objective.target.start
        self.asked.append(len(segments))
        return Scores(np.array(self.table[len(segments)], dtype=float))


def mapped(method: Any, response: str = RESPONSE) -> tuple[Objective, Attribution]:
    """The objective of the last word, and the map of it by lines and sentences."""
    engine = ToyEngine()
    sequence = engine.append(engine.tokenize(PROMPT), response)
    end = len(sequence.tokens)
    objective = Objective(engine, sequence, Target(end - 1, end))
    return objective, attribute(objective, method, Segmenting("sentence"), SILENT)


def traced(table: Table, budget: int = 16) -> tuple[Trace, Scripted]:
    method = Scripted(table)
    objective, one = mapped(method)
    method.asked.clear()
    return trace(objective, one, method, budget=budget), method


BY_HAND: Table = {4: [1, 0, -1, 2], 3: [0, 1, 1], 2: [3, -1]}


def test_shares_are_carried_on_with_their_signs_apart() -> None:
    found, method = traced(BY_HAND)
    assert method.asked == [4, 3, 2]  # the sentence in which most waits is next
    assert found.explained == 2
    assert found.untraced == 0
    assert [one.direct for one in found.segments] == [0.25, 0, -0.25, 0.5]
    # p0: 1/4, and 3/4 of the sentence that got 1/4 for (through the next one) and 1/4 against
    assert [one.supports for one in found.segments] == [0.25 + 0.1875, 0.25 + 0.0625, 0.25, 0.5]
    assert [one.opposes for one in found.segments] == [0.1875, 0.0625, 0.25, 0]
    assert [one.total for one in found.segments] == [0.25, 0.25, 0, 0.5]


def test_links_and_paths_lead_from_the_prompt_to_the_target() -> None:
    found, _ = traced(BY_HAND)
    p0, p1, s0, s1 = ((one.start, one.stop) for one in found.segments)
    target = (s1[1], s1[1] + 1)
    assert found.links == (
        Link(p0, target, 0.25), Link(s0, target, -0.25), Link(s1, target, 0.5),
        Link(p1, s1, 0.5), Link(s0, s1, 0.5), Link(p0, s0, 0.75), Link(p1, s0, -0.25),
    )  # fmt: skip
    ways = {path.spans: path.share for path in found.paths}
    assert ways == {
        (p1, s1): 0.25, (p0, s0): -0.1875, (p0, s0, s1): 0.1875,
        (p1, s0): 0.0625, (p1, s0, s1): -0.0625,
    }  # fmt: skip
    sizes = [abs(path.share) for path in found.paths]
    assert sizes == sorted(sizes, reverse=True)
    assert "“The bird sings.” -> “The dog likes water.” -> the target (25%)" in found.sentences()
    assert next(found.sentences()) == "Through the answer's own sentences came 75% of it."
    against = "“The cat likes milk.” -> “I like soup.” -> the target (against it, 19%)"
    assert against in found.sentences()
    both = "“The cat likes milk.” -> the target (25%; through the answer 0%)"
    assert both in found.sentences()


def test_what_is_next_to_nothing_is_not_told_as_nothing() -> None:
    found, _ = traced({4: [100, 0, 1, 0], 2: [-1, 3]})
    least = "“The cat likes milk.” -> the target (99%; through the answer against it, under 1%)"
    assert least in found.sentences()


@pytest.mark.parametrize(("budget", "untraced"), [(0, 0.75), (1, 0.5), (2, 0)])
def test_what_the_budget_leaves_is_told(budget: int, untraced: float) -> None:
    found, _ = traced(BY_HAND, budget)
    assert found.explained == budget
    assert found.untraced == untraced


def test_little_is_left_alone_behind_the_first_sentence() -> None:
    found, method = traced({4: [40, 0, 1, 2], 3: [1, 0, 0]})
    assert method.asked == [4, 3]
    assert 0 < found.untraced <= UNTRACED
    assert [len(path.spans) for path in found.paths] == [2]
    next_to_nothing, method = traced({4: [1000, 0, 1, 0]})
    assert method.asked == [4]
    assert next_to_nothing.paths == ()


def test_a_sentence_is_explained_once_also_if_more_arrives_later() -> None:
    """Most waits in the first sentence; what the second gives it arrives after it was explained."""
    found, method = traced({4: [0, 0, 3, 2], 3: [0, 0, 1], 2: [1, 0]})
    assert method.asked == [4, 2, 3]
    assert found.segments[0].supports == 1
    assert found.explained == 2


def test_a_map_of_zeros_leads_nowhere() -> None:
    found, _ = traced({4: [0, 0, 0, 0]})
    assert not found.paths
    assert not found.links
    assert found.untraced == found.explained == 0


finite = st.floats(min_value=-5, max_value=5, allow_nan=False).map(lambda x: round(x, 3) or 1.0)


@given(*(st.lists(finite, min_size=n, max_size=n) for n in (4, 3, 2)))
@settings(max_examples=50, deadline=None)
def test_nothing_is_lost_on_the_way(
    four: list[float], three: list[float], two: list[float]
) -> None:
    found, _ = traced({4: four, 3: three, 2: two})
    ends = sum(one.supports + one.opposes for one in found.segments if one.role != "response")
    assert ends + found.untraced == pytest.approx(1)
    links = {(link.source, link.target): link.share for link in found.links}
    for path in found.paths:
        last = found.segments[-1].stop
        along = [*path.spans, (last, last + 1)]
        product = np.prod([links[pair] for pair in pairwise(along)])
        assert path.share == pytest.approx(product)


def test_numbers_that_overflowed_are_refused() -> None:
    method = Scripted(BY_HAND)
    objective, one = mapped(method)
    broken = Scripted({4: [np.nan, 0, 0, 0]})
    with pytest.raises(CapabilityError, match="overflowed"):
        trace(objective, one, broken)
    with pytest.raises(OptionsError, match="budget is -1"):
        trace(objective, one, method, budget=-1)


def test_a_sentence_of_which_a_server_tells_but_a_bound_is_not_followed() -> None:
    engine = BoundingEngine(top=340)
    model = backlit.load_model(engine)
    found = model.explain(
        PROMPT, response=RESPONSE, target="milk", method="occlusion", granularity="sentence"
    )
    engine.top = 3  # so that the target can still be asked about, but no sentence
    traced_ = model.trace(found, progress=False)[0].trace
    assert traced_ is not None
    assert traced_.explained == 0, "no sentence of this answer is likely to a word"
    assert traced_.untraced == pytest.approx(traced_.through)


def test_bounds_make_shares_rough() -> None:
    class Bounded(Scripted):
        def attribute(self, *given: Any) -> Scores:
            scores = super().attribute(*given)
            return replace(scores, bounds=["at_least", *[None] * (len(scores.values) - 1)])

    objective, one = mapped(Bounded(BY_HAND))
    found = trace(objective, one, Bounded(BY_HAND))
    assert found.rough
    assert "so the shares are rough" in " ".join(found.sentences())
    assert not traced(BY_HAND)[0].rough


def test_it_can_be_stopped_between_sentences() -> None:
    method = Scripted(BY_HAND)
    objective, one = mapped(method)
    recorder = Recorder()
    trace(objective, one, method, progress=recorder)
    assert [(call.phase, call.done, call.total) for call in recorder.calls] == [
        ("trace", done, 2) for done in range(3)
    ]

    def stop(phase: str, done: int, total: int | None, scores: object) -> None:
        if done == 1:
            raise Cancelled

    method.asked.clear()
    with pytest.raises(Cancelled):
        trace(objective, one, method, progress=Callback(stop))
    assert method.asked == [4, 3]


def test_a_model_traces_what_it_explained(tmp_path: Path) -> None:
    model = backlit.load_model("toy")
    explanation = model.explain(PROMPT, response=RESPONSE, target="milk")
    lines = explanation[0].segments
    found = model.trace(explanation)
    result = found[0].trace
    assert result is not None
    assert found[0].scores.tolist() == explanation[0].scores.tolist()
    assert [one.text for one in result.segments][-2:] == ["I like soup.", " The dog likes water."]
    assert [one.text for one in result.segments][:2] == [one.text for one in lines][:2]
    assert "own sentences came" in str(found)
    found.save(tmp_path / "why.json")
    assert backlit.load_explanation(tmp_path / "why.json") == found
    assert backlit.trace(explanation, "toy", budget=1)[0].trace is not None
    with pytest.raises(OptionsError, match="takes an explanation first"):
        backlit.trace("toy")


@pytest.mark.parametrize("method", ["input_relevance", "occlusion"])
def test_known_scores_are_those_that_are_measured(method: str) -> None:
    """Token scores of the map are taken as they are; whole segments are measured anew."""
    model = Model(ToyEngine())
    explanation = model.explain(PROMPT, response=RESPONSE, target="milk", method=method)
    result = model.trace(explanation, budget=0)[0].trace
    by_sentence = model.explain(
        explanation.generation, target="milk", method=method, granularity="sentence"
    )
    assert result is not None
    scores = by_sentence[0].scores
    expected = scores / np.abs(scores).sum()
    assert [one.direct for one in result.segments] == pytest.approx(expected.tolist())


@pytest.mark.parametrize(("needs", "skipped"), [(("gates",), 1), ((), 0)])
def test_the_first_token_takes_attention_and_gives_nothing(
    needs: tuple[Any, ...], skipped: int
) -> None:
    class Even(Scripted):
        """The same for every token."""

        facts: ClassVar[Facts] = replace(Scripted.facts, needs=needs, scores_tokens=True)

        def attribute(
            self, objective: Objective, segments: Sequence[Segment], progress: Progress
        ) -> Scores:
            return Scores(np.ones(objective.target.start))

    objective, one = mapped(Even({}))
    found = trace(objective, one, Even({}), budget=0)
    sizes = np.array([part.stop - part.start for part in found.segments])
    sizes[0] -= skipped
    expected = sizes / sizes.sum()
    assert [part.direct for part in found.segments] == pytest.approx(expected.tolist())


def test_without_an_answer_before_the_target_all_is_direct() -> None:
    model = Model(ToyEngine())
    result = model.trace(model.explain(PROMPT, response="milk"))[0].trace
    assert result is not None
    assert result.explained == result.untraced == 0
    for one in result.segments:
        assert one.total == one.direct


def test_an_empty_part_of_a_trace_is_refused() -> None:
    model = Model(ToyEngine())
    explanation = model.trace(model.explain(PROMPT, response=RESPONSE, target="milk"))
    one = explanation[0]
    assert one.trace is not None
    empty = TracedSegment(0, 0, "", "prompt", 0.0, 0.0, 0.0)  # tiles, but is of no token
    lying = replace(one, trace=replace(one.trace, segments=(empty, *one.trace.segments)))
    with pytest.raises(backlit.BacklitError, match="tile"):
        backlit.Explanation.from_json(replace(explanation, attributions=(lying,)).to_json())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"segments": ()}, "tile"),
        ({"links": (Link((0, 99), (0, 1), 1.0),)}, "other parts"),
        ({"paths": (Way((), 1.0),)}, "other parts"),
        ({"untraced": -1.0}, "no number"),
    ],
)
def test_traces_that_can_not_be_are_refused(change: dict[str, Any], told: str) -> None:
    model = Model(ToyEngine())
    explanation = model.trace(model.explain(PROMPT, response=RESPONSE, target="milk"))
    one = explanation[0]
    assert one.trace is not None
    lying = replace(one, trace=replace(one.trace, **change))
    with pytest.raises(backlit.BacklitError, match=told):
        backlit.Explanation.from_json(replace(explanation, attributions=(lying,)).to_json())
