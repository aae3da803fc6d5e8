"""`kill -9` at any moment: what is there afterwards is whole, and the next one goes on."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

import backlit
from backlit.errors import BacklitError
from backlit.progress import SILENT
from backlit.sources.cache import get_or_make
from tests.support.server import serving

SECONDS = 30
FILES = ("config.json", "tokenizer.json", "model.safetensors")

MAKING = """
import time
from backlit.progress import SILENT
from backlit.sources.cache import get_or_make
def make(work, model):
    print("begun", flush=True)
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        with (model / name).open("wb") as file:
            for _ in range(20):
                file.write(b"x" * 1000)
                file.flush()
                time.sleep(0.001)
get_or_make("tiny", make, SILENT)
"""
SAVING = """
import sys
import backlit
why = backlit.load_explanation(sys.argv[1])
print("begun", flush=True)
while True:
    why.save(sys.argv[2])
"""


@contextmanager
def killed(
    script: str, *arguments: str, chance: random.Random, longest: float, **environment: str
) -> Iterator[None]:
    """Run a script, and kill it some time after it says that it has begun."""
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(chance.uniform(0, longest))
        process.kill()
    yield


def while_converting(rounds: int, folder: Path) -> list[str]:
    """Kill whoever makes a model; the next one finds a whole one or makes it. What went wrong."""
    chance = random.Random(rounds)
    problems = []
    before = os.environ.get("BACKLIT_CACHE")
    os.environ["BACKLIT_CACHE"] = str(folder)
    try:
        for number in range(rounds):
            with killed(MAKING, chance=chance, longest=0.1):
                model = get_or_make("tiny", _make, SILENT)
            sizes = {(model / name).stat().st_size for name in FILES}
            left = list((folder / "models").glob(".*.partial"))
            if sizes - {20_000} or left:
                problems.append(f"round {number}: files of {sizes} bytes, left {left}")
            shutil.rmtree(model)
    finally:
        if before is None:
            del os.environ["BACKLIT_CACHE"]
        else:
            os.environ["BACKLIT_CACHE"] = before
    return problems


def _make(work: Path, model: Path) -> None:
    for name in FILES:
        (model / name).write_bytes(b"x" * 20_000)


def while_saving(rounds: int, folder: Path) -> list[str]:
    """Kill whoever writes an explanation over another; it stays one that can be read."""
    chance = random.Random(rounds)
    path, again = folder / "why.json", folder / "again.json"
    backlit.explain("toy", "The cat likes milk. The cat likes", progress=False).save(path)
    again.write_bytes(path.read_bytes())
    problems = []
    for number in range(rounds):
        with killed(SAVING, str(path), str(again), chance=chance, longest=0.1):
            try:
                backlit.load_explanation(again)
            except BacklitError as error:
                problems.append(f"round {number}: {error}")
    return problems


def while_answering(rounds: int) -> list[str]:
    """Kill the server in the middle of its work: the client hears of it, not of an end."""
    chance = random.Random(rounds)
    body = {
        "model": "toy",
        "reference": {"prompt": "cat " * 2_000, "response_ids": [65]},
        "target": (2_001, 2_002),
        "method": "lime",
        "params": {"n_samples": 20_000},
        "granularity": "token",
    }
    problems = []
    for number in range(rounds):
        with serving("toy") as served, served.entered() as client:
            heard = 0
            try:
                with client.stream("POST", "/api/explain", json=body, timeout=SECONDS) as stream:
                    kill_at = time.monotonic() + chance.uniform(0, 0.5)
                    for _ in stream.iter_lines():
                        heard += 1
                        if time.monotonic() > kill_at:
                            served.process.kill()
                problems.append(f"round {number}: it ended in silence after {heard} lines")
            except httpx2.TransportError:
                pass
    return problems
