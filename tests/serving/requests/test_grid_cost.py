"""What a grid would take of a server."""

from typing import Any

import pytest

from backlit.model import load_model
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.requests.grid import GridRequest
from backlit.serving.requests.grid_cost import GridCostRequest
from backlit.serving.service import Service
from backlit.types import GenerationOptions
from tests.support.endpoints import faked
from tests.support.service import Client

VARIANTS = [
    wire.VariantInfo(name="as it is", template="The {who} likes"),
    wire.VariantInfo(name="b", template="Be brief.\nThe {who} likes"),
]
ROWS = [wire.ExampleInfo(id=who, prompt="", fields={"who": who}) for who in ("cat", "dog")]


def test_of_a_model_that_is_here_nothing(client: Client) -> None:
    request = GridCostRequest(model="toy", variants=VARIANTS, rows=ROWS)
    assert client.answered(request).expense is None


@pytest.mark.parametrize("answer", [None, " milk"])
def test_no_more_is_asked_for(answer: str | None) -> None:
    with faked("sglang") as fake:
        model = load_model(f"remote:{fake.source}", endpoint={"price": 4})
        with Client(Service([ServedModel.of(model)], [])) as client:
            fields: dict[str, Any] = {
                "model": "remote",
                "variants": VARIANTS,
                "rows": ROWS,
                "answer": answer,
            }
            options = GenerationOptions(max_new_tokens=3)
            before = len(fake.of_model())
            told = client.answered(GridCostRequest(**fields, options=options)).expense
            assert len(fake.of_model()) == before, "nothing is asked for yet"
            client.answered(GridRequest(**fields, options=options))
            made = len(fake.of_model()) - before
    assert told.calls == 4 + 2 * (1 + 1) + 2 * (1 + 2)
    assert made <= told.calls
    assert told.price == told.prompt_tokens * 4 / 1_000_000
