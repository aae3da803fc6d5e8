"""Machines as they are found: no home, nothing that may be written, two at once."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backlit.serving.listening import bind
from tests.soak.kills import FILES, MAKING
from tests.support.server import serving

pytestmark = pytest.mark.process

EXPLAIN = [
    *(sys.executable, "-m", "backlit", "explain", "--model", "toy"),
    *("--prompt", "The cat likes milk. The cat likes", "--granularity", "word"),
]


def environment(**changes: str | None) -> dict[str, str]:
    """This process's, with changes; None takes a variable out."""
    changed: dict[str, str | None] = {**os.environ, "BACKLIT_CACHE": None, **changes}
    return {name: value for name, value in changed.items() if value is not None}


@pytest.mark.parametrize("home", [None, "", "/nowhere/at/all"])
def test_no_home(home: str | None, tmp_path: Path) -> None:
    done = subprocess.run(
        EXPLAIN,
        env=environment(HOME=home, XDG_CACHE_HOME=None),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "milk" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("cache", ["/sys/backlit", "a-file/below"])
def test_a_cache_that_can_not_be_written(cache: str, tmp_path: Path) -> None:
    """The page and the models that need none are there all the same; the others say why not."""
    (tmp_path / "a-file").touch()
    place = str(tmp_path / cache)
    with (
        serving("toy", "smollm2", environment={"BACKLIT_CACHE": place}) as served,
        served.entered() as client,
    ):
        answer = client.post("/api/load", json={"model": "smollm2"}).text
        assert "can't be written" in answer
        assert "BACKLIT_CACHE" in answer
        body = {"model": "toy", "reference": {"prompt": "The cat likes"}}
        assert '"generation"' in client.post("/api/generate", json=body).text


def test_two_processes_that_make_one_model(tmp_path: Path) -> None:
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", MAKING],
            env=environment(BACKLIT_CACHE=str(tmp_path)),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    begun = [maker.communicate(timeout=60)[0] for maker in makers]
    assert [maker.returncode for maker in makers] == [0, 0]
    assert sorted(begun) == ["", "begun\n"], "one made it, the other waited"
    model = tmp_path / "models" / "tiny"
    assert {(model / name).stat().st_size for name in FILES} == {20_000}


def test_three_servers_at_once(tmp_path: Path) -> None:
    def state() -> str:
        with serving("toy") as served, served.entered() as client:
            together.wait(60)
            return f"{served.url} {client.get('/api/state').status_code}"

    together = threading.Barrier(3)
    with ThreadPoolExecutor(3) as pool:
        answers = [one.result() for one in [pool.submit(state) for _ in range(3)]]
    assert len(set(answers)) == 3
    assert all(answer.endswith(" 200") for answer in answers)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "99999999"], "Invalid value for '--port'"),
        (["--port", "-1"], "Invalid value for '--port'"),
        (["--host", ""], "No host is given"),
        (["--host", "no.such.host.invalid"], "can't listen"),
        (["--port", "{taken}"], "in use"),
    ],
)
def test_an_address_that_can_not_be_had(arguments: list[str], said: str) -> None:
    with bind("127.0.0.1", None) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [
                *(sys.executable, "-m", "backlit", "serve", "toy", "--no-browser"),
                *(one.format(taken=port) for one in arguments),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
