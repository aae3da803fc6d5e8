"""What counts of engines that ask a server."""

import pytest

from backlit.engines.endpoint.engine import EndpointEngine
from backlit.engines.metering import meter_of
from backlit.engines.toy import ToyEngine
from backlit.model import load_model
from tests.support.endpoints import faked


def test_a_model_that_is_here_has_no_meter() -> None:
    assert meter_of(ToyEngine()) is None


@pytest.mark.parametrize(("price", "dollars"), [(None, None), (0, 0), (2.5, 0.005)])
def test_that_of_a_server_counts_and_knows_the_price(
    price: float | None, dollars: float | None
) -> None:
    with faked("llama") as fake:
        model = load_model(fake.source, endpoint={"price": price})
        meter = meter_of(model.engine)
        assert meter is not None
        assert meter.place == fake.url
        assert meter.counter.calls == len(fake.of_model())
        assert meter.dollars(2_000) == dollars
        model.generate("The dog likes", max_new_tokens=2)
        assert meter.counter.calls == len(fake.of_model())


@pytest.mark.parametrize(("response", "calls"), [("warm milk", 1), ("a 東京 b", 8)])
def test_parts_of_characters_take_a_call_each(response: str, calls: int) -> None:
    with faked("llama") as fake:
        engine = load_model(fake.source).engine
        meter = meter_of(engine)
        assert isinstance(engine, EndpointEngine)
        assert meter is not None
        ids = engine.tokenize(response).input_ids
        before = meter.counter.calls
        list(engine.score([engine.tokenize("The cat likes ").input_ids], ids))
        assert meter.of_answer(ids) == meter.counter.calls - before == calls
