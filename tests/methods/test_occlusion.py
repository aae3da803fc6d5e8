"""Occlusion: what it measures, its sign, and its cache."""

from collections.abc import Iterator, Sequence

import captum.attr
import numpy as np
import pytest
import torch

from backlit.data import load_dataset
from backlit.engines.base import FloatArray
from backlit.engines.toy import ToyEngine
from backlit.explaining.targets import select_target
from backlit.methods.objective import Objective
from backlit.methods.occlusion import Occlusion
from backlit.model import Model
from backlit.segments import segment
from backlit.types import Target
from tests.support.linear import WORDS, Recorder, answer, before, linear, run


def test_each_score_is_what_the_target_loses(toy: ToyEngine) -> None:
    objective = answer(toy, "The cat likes warm milk. The dog likes", " cold water")
    segments, ids = before(objective), objective.sequence.input_ids
    context, target = ids[: objective.target.start], ids[objective.target.start :]
    scores = run("occlusion", objective, segments).values
    ((_, whole),) = toy.score([context], target)
    for part, score in zip(segments, scores, strict=True):
        ((_, less),) = toy.score([context[: part.start] + context[part.stop :]], target)
        assert score == pytest.approx(whole.sum() - less.sum(), abs=1e-12)
    assert objective.log_probs()[0] == pytest.approx(whole.sum())
    assert segments[int(scores.argmax())].text == " likes"


def test_on_a_sum_it_is_what_each_segment_adds() -> None:
    case = linear()
    np.testing.assert_allclose(case.scores("occlusion").values, case.by_segment, atol=1e-9)


def test_captum_agrees_on_the_linear_toy() -> None:
    case = linear(granularity="token")
    engine, objective = case.engine, case.objective
    embeddings = torch.from_numpy(engine.embed(objective.context))[None]  # (1, context, vocab)
    ids, foil_ids = (objective.context + one for one in objective.answers)
    target = Target(objective.target.start, objective.target.start + 1)

    def forward(x: torch.Tensor) -> torch.Tensor:
        contexts = x.numpy()
        foil: FloatArray = engine.score_at(foil_ids, target, contexts)
        return torch.from_numpy(engine.score_at(ids, target, contexts) - foil)

    mask = torch.arange(len(objective.context))[None, :, None].expand_as(embeddings)
    theirs = captum.attr.FeatureAblation(forward).attribute(embeddings, feature_mask=mask)
    ours = case.scores("occlusion").values
    np.testing.assert_allclose(theirs[0, :, 0], ours, atol=1e-6)


def test_what_is_known_is_told_at_once(toy: ToyEngine) -> None:
    objective = answer(toy, "The cat likes warm milk. The dog likes", " cold water")
    segments = before(objective)
    recorder = Recorder()
    scores = Occlusion().attribute(objective, segments, recorder).values.tolist()
    told = {span: score for call in recorder.calls for span, score in call.scores.items()}
    assert told == {(s.start, s.stop): v for s, v in zip(segments, scores, strict=True)}
    assert [call.done for call in recorder.calls] == list(range(len(segments) + 1))
    assert {(call.phase, call.total) for call in recorder.calls} == {("explain", len(segments))}


def test_a_segment_that_is_all_there_is_scores_against_the_last_token(toy: ToyEngine) -> None:
    objective = answer(toy, "The dog", " likes")
    ids = objective.sequence.input_ids
    scores = run("occlusion", objective, before(objective, "line"))
    ((_, less),) = toy.score([ids[1:2]], ids[2:])
    assert scores.values.tolist() == [pytest.approx(objective.value() - less.sum())]


def test_what_is_known_is_not_scored_again() -> None:
    """One call to the engine, the whole context first, then one for each segment."""
    contexts_scored: list[list[Sequence[int]]] = []

    class Counting(ToyEngine):
        def score(
            self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
        ) -> Iterator[tuple[int, FloatArray]]:
            contexts_scored.append(list(contexts))
            return super().score(contexts, *answers)

    objective = answer(Counting(), "The dog likes", " cold")
    segments = before(objective)
    first = run("occlusion", objective, segments).values
    np.testing.assert_array_equal(run("occlusion", objective, segments).values, first)
    (contexts,) = contexts_scored
    assert len(contexts) == 4
    assert contexts[0] == objective.context


def test_a_replacement_stands_where_the_segment_stood(toy: ToyEngine) -> None:
    objective = answer(toy, "The dog likes", " cold")
    ids = objective.sequence.input_ids
    scores = run("occlusion", objective, before(objective), replacement=" bird")
    bird = toy.tokenize(" bird").input_ids
    ((_, replaced),) = toy.score([ids[:1] + bird + ids[2:3]], ids[3:])
    assert scores.values[1] == pytest.approx(objective.value() - replaced.sum())


def test_a_segment_that_nothing_depends_on_gets_nothing() -> None:
    case = linear(WORDS + " eight eight eight")
    idle = (case.by_segment == 0) & case.maskable
    assert idle.any()
    np.testing.assert_allclose(case.scores("occlusion").values[idle], 0, atol=1e-9)


def test_what_it_costs() -> None:
    assert Occlusion().forward_passes(10) == 6


@pytest.mark.model
def test_the_cache_changes_nothing_on_the_default_model(smollm2: Model) -> None:
    engine = smollm2.engine
    example = next(e for e in load_dataset("sample_prompts").examples if e.id == "fewshot-mistake")
    assert example.target is not None
    sequence = engine.append(engine.tokenize(example.prompt), example.target)
    target = select_target(sequence, example.target.rstrip().split("\n")[-1])
    segments = segment(sequence, "line", stop=target.start)
    scores: list[FloatArray] = []
    scorer = engine._scorer  # type: ignore[attr-defined]
    usual = scorer.reuse
    for reuse in (True, False):
        scorer.reuse = reuse
        scores.append(run("occlusion", Objective(engine, sequence, target), segments).values)
    scorer.reuse = usual
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-4)
    # Signs: without the top segment the target is less likely, measured by itself.
    top = segments[int(scores[0].argmax())]
    objective = Objective(engine, sequence, target)
    ids = objective.context
    values = dict(objective.score([ids, ids[: top.start] + ids[top.stop :]]))
    assert values[1] < values[0] - 1
