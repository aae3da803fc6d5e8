"""Many clients, and clients that leave: a short form of what `make soak` does for minutes."""

from pathlib import Path

import pytest

from tests.soak.cancelling import cancel
from tests.soak.load import idle_connections, load
from tests.soak.vanishing import seconds_until_free
from tests.support.server import serving

pytestmark = [pytest.mark.heavy, pytest.mark.process]


def test_many_clients_beside_many_that_only_connect(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        serving("toy", log=log) as served,
        served.entered() as client,
        idle_connections(served, 250),
    ):
        seen = load(served, client.cookies, clients=20, seconds=5)
    assert seen.problems == []
    assert log.read_text() == ""
    assert len(seen.waits) == 20, "every client was answered"
    assert all(len(kinds) == 6 for kinds in seen.waits.values()), "whatever it asked for"


def test_who_leaves_frees_the_model(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving("toy", log=log) as served:
        assert len(list(seconds_until_free(served, "toy", 8, 0.3))) == 8
    assert log.read_text() == ""


@pytest.mark.model
def test_the_default_model_stops_wherever_it_is(smollm2: object) -> None:
    """That it stops is tested; how soon is measured by `make soak`, where nothing else runs."""
    stopped = list(cancel(smollm2, 6))  # type: ignore[arg-type]
    assert len(stopped) == 6
