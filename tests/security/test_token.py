"""The token is in the server and in a cookie, and nowhere else that can be read."""

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.server import Served, serving

TOKEN = "a-secret-of-the-tests"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    environment = {"BACKLIT_TOKEN": TOKEN, "BACKLIT_CACHE": str(tmp_path / "cache")}
    with serving("toy", environment=environment, log=tmp_path / "log") as served:
        yield served


@pytest.mark.process
def test_neither_processes_nor_answers_nor_the_log_hold_it(served: Served) -> None:
    server = psutil.Process(served.process.pid)
    for process in (server, *server.children(recursive=True)):
        assert TOKEN not in " ".join(process.cmdline())
    assert TOKEN not in served.link
    with served.entered() as client:
        for path in ("/", "/api/state", "/openapi.json", "/nothing", "/assets/nothing.js"):
            assert TOKEN not in client.get(path).text
        for body in ({}, {"model": "toy"}, {"model": "gone", "reference": {"prompt": TOKEN[:3]}}):
            answer = client.post("/api/generate", json=body)
            assert TOKEN not in answer.text + str(answer.headers)
        client.cookies.clear()
        assert TOKEN not in client.get("/").text
        assert TOKEN not in client.get(f"/?token={TOKEN}x").text
    assert TOKEN not in served.log.read_text()


@pytest.mark.process
def test_the_browser_that_is_opened_is_given_a_code(tmp_path: Path) -> None:
    """Any user of the machine can read the arguments of its processes."""
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$*" > {seen}.part\nmv {seen}.part {seen}\n')
    browser.chmod(stat.S_IRWXU)
    environment = {"BACKLIT_TOKEN": TOKEN, "BROWSER": str(browser)}
    with serving("toy", environment=environment, browser=True) as served:
        deadline = time.monotonic() + 60
        while not seen.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        (link,) = seen.read_text().split()
        assert link.startswith(f"{served.url}/?code=")
        assert link != served.link
        assert TOKEN not in link
