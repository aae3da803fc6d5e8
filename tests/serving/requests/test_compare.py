"""Runs beside each other, as Python compares them."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from backlit.engines.toy import ToyEngine
from backlit.explaining.comparing import MOST
from backlit.explanation import Explanation
from backlit.model import Model
from backlit.serving import wire
from backlit.serving.requests.compare import CompareRequest
from tests.support.bounding import BoundingEngine
from tests.support.service import PROMPT, Client, opened

OTHER = PROMPT.replace("dog", "cat")


def explained(model: Model, prompt: str = PROMPT, response: str = " cold water.") -> Explanation:
    return model.explain(prompt, response=response, method="occlusion", progress=False)


@pytest.fixture
def both(toy_model: Model) -> list[Explanation]:
    return [explained(toy_model), explained(toy_model, OTHER, " warm milk.")]


def test_it_says_what_python_says(
    client: Client, toy_model: Model, both: list[Explanation]
) -> None:
    events = client.ask(CompareRequest(model="toy", explanations=both))
    known = toy_model.compare(both, progress=False)
    last: Any = events[-1]
    assert [tuple(row) for row in last.log_probs] == list(known.log_probs)
    assert last.sentences == known.sentences
    phases = {event.phase for event in events if isinstance(event, wire.ProgressEvent)}
    assert phases == {"compare"}


def test_what_another_model_said_is_joined(client: Client, both: list[Explanation]) -> None:
    other = Model(ToyEngine("other"))
    mixed = [both[0], explained(other, OTHER, " warm milk.")]
    alone = client.answered(CompareRequest(model="toy", explanations=mixed))
    assert alone.log_probs[1] == [None, None]
    known = [list(row) for row in other.compare(mixed, progress=False).log_probs]
    joined = client.answered(CompareRequest(model="toy", explanations=mixed, known=known))
    assert joined.log_probs == [alone.log_probs[0], known[1]]
    assert "its old answer is" in joined.sentences[0]


def test_a_second_time_it_is_remembered(client: Client, both: list[Explanation]) -> None:
    request = CompareRequest(model="toy", explanations=both)
    first = client.answered(request)
    assert client.ask(request) == [first.model_copy(update={"cached": True})]


def test_what_contradicts_itself_is_refused(client: Client, both: list[Explanation]) -> None:
    map_ = both[1].attributions[0]
    wrong = replace(map_, target=replace(map_.target, stop=1_000))
    mad = [both[0], replace(both[1], attributions=(wrong,))]
    error = client.answer(CompareRequest(model="toy", explanations=mad)).error
    assert error.code == "InputError"
    assert "Run 2 contradicts itself" in error.message


@pytest.mark.parametrize("known", [[[None, None]] * 3, [[None, None, None]] * 2])
def test_what_is_known_of_others_is_refused(
    client: Client, both: list[Explanation], known: list[list[float | None]]
) -> None:
    error = client.answer(CompareRequest(model="toy", explanations=both, known=known)).error
    assert "not of these runs" in error.message


@pytest.mark.parametrize("count", [1, MOST + 1])
def test_too_few_and_too_many_are_refused(both: list[Explanation], count: int) -> None:
    with pytest.raises(ValidationError):
        CompareRequest(model="toy", explanations=both[:1] * count)


def test_bounds_are_told_and_those_of_another_model_kept() -> None:
    model = Model(BoundingEngine(top=3))
    runs = [
        explained(model, "The dog likes", " cold"),
        explained(model, "Two and two make", " four"),
    ]
    with opened(BoundingEngine(top=3)) as client:
        told = client.answered(CompareRequest(model="m", explanations=runs))
        assert told.at_most == [(1, 0), (0, 1)]
        assert "is at least " in told.sentences[0]
        known: list[list[float | None]] = [[None, None], [-9.0, None]]
        others = [replace(one, generation=replace(one.generation, model="other")) for one in runs]
        request = CompareRequest(model="m", explanations=others, known=known, at_most=[(1, 0)])
        assert client.answered(request).at_most == [(1, 0)]
        own = request.model_copy(update={"explanations": runs, "at_most": [(0, 0)]})
        assert (0, 0) not in client.answered(own).at_most, "the model here says it itself"
        beside = request.model_copy(update={"at_most": [(0, 2)]})
        assert "none of these runs" in client.answer(beside).error.message
