"""What methods and checks would cost, said before they run, and counted as they do."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from backlit.explaining.faithfulness import check_map, forward_passes
from backlit.methods import make_method, methods
from backlit.methods.objective import Objective
from backlit.model import load_model
from backlit.segments import segment
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.requests.check import CheckRequest
from backlit.serving.requests.estimate import EstimateRequest
from backlit.serving.requests.mute import MuteRequest
from backlit.serving.requests.prove import ProveRequest
from backlit.serving.requests.trace import TraceRequest
from backlit.serving.service import Service
from backlit.types import Message, Target
from tests.support.endpoints import Fake, faked
from tests.support.service import Client, Counting, opened, question, written


def estimate_of(client: Client, model: str = "toy", **changes: Any) -> EstimateRequest:
    """Of the end of the answer to the usual prompt, by words."""
    asked = question(client, model)
    fields: dict[str, Any] = {
        "model": model,
        "reference": asked.reference,
        "target": asked.target,
        "granularity": "word",
    }
    return EstimateRequest(**(fields | changes))


def test_every_method_has_its_cost(client: Client) -> None:
    request = estimate_of(client, params={"shapley": {"n_samples": 1_000}})
    event = client.answered(request)
    assert set(event.costs) == set(methods())
    assert event.costs["shapley"].runs > event.costs["grad_l2"].runs
    usual = client.answered(estimate_of(client)).costs
    assert event.costs["shapley"].runs > usual["shapley"].runs
    assert event.costs["lime"].runs == usual["lime"].runs


def test_a_method_that_fails_costs_only_its_own_entry(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: object, segments: int) -> float:
        raise OverflowError

    monkeypatch.setattr(methods()["lime"], "forward_passes", broken)
    params: dict[str, Any] = {"shapley": {"n_samples": -1}}
    event = client.answered(estimate_of(client, params=params))
    assert set(methods()) - set(event.costs) == {"lime", "shapley"}
    assert "What lime would cost" in caplog.text


def test_costs_are_those_that_methods_name(client: Client) -> None:
    event = client.answered(estimate_of(client))
    generation = written(client).generation
    cut = segment(generation.sequence, "word", stop=len(generation.sequence.tokens) - 1)
    for name, cost in event.costs.items():
        assert cost.runs == make_method(name).forward_passes(len(cut))


def test_seconds_follow_from_the_models_speed(client: Client) -> None:
    event = client.answered(estimate_of(client))
    assert all(cost.seconds > 0 for cost in (*event.costs.values(), event.check))
    ratios = [cost.seconds / cost.runs for cost in (*event.costs.values(), event.check)]
    assert ratios == pytest.approx([ratios[0]] * len(ratios))


def test_of_a_model_that_never_ran_seconds_are_not_known() -> None:
    with opened(Counting()) as client:
        reference = wire.SequenceRef(prompt="a", response_ids=[65])
        request = EstimateRequest(model="m", reference=reference, target=(1, 2))
        event = client.answered(request)
        assert {cost.seconds for cost in (*event.costs.values(), event.check)} == {None}


def test_a_foil_doubles_all(client: Client) -> None:
    alone = client.answered(estimate_of(client))
    contrast = client.answered(estimate_of(client, foil=" soup"))
    for name, cost in alone.costs.items():
        assert contrast.costs[name].runs == 2 * cost.runs
    assert contrast.check.runs == 2 * alone.check.runs


def test_what_the_template_added_costs_nothing(client: Client) -> None:
    messages = [Message("user", "what does the dog like?")]
    reference = wire.SequenceRef(prompt=messages, response_ids=[65])
    sequence = client.answered(estimate_of(client)) and read(reference)
    start = sequence.prompt_length
    request = estimate_of(client, reference=reference, target=(start, start + 1))
    cut = segment(sequence, "word", stop=start)
    free = sum(one.role != "template" for one in cut)
    assert free < len(cut)
    assert client.answered(request).costs["occlusion"].runs == make_method(
        "occlusion"
    ).forward_passes(free)


def read(reference: wire.SequenceRef) -> Any:
    engine = Counting()
    return engine.append(engine.tokenize(wire.prompt_of(reference.prompt)), reference.response_ids)


class Asked(Objective):
    """Knows which altered prompts were asked for, whether or not they were known."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.contexts: list[tuple[int, ...]] = []

    def score(self, contexts: Sequence[Sequence[int]]) -> Iterator[tuple[int, float]]:
        self.contexts += [tuple(context) for context in contexts]
        return super().score(contexts)


@pytest.mark.parametrize("words", [4, 5, 11, 40, 100])
def test_a_check_costs_at_most_half_of_the_altered_prompts_that_it_may_ask_for(words: int) -> None:
    """They are half as long, on average. Those that come again are asked for, but run once."""
    prompt = " ".join(f"w{'ab'[n % 2] * (n % 7)}{n}" for n in range(words))
    engine = Counting()
    sequence = engine.append(engine.tokenize(prompt), "a")
    start = sequence.prompt_length
    segments = segment(sequence, "word", stop=start)
    scores = np.random.default_rng(1).normal(size=len(segments)).tolist()
    objective = Asked(engine, sequence, Target(start, start + 1))
    check_map(objective, segments, scores)
    with opened(Counting()) as client:
        reference = wire.SequenceRef(prompt=prompt, response_ids=[97])
        request = EstimateRequest(
            model="m", reference=reference, target=(start, start + 1), granularity="word"
        )
        event = client.answered(request)
        assert event.check.runs == forward_passes(len(segments))
        assert event.check.runs >= len(set(objective.contexts)) / 2
        by_parts = request.model_copy(update={"granularity": "line", "parts": len(segments)})
        assert client.answered(by_parts).check == event.check
    assert len(set(engine.scored)) == len(engine.scored)
    assert set(engine.scored) == {*objective.contexts, objective.context}


def test_the_progress_of_a_check_has_one_end(client: Client) -> None:
    asked = question(client)
    attribution = client.answered(asked).explanation[0]
    events = client.ask(
        CheckRequest(model="toy", reference=asked.reference, attribution=attribution)
    )
    told = [event for event in events if isinstance(event, wire.ProgressEvent)]
    (total,) = {event.total for event in told}
    assert total is not None
    assert all(event.done <= total for event in told)


# ---- of a server -----------------------------------------------------------------------------

MEASURED = ("occlusion", "sparse_ablation", "lime", "shapley")


@contextmanager
def asking(**options: Any) -> Iterator[tuple[Fake, Client]]:
    """A service with a model `remote` that a fake server runs."""
    with faked("sglang") as fake:
        model = load_model(f"remote:{fake.source}", endpoint=options)
        with Client(Service([ServedModel.of(model)], [])) as client:
            yield fake, client


@pytest.mark.parametrize("foil", [None, " soup"])
@pytest.mark.parametrize("method", MEASURED)
def test_a_server_is_asked_for_no_more_than_is_told(method: str, foil: str | None) -> None:
    """A map and the proofs of its first parts, as a page has them, and then a check."""
    with asking(price=2.5) as (fake, client):
        asked = question(client, "remote", method=method, foil=foil)
        told = client.answered(estimate_of(client, "remote", foil=foil))
        assert set(told.costs) == set(MEASURED)
        before = len(fake.of_model())
        attribution = client.answered(asked).explanation[0]
        about: dict[str, Any] = {"model": "remote", "reference": asked.reference}
        client.answered(ProveRequest(**about, attribution=attribution))
        made = len(fake.of_model()) - before
        expense = told.costs[method].expense
        assert expense.calls >= made > 0
        assert expense.price == expense.prompt_tokens * 2.5 / 1_000_000
        before = len(fake.of_model())
        client.answered(CheckRequest(**about, attribution=attribution))
        made = len(fake.of_model()) - before
        assert told.check.expense.calls >= made > 0
        assert told.costs[method].seconds is None


def test_without_a_price_there_is_none_and_a_foil_costs_more() -> None:
    with asking() as (_, client):
        alone = client.answered(estimate_of(client, "remote"))
        contrast = client.answered(estimate_of(client, "remote", foil=" soup"))
    for method in MEASURED:
        assert alone.costs[method].expense.price is None
        more = contrast.costs[method].expense.calls - alone.costs[method].expense.calls
        written = 5  # what the model says without the first parts, which a foil changes nothing of
        assert more == alone.costs[method].expense.calls - written
    assert contrast.check.expense.calls == 2 * alone.check.expense.calls


def test_a_mute_asks_nothing_of_a_foil() -> None:
    with asking() as (_, client):
        alone, contrast = (
            client.answered(estimate_of(client, "remote", foil=foil)) for foil in (None, " soup")
        )
    assert contrast.mute == alone.mute
    assert contrast.think_again == alone.think_again


def test_an_answer_that_came_from_elsewhere_is_a_call_more() -> None:
    with asking() as (fake, client):
        known = question(client, "remote")
        told = client.answered(estimate_of(client, "remote"))
        elsewhere = known.reference.model_copy(update={"finish_reason": "given"})
        more = client.answered(estimate_of(client, "remote", reference=elsewhere))
        before = len(fake.of_model())
        client.answered(known.model_copy(update={"reference": elsewhere}))
        made = len(fake.of_model()) - before
    assert more.costs["occlusion"].expense.calls == told.costs["occlusion"].expense.calls + 1
    assert made <= more.costs["occlusion"].expense.calls


def test_coarse_to_fine_costs_its_budget() -> None:
    prompt = "The dog likes cold water.\n\n" * 5
    reference = wire.SequenceRef(prompt=prompt, response_ids=[65])
    start = read(reference).prompt_length
    about: dict[str, Any] = {"model": "remote", "reference": reference, "granularity": "token"}
    with asking() as (_, client):
        each = [
            client.answered(EstimateRequest(**about, target=(start, start + 1), budget=budget))
            for budget in (None, 2, 12)
        ]
    fine, least, coarse = (one.costs["occlusion"].expense.calls for one in each)
    assert least < coarse < fine
    assert coarse - least == 12 - 5, "the coarsest level is measured always"


def test_of_a_model_that_is_here_there_is_no_expense(client: Client) -> None:
    event = client.answered(estimate_of(client, budget=2))
    assert {cost.expense for cost in (*event.costs.values(), event.check)} == {None}


def test_where_answers_are_counted_it_is_said_how_many(client: Client) -> None:
    event = client.answered(estimate_of(client, measure="share", samples=3, matching="soup"))
    assert set(event.costs) == {"occlusion", "sparse_ablation", "lime", "shapley"}
    request = question(client, method="occlusion", measure="share", samples=3, matching="soup")
    segments = len(client.answered(request).explanation[0].segments)
    assert event.costs["occlusion"].answers == 3 * (1 + segments)
    assert event.costs["occlusion"].seconds is None
    assert event.check.answers > event.costs["occlusion"].answers
    assert client.answered(estimate_of(client)).check.answers is None


def test_of_a_server_it_is_said_in_calls() -> None:
    with asking() as (fake, client):
        asked: dict[str, Any] = {"measure": "share", "samples": 3, "matching": "soup"}
        request = question(client, "remote", **asked)
        event = client.answered(estimate_of(client, "remote", **asked))
        cost = event.costs["occlusion"]
        before = len(fake.of_model())
        client.answered(request)
        assert len(fake.of_model()) - before == cost.answers
        assert cost.expense is not None
        assert cost.expense.calls == cost.answers + 3 * 5  # and four proofs, with all drawn afresh


def test_a_mute_and_the_way_through_the_answer_ask_for_no_more_than_is_told() -> None:
    with asking(price=2.5) as (fake, client):
        asked = question(client, "remote", method="occlusion")
        told = client.answered(estimate_of(client, "remote"))
        attribution = client.answered(asked).explanation[0]
        about: dict[str, Any] = {"model": "remote", "reference": asked.reference}
        before = len(fake.of_model())
        client.answered(TraceRequest(**about, attribution=attribution))
        assert 0 < len(fake.of_model()) - before <= told.costs["occlusion"].trace.calls
        before = len(fake.of_model())
        mute = MuteRequest(**about, target=asked.target, spans=[(0, 1)])
        client.answered(mute)
        assert len(fake.of_model()) - before <= told.mute.calls
        before = len(fake.of_model())
        client.answered(mute.model_copy(update={"think_again": 1}))
        assert len(fake.of_model()) - before <= told.think_again.calls
        share: dict[str, Any] = {"measure": "share", "samples": 3, "matching": "a"}
        told = client.answered(estimate_of(client, "remote", **share))
        assert told.mute.calls == 6
        assert told.think_again is None
        before = len(fake.of_model())
        client.answered(MuteRequest(**about, target=asked.target, spans=[(0, 1)], **share))
        assert len(fake.of_model()) - before == 6


def test_of_a_model_that_is_here_no_mute_is_told(client: Client) -> None:
    event = client.answered(estimate_of(client))
    assert event.mute is None
    assert event.think_again is None
    assert {cost.trace for cost in event.costs.values()} == {None}
