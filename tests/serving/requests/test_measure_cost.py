"""What it would take of a server to measure rows of a table."""

from typing import Any

import pytest

from backlit.data import Example
from backlit.data.base import ExampleList
from backlit.engines.toy import ToyEngine
from backlit.explaining.measuring import Measure
from backlit.model import Model, load_model
from backlit.serving.models import ServedModel
from backlit.serving.requests.measure import MeasureRequest
from backlit.serving.requests.measure_cost import MeasureCostRequest
from backlit.serving.requests.rows import Place
from backlit.serving.service import Service
from backlit.types import GenerationOptions
from tests.support.endpoints import faked
from tests.support.service import Client

PETS = ExampleList(
    "pets",
    (
        Example("dog", "The dog likes", " cold water."),
        Example("cat", "The cat likes", " warm milk."),
        Example("bird", "The bird likes"),
    ),
)
PLACES = [Place(dataset="pets", id=name) for name in ("dog", "cat", "bird", "gone")]


def test_of_a_model_that_is_here_nothing() -> None:
    with Client(Service([ServedModel.of(Model(ToyEngine("m")))], [PETS])) as client:
        request = MeasureCostRequest(model="m", rows=PLACES, measures=["log_prob"])
        assert client.answered(request).expense is None


@pytest.mark.parametrize(
    ("measures", "calls"),
    [
        (["tokens"], 0),
        (["log_prob", "perplexity"], 2),
        (["exact_match"], 2),
        (["tokens", "log_prob", "exact_match", "rouge_l"], 4),
    ],
)
def test_no_more_is_asked_for(measures: list[Measure], calls: int) -> None:
    with faked("sglang") as fake:
        model = load_model(f"remote:{fake.source}", endpoint={"price": 4})
        with Client(Service([ServedModel.of(model)], [PETS])) as client:
            asked: dict[str, Any] = {
                "model": "remote",
                "rows": PLACES,
                "measures": measures,
                "options": GenerationOptions(max_new_tokens=3),
            }
            before = len(fake.of_model())
            told = client.answered(MeasureCostRequest(**asked)).expense
            assert len(fake.of_model()) == before, "nothing is asked for yet"
            client.answered(MeasureRequest(**asked))
            made = len(fake.of_model()) - before
    assert told.calls == made == calls
    assert told.price == told.prompt_tokens * 4 / 1_000_000
