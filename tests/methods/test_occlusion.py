"""Occlusion: what it measures, its sign, and its cache."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from backlit.data import load_dataset
from backlit.engines.base import FloatArray
from backlit.engines.toy import ToyEngine
from backlit.explaining.targets import select_target
from backlit.methods.objective import Objective
from backlit.methods.occlusion import Occlusion
from backlit.model import Model
from backlit.segments import segment
from backlit.types import Target
from tests.support.linear import run

Reported = list[tuple[int, int | None, list[tuple[int, float]]]]


def test_each_score_is_what_the_target_loses(toy: ToyEngine) -> None:
    sequence = toy.append(toy.tokenize("The cat likes warm milk. The dog likes"), " cold water")
    target = Target(sequence.prompt_length, len(sequence.tokens))
    segments = segment(sequence, "word", stop=target.start)
    reported: Reported = []
    objective = Objective(toy, sequence, target)
    found = Occlusion().attribute(
        objective, segments, lambda d, t, s: reported.append((d, t, list(s)))
    )
    ids = sequence.input_ids
    wanted = ids[target.start :]
    ((_, whole),) = toy.score([ids[: target.start]], wanted)
    for part, score in zip(segments, found.values, strict=True):
        ((_, less),) = toy.score([ids[: part.start] + ids[part.stop : target.start]], wanted)
        assert score == pytest.approx(whole.sum() - less.sum(), abs=1e-12)
    assert objective.target_log_prob == pytest.approx(whole.sum())
    told = {index: score for _, _, scored in reported for index, score in scored}
    assert told == dict(enumerate(found.values.tolist()))
    assert reported[-1][:2] == (len(segments), len(segments))
    assert segments[int(found.values.argmax())].text == " likes"


def test_a_segment_that_is_all_there_is(toy: ToyEngine) -> None:
    sequence = toy.append(toy.tokenize("The dog"), " likes")
    objective = Objective(toy, sequence, Target(2, 3))
    found = run("occlusion", objective, segment(sequence, "line", stop=2))
    assert found.values.shape == (1,)
    assert np.isfinite(found.values).all()


def test_identical_work_is_not_hidden_in_a_second_call(toy: ToyEngine) -> None:
    """One call to the engine, the whole context first, then one for each segment."""
    calls: list[int] = []

    class Counting(ToyEngine):
        def score(
            self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
        ) -> Iterator[tuple[int, FloatArray]]:
            calls.append(len(contexts))
            return super().score(contexts, *answers)

    engine = Counting()
    sequence = engine.append(engine.tokenize("The dog likes"), " cold")
    segments = segment(sequence, "word", stop=3)
    objective = Objective(engine, sequence, Target(3, 4))
    first = run("occlusion", objective, segments).values
    assert calls == [4]
    np.testing.assert_array_equal(run("occlusion", objective, segments).values, first)
    assert calls == [4]  # what is known is not scored again


def test_a_replacement_stands_where_the_segment_stood(toy: ToyEngine) -> None:
    sequence = toy.append(toy.tokenize("The dog likes"), " cold")
    objective, target = Objective(toy, sequence, Target(3, 4)), sequence.input_ids[3:]
    found = run("occlusion", objective, segment(sequence, "word", stop=3), replacement=" bird")
    ids = sequence.input_ids
    bird = toy.tokenize(" bird").input_ids
    ((_, replaced),) = toy.score([ids[:1] + bird + ids[2:3]], target)
    assert found.values[1] == pytest.approx(objective.value - replaced.sum())


@pytest.mark.model
def test_the_cache_changes_nothing_on_the_default_model(smollm2: Model) -> None:
    engine = smollm2.engine
    example = next(e for e in load_dataset("sample_prompts").examples if e.id == "fewshot-mistake")
    assert example.target is not None
    sequence = engine.append(engine.tokenize(example.prompt), example.target)
    target = select_target(sequence, example.target.rstrip().split("\n")[-1])
    segments = segment(sequence, "line", stop=target.start)
    found: list[FloatArray] = []
    scorer = engine._scorer  # type: ignore[attr-defined]
    for reuse in (True, False):
        scorer.reuse = reuse
        found.append(run("occlusion", Objective(engine, sequence, target), segments).values)
    scorer.reuse = None
    np.testing.assert_allclose(found[0], found[1], atol=1e-4)
    # Signs: without the top segment the target is less likely, measured by itself.
    top = segments[int(found[0].argmax())]
    ids = sequence.input_ids
    contexts = [ids[: target.start], ids[: top.start] + ids[top.stop : target.start]]
    both = dict(engine.score(contexts, ids[target.start : target.stop]))  # type: ignore[attr-defined]
    assert both[1].sum() < both[0].sum() - 1
