"""A service on the toy."""

from collections.abc import Iterator

import pytest

from backlit.data import load_dataset
from backlit.model import Model, load_model
from backlit.serving.models import ServedModel
from backlit.serving.service import Service
from tests.support.service import Client


@pytest.fixture
def client() -> Iterator[Client]:
    service = Service([ServedModel("toy", "toy")], [load_dataset("sample_prompts")])
    with Client(service) as client:
        yield client


@pytest.fixture
def toy_model() -> Model:
    return load_model("toy")
