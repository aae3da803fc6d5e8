"""Random requests to a real server; `make soak` makes more of them."""

from pathlib import Path

import pytest

from tests.soak.api import fuzz

pytestmark = [pytest.mark.heavy, pytest.mark.process]


def test_random_requests_are_answered_as_documented(tmp_path: Path) -> None:
    found = fuzz(10, tmp_path, phases="fuzzing")
    assert found.failures == []
    assert found.tracebacks == []
    assert found.cases > 100
