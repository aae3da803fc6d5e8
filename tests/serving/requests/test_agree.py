"""How far maps agree, as scipy says."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from backlit.engines.toy import ToyEngine
from backlit.serving.requests.agree import MAX_MAPS, AgreeRequest
from backlit.serving.requests.load import LoadRequest
from tests.support.service import Client, opened

RANDOM = np.random.default_rng(0)
MAPS: dict[str, list[list[float]]] = {
    "all different": RANDOM.normal(size=(4, 30)).tolist(),
    "many ties": RANDOM.integers(0, 4, size=(4, 30)).astype(float).tolist(),
    "the same, upside down": [[1.0, 2.0, 3.0, 5.0], [-1.0, -2.0, -3.0, -5.0]],
    "two segments": [[0.0, 1.0], [3.0, 2.0], [1.0, 4.0]],
}


def correlations(client: Client, maps: list[list[float]]) -> list[list[float]]:
    event: Any = client.answered(AgreeRequest(model="toy", maps=maps))
    rows: list[list[float]] = event.correlations
    return rows


@pytest.mark.parametrize("name", MAPS)
def test_it_is_spearmans_correlation(client: Client, name: str) -> None:
    maps = MAPS[name]
    expected = [[spearmanr(one, other).statistic for other in maps] for one in maps]
    assert np.array(correlations(client, maps)) == pytest.approx(np.array(expected))


def test_a_map_without_differences_agrees_with_none(client: Client) -> None:
    """Where scipy says nan, which JSON can't."""
    maps = [[1.0, 2.0, 4.0], [3.0, 3.0, 3.0], [0.0, 0.0, 0.0]]
    with pytest.warns(RuntimeWarning, match="constant"):
        assert math.isnan(spearmanr(maps[0], maps[1]).statistic)
    rows = np.array(correlations(client, maps))
    assert rows == pytest.approx(np.diag([1.0, 0.0, 0.0]))


def test_a_map_alone_agrees_with_itself(client: Client) -> None:
    assert np.array(correlations(client, [[1.0, 2.0]])) == pytest.approx(np.eye(1))


@pytest.mark.parametrize("maps", [[[1.0, 2.0], [1.0]], [[]], [[], []]])
def test_maps_of_other_segments_are_refused(client: Client, maps: list[list[float]]) -> None:
    error = client.answer(AgreeRequest(model="toy", maps=maps)).error
    assert error.code == "InputError"
    assert "not of the same segments" in error.message


@pytest.mark.parametrize("count", [0, MAX_MAPS + 1])
def test_none_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="maps"):
        AgreeRequest(model="toy", maps=[[1.0]] * count)


def test_no_model_is_run_for_it() -> None:
    class Idle(ToyEngine):
        def score(self, *arguments: Any) -> Any:
            raise AssertionError("it was run")

    with opened(Idle("m")) as client:
        client.ask(LoadRequest(model="m"))
        events = client.ask(AgreeRequest(model="m", maps=[[1.0, 2.0]]))
        assert [event.type for event in events] == ["agree"]
