"""Engines and sequences that many tests share."""

import os
import tempfile

# What is kept while tests run is nobody's.
os.environ["BACKLIT_WORKSPACE"] = f"{tempfile.mkdtemp()}/workspace.sqlite3"
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest

from backlit.engines import deadline
from backlit.engines.base import Engine
from backlit.engines.toy import ToyEngine
from backlit.model import Model, load_model
from scripts.llama_server import quantised, running
from tests.support.untraced import UntracedThread

# However busy the machine is, no example takes too long.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def untraced_deadlines() -> Iterator[None]:
    """Threads that are stopped when their time is over are not measured."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deadline, "threading", SimpleNamespace(Thread=UntracedThread))
        yield


@pytest.fixture(scope="session")
def toy() -> ToyEngine:
    return ToyEngine()


@pytest.fixture(scope="session")
def smollm2() -> Model:
    """The default model, fetched and converted on first use."""
    return load_model("smollm2", device="cpu")


@pytest.fixture(scope="session")
def smollm2_engine(smollm2: Model) -> Engine:
    return smollm2.engine


@pytest.fixture(scope="session")
def llama_weights(request: pytest.FixtureRequest) -> Path:
    """The folder of the default model's files for llama.cpp."""
    cache = request.config.cache
    assert cache is not None
    return cache.mkdir("llama")


@pytest.fixture(scope="session")
def llama_url(llama_weights: Path) -> Iterator[str]:
    """llama.cpp's own server with the default model in it."""
    with running(quantised(llama_weights)) as address:
        yield address
