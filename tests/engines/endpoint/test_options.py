from typing import Any

import pytest

from backlit.engines import open_engine
from backlit.engines.endpoint.options import EndpointOptions, as_endpoint_options
from backlit.errors import BudgetError, GatedError, OptionsError
from backlit.model import load_model
from tests.support.endpoints import Fake, faked
from tests.support.service import until

KEY = "sk-very-secret-7413"


@pytest.mark.parametrize(
    "bad",
    [
        {"parallel": 0},
        {"parallel": "8"},
        {"parallel": True},
        {"max_calls": 0},
        {"timeout": 0},
        {"timeout": None},
        {"timeout": float("inf")},
        {"price": -0.1},
        {"price": "2"},
        {"price": True},
        {"price": float("nan")},
        {"price": float("inf")},
        {"api_key": KEY},
        {"api_key_env": KEY},
        {"api_key_env": ""},
    ],
)
def test_what_can_not_be_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(OptionsError) as error:
        as_endpoint_options(bad)
    assert KEY not in str(error.value)


def test_options_are_taken_in_each_form() -> None:
    chosen = EndpointOptions(parallel=2)
    assert as_endpoint_options({"parallel": 2}) == chosen == as_endpoint_options(chosen)
    assert as_endpoint_options(None) is None
    with pytest.raises(OptionsError, match="no set of options"):
        as_endpoint_options(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [None, "", "  ", "sk-\nx", "schlüssel"])
def test_a_variable_that_holds_no_key_is_named(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is not None:
        monkeypatch.setenv("THE_KEY", value)
    with pytest.raises(GatedError, match="THE_KEY"):
        EndpointOptions("THE_KEY").key()


def test_the_key_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", f" {KEY}\n")
    with faked("vllm", key=KEY) as fake:
        model = load_model(fake.source, endpoint={"api_key_env": "THE_KEY"})
        explanation = model.explain("The cat likes", response=" warm milk", granularity="word")
    assert all(one["Authorization"] == f"Bearer {KEY}" for one in fake.headers)
    assert KEY not in explanation.to_json()
    assert "THE_KEY" not in explanation.to_json(), "nor where it is"


def test_options_of_endpoints_are_for_endpoints() -> None:
    with pytest.raises(OptionsError, match="smollm2 is no endpoint"):
        open_engine("smollm2", endpoint=EndpointOptions(parallel=2)).name  # noqa: B018
    with faked("llama") as fake, pytest.raises(OptionsError, match="runs on its server"):
        open_engine(fake.source, device="cpu")


def test_a_budget_ends_work_and_what_was_computed_stays() -> None:
    with faked("llama") as fake:
        model = load_model(fake.source, endpoint={"max_calls": 12})
        spent = len(fake.of_model())
        with pytest.raises(BudgetError, match="12 calls"):
            model.explain("one two three four five six", response=" seven", granularity="word")
        assert spent < len(fake.of_model()) <= 12
        again = load_model(fake.source, endpoint={"max_calls": 30})
        assert again.explain("one two three", response=" four", granularity="word")


def test_requests_in_flight_are_what_the_server_or_the_person_says() -> None:
    for options, most in (({}, 3), ({"parallel": 1}, 1)):
        with faked("llama") as fake:
            model = load_model(fake.source, endpoint=options)
            generation = model.explain(
                "one two three four five six", response=" seven", method="occlusion"
            ).generation
            _together(fake, most)
            model.explain(generation, granularity="word", method="occlusion")
            assert fake.most_in_flight == most


def _together(fake: Fake, most: int) -> None:
    """The first answer waits until as many are in flight as should be."""

    def spoil(path: str, body: Any, answer: Any) -> Any:
        if body and body.get("grammar") and fake.most_in_flight < most:
            until(lambda: fake.most_in_flight >= most)
        return answer

    fake.spoil = spoil
