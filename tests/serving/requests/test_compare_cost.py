"""What a comparison would take of a server."""

from typing import Any

from backlit.model import load_model
from backlit.serving.models import ServedModel
from backlit.serving.requests.compare import CompareRequest
from backlit.serving.requests.compare_cost import CompareCostRequest
from backlit.serving.service import Service
from tests.support.endpoints import faked
from tests.support.service import Client, question


def test_of_a_model_that_is_here_nothing(client: Client) -> None:
    explanation = client.answered(question(client)).explanation
    request = CompareCostRequest(model="toy", explanations=[explanation] * 2)
    assert client.answered(request).expense is None


def test_no_more_is_asked_for() -> None:
    with faked("sglang") as fake:
        model = load_model(f"remote:{fake.source}", endpoint={"price": 4})
        with Client(Service([ServedModel.of(model)], [])) as client:
            one = client.answered(question(client, "remote")).explanation
            other = model.explain("The cat likes", response=" cold water", progress=False)
            before = len(fake.of_model())
            asked: dict[str, Any] = {"model": "remote", "explanations": [one, other, one]}
            told = client.answered(CompareCostRequest(**asked)).expense
            assert len(fake.of_model()) == before, "nothing is asked for yet"
            client.answered(CompareRequest(**asked))
            made = len(fake.of_model()) - before
    assert told.calls == 9
    assert 0 < made <= 9
    assert told.prompt_tokens >= 4 * one[0].target.stop
    assert told.price == told.prompt_tokens * 4 / 1_000_000


def test_what_is_not_compared_has_no_cost(client: Client) -> None:
    explanation = client.answered(question(client)).explanation
    asked: dict[str, Any] = {"model": "toy", "explanations": [explanation] * 2}
    cases: list[list[list[float | None]]] = [[[0.0, 0.0]] * 3, [[0.0] * 3] * 2]
    for known in cases:
        for request in (CompareRequest, CompareCostRequest):
            told = client.answer(request(**asked, known=known))
            assert "not of these runs" in told.error.message


def test_who_can_say_nothing_is_not_foretold() -> None:
    with faked("chat") as fake:
        model = load_model(f"remote:{fake.source}")
        with Client(Service([ServedModel.of(model)], [])) as client:
            explanation = client.answered(
                question(client, "remote", measure="share", samples=1, matching=".")
            ).explanation
            request = CompareCostRequest(model="remote", explanations=[explanation] * 2)
            assert client.answer(request).error.code == "CapabilityError"
