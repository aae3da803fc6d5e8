"""The connection to a cluster, where Ray does not do what it should."""

from types import SimpleNamespace
from typing import Any

import pytest

from backlit.batch.cluster import connected
from backlit.errors import OfflineError


def test_a_cluster_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)

    def init(**options: Any) -> None:
        raise Exception("The current node timed out during startup.")

    ray = SimpleNamespace(is_initialized=lambda: False, init=init)
    with (
        pytest.raises(OfflineError, match=r"Ray can't be started: The current node timed out"),
        connected(ray, None),
    ):
        pass
