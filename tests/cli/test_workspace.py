"""`backlit workspace`, and where `backlit serve` keeps things."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from backlit.serving import listening
from backlit.workspace import Record, Workspace, workspace
from backlit.workspace.database import Opened, open_database
from tests.support.command import run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "workspace.sqlite3"
    with Workspace(path) as workspace:
        workspace.keep([Record("runs", "1", {"words": "<b>"}, [1]), Record("notes", "a")])
    return path


def test_export_and_import(path: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    result = run("workspace", "export", str(lines), "--workspace", str(path))
    assert result.exit_code == 0
    assert "2 records" in result.stdout
    assert len([json.loads(line) for line in lines.read_text().splitlines()]) == 3

    other = str(tmp_path / "other.sqlite3")
    result = run("workspace", "import", str(lines), "--workspace", other)
    assert "2 added, 0 were there already" in result.stdout
    result = run("workspace", "import", str(lines), "--workspace", other)
    assert "0 added, 2 were there already" in result.stdout


def test_import_of_a_review(path: Path, tmp_path: Path) -> None:
    review = tmp_path / "review.json"
    review.write_text(
        '{"backlit_review": 1, "report": "abc", "title": "What led to it", "reviews": [{"run": 1, '
        '"opinion": "agree", "note": "", "by": "Ada", "at": "2026-11-29T10:00:00Z"}]}'
    )
    for told in ("1 added, 0 were there already", "0 added, 1 were there already"):
        result = run("workspace", "import", str(review), "--workspace", str(path))
        assert told in result.stdout
    review.write_text("{}")
    result = run("workspace", "import", str(review), "--workspace", str(path))
    assert result.exit_code == 1
    assert "no exported workspace, and no review" in result.stderr


def test_an_export_replaces_no_file(path: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text("mine")
    result = run("workspace", "export", str(lines), "--workspace", str(path))
    assert result.exit_code == 1
    assert "is there already" in result.stderr
    assert lines.read_text() == "mine"


def test_an_export_of_none_makes_none(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.sqlite3"
    result = run("workspace", "export", str(tmp_path / "lines"), "--workspace", str(nowhere))
    assert result.exit_code == 1
    assert "There is no workspace" in result.stderr
    assert not nowhere.exists()


def test_vacuum_says_what_there_is(path: Path) -> None:
    result = run("workspace", "vacuum", "--workspace", str(path))
    assert result.exit_code == 0
    assert "notes: 1\nruns: 1" in result.stdout
    assert "bytes given back" in result.stdout


def test_a_damaged_one_is_told_of(path: Path) -> None:
    path.write_bytes(b"nothing" * 1000)
    result = run("workspace", "vacuum", "--workspace", str(path))
    assert "was damaged. It is kept as" in result.stderr


# ---- serving -----------------------------------------------------------------------------------


TOKEN = "a-secret-of-the-tests"
Told = list[dict[str, Any] | None]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What each page that would be served is told of its workspace."""
    told: Told = []

    class Asked:
        """Asks the application for its state, and ends."""

        def __init__(self, app: FastAPI, sock: socket.socket, *more: object) -> None:
            self._app, self._sock = app, sock

        def run(self) -> None:
            client = TestClient(self._app, base_url="http://127.0.0.1")
            state = client.get("/api/state", headers={"Authorization": f"Bearer {TOKEN}"}).json()
            told.append(state["workspace"])
            self._sock.close()

    monkeypatch.setattr(listening, "Serving", Asked)
    monkeypatch.setenv("BACKLIT_TOKEN", TOKEN)
    return told


def serve(*arguments: str) -> str:
    result = run("serve", "toy", "--no-browser", *arguments)
    assert result.exit_code == 0, result.stderr
    return result.stderr


def test_serve_opens_the_workspace_it_is_told(path: Path, opened: Told) -> None:
    serve("--workspace", str(path))
    assert opened == [{"path": str(path), "read_only": False, "remarks": []}]


def test_serve_opens_the_usual_one(
    path: Path, opened: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKLIT_WORKSPACE", str(path))
    serve()
    assert opened[0] is not None
    assert opened[0]["path"] == str(path)


def test_serve_opens_none(opened: Told) -> None:
    serve("--no-workspace")
    assert opened == [None]


def test_serve_only_reads(path: Path, opened: Told) -> None:
    serve("--workspace", str(path), "--read-only")
    assert opened[0] is not None
    assert opened[0]["read_only"] is True


def test_the_usual_one_that_can_not_be_opened_keeps_nobody_out(
    opened: Told, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BACKLIT_WORKSPACE", str(tmp_path))  # a folder
    warned = serve()
    assert "is a folder" in warned
    assert "the browser keeps" in warned
    assert opened == [None]


def test_one_that_is_asked_for_and_can_not_be_opened_is_an_error(tmp_path: Path) -> None:
    result = run("serve", "toy", "--no-browser", "--workspace", str(tmp_path))
    assert result.exit_code == 1
    assert "is a folder" in result.stderr


def test_what_was_set_aside_is_told(path: Path, opened: Told) -> None:
    path.write_bytes(b"nothing" * 1000)
    assert "was damaged. It is kept as" in serve("--workspace", str(path))
    assert opened[0] is not None
    assert "was damaged" in opened[0]["remarks"][0]


def test_a_page_for_review_has_no_models(path: Path, opened: Told) -> None:
    result = run("serve", "--review", "--no-browser", "--workspace", str(path))
    assert result.exit_code == 0, result.stderr
    assert opened == [{"path": path.name, "read_only": False, "remarks": []}]


def test_a_page_for_review_that_could_keep_none_does_not_start(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def protected(path: Path, *, read_only: bool) -> Opened:
        return open_database(path, read_only=True)

    monkeypatch.setattr(workspace, "open_database", protected)
    result = run("serve", "--review", "--no-browser", "--workspace", str(path))
    assert result.exit_code == 1
    assert "no review could be kept" in result.stderr


@pytest.mark.parametrize("more", [["--no-workspace"], ["--read-only"], ["toy"], ["--data", "x"]])
def test_a_page_for_review_takes_nothing_else(more: list[str]) -> None:
    assert run("serve", "--review", "--no-browser", *more).exit_code == 2


def test_no_workspace_and_one_at_once_is_wrong_usage(path: Path) -> None:
    result = run("serve", "toy", "--no-browser", "--no-workspace", "--workspace", str(path))
    assert result.exit_code == 2
