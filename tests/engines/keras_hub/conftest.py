"""Of the tests here, those that run Keras can only be read where it is installed."""

from importlib.util import find_spec
from pathlib import Path

import pytest

WITHOUT_KERAS = ["test_runtime.py", "test_presets.py", "test_padding.py"]

# They are run by `make test-keras`, in an environment for each framework.
collect_ignore = (
    []
    if find_spec("keras_hub")
    else [
        path.name
        for path in Path(__file__).parent.glob("test_*.py")
        if path.name not in WITHOUT_KERAS
    ]
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        own = item.path.parent.name == "keras_hub"
        if own and item.path.name not in WITHOUT_KERAS:
            item.add_marker(pytest.mark.keras)
