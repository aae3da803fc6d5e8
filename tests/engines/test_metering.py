"""What counts of engines that ask a server."""

import pytest

from backlit.engines.metering import Meter, meter_of
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


def test_an_answer_takes_a_call_or_one_for_each_token() -> None:
    with faked("llama") as fake:
        meter = meter_of(load_model(fake.source).engine)
    assert meter is not None
    assert meter.calls_for(7) == 1
    assert Meter("http://a", meter.counter, token_by_token=True).calls_for(7) == 7
