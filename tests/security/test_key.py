"""The key of an endpoint is nowhere but in the header of the requests to it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from backlit.explanation import load_explanation
from backlit.model import load_model
from tests.support.endpoints import Fake, faked
from tests.support.server import serving
from tests.support.service import until

KEY = "sk-very-secret-7413"
PROMPT = "The cat likes"

pytestmark = pytest.mark.process


def in_arguments(process: psutil.Process) -> str:
    """The arguments of a process and of all that it started."""
    return " ".join(" ".join(one.cmdline()) for one in (process, *process.children(recursive=True)))


def command(fake: Fake, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-X", "dev", "-m", "backlit", "explain", "--model", fake.source),
            *("--api-key-env", "THE_KEY", "--prompt", PROMPT, "--granularity", "word"),
            *arguments,
        ],
        env={**os.environ, "THE_KEY": KEY, "PYTHONWARNINGS": "default"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("suffix", ["json", "html", "md", "csv", "svg"])
def test_the_command_writes_it_nowhere(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"why.{suffix}"
    with faked("vllm", key=KEY) as fake:
        fake.go.clear()
        with command(fake, "--output", str(file)) as process:
            until(lambda: bool(fake.asked) or process.poll() is not None)
            shown = in_arguments(psutil.Process(process.pid))
            fake.go.set()
            said, _ = process.communicate()
        assert process.returncode == 0, said
        assert len(fake.asked) > 10
        assert all(one.get("Authorization") == f"Bearer {KEY}" for one in fake.headers)
    assert "THE_KEY" in shown
    for told in (shown, said, file.read_text()):
        assert KEY not in told


def test_an_error_does_not_tell_it() -> None:
    with faked("vllm", key="another") as fake:
        with command(fake) as process:
            said, _ = process.communicate()
        assert process.returncode == 1
    assert "refuses the key" in said
    assert "Incorrect API key" in said, "what the server says, in which the key stood"
    assert KEY not in said


def asking(prompt: str) -> dict[str, Any]:
    """A page's wish for an answer."""
    options = {"max_new_tokens": 3}
    return {"model": "remote", "reference": {"prompt": prompt}, "options": options}


def test_the_page_and_its_log_and_what_is_kept_do_not_tell_it(tmp_path: Path) -> None:
    log, kept = tmp_path / "log", tmp_path / "kept.sqlite3"
    with (
        faked("vllm", key=KEY) as fake,
        serving(
            *(f"remote:{fake.source}", "--api-key-env", "THE_KEY", "--workspace", str(kept)),
            environment={"THE_KEY": KEY, "PYTHONWARNINGS": "default"},
            log=log,
        ) as served,
        served.entered() as client,
    ):
        told = [client.get("/").text, client.get("/api/state").text]
        body = asking(PROMPT)
        told += [client.post("/api/generate", json=body).text]
        fake.key = "another"
        body = asking(f"{PROMPT} warm")
        told += [client.post("/api/generate", json=body).text]
        assert "refuses the key" in told[-1]
        told += [in_arguments(psutil.Process(served.process.pid)), client.get("/api/state").text]
    told += [one.read_bytes().decode(errors="replace") for one in (log, kept)]
    assert not [one for one in told if KEY in one]


def test_python_shows_it_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", KEY)
    with faked("vllm", key=KEY) as fake:
        model = load_model(fake.source, endpoint={"api_key_env": "THE_KEY"})
        explanation = model.explain(PROMPT, response=" warm milk", granularity="word")
    explanation.save(tmp_path / "why.json")
    load_explanation(tmp_path / "why.json")
    shown = [
        repr(model),
        repr(model.engine),
        repr(explanation),
        (tmp_path / "why.json").read_text(),
    ]
    assert not [one for one in shown if KEY in one]
