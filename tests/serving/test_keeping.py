"""Requests about the workspace."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from backlit.errors import WorkspaceError
from backlit.serving import wire
from backlit.serving.access import Access
from backlit.serving.http import create_app
from backlit.serving.models import ServedModel
from backlit.serving.requests.base import Request
from backlit.serving.requests.keeping import (
    ChangesRequest,
    DropRequest,
    KeepRequest,
    KeptRecord,
    ListRequest,
    ReadRequest,
)
from backlit.serving.requests.load import LoadRequest
from backlit.serving.requests.review import ReviewRequest
from backlit.serving.service import Service
from backlit.workspace import Record, Workspace
from tests.support.service import SECONDS, Client

TOKEN = "a-secret-of-the-tests"
RUN = KeptRecord(collection="runs", id="1", head={"words": "<script>"}, body={"all": [1.5, None]})


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "workspace.sqlite3") as opened:
        yield opened


def serving(workspace: Workspace | None) -> Client:
    return Client(Service([ServedModel("toy", "toy")], [], workspace=workspace))


def test_a_record_is_saved_listed_read_and_dropped(workspace: Workspace) -> None:
    with serving(workspace) as client:
        saved = client.answer(KeepRequest(records=[RUN]))
        assert saved.revision == workspace.revision()
        (head,) = client.answer(ListRequest(collection="runs")).heads
        assert (head.id, head.head) == ("1", RUN.head)
        assert client.answer(ReadRequest(collection="runs", id="1")).record == RUN
        assert client.answer(DropRequest(collection="runs", ids=["1"])).revision > saved.revision
        assert client.answer(ReadRequest(collection="runs", id="1")).record is None
        assert client.answer(ListRequest(collection="runs")).heads == []


def test_it_is_saved_before_that_is_said(workspace: Workspace) -> None:
    with serving(workspace) as client, Workspace(workspace.path, read_only=True) as other:
        for number in range(20):
            client.answer(KeepRequest(records=[RUN.model_copy(update={"id": str(number)})]))
            assert other.read("runs", str(number)) is not None


def test_what_others_save_is_heard_of(workspace: Workspace) -> None:
    with serving(workspace) as client, Workspace(workspace.path) as other:
        before = client.answer(ChangesRequest())
        other.keep([Record("notes", "1")])
        after = client.answer(ChangesRequest(since=before.revision))
        assert (before.collections, after.collections) == ([], ["notes"])
        assert client.answer(ChangesRequest(since=after.revision)).collections == []


def test_the_page_is_told_where_things_are_kept(workspace: Workspace) -> None:
    with serving(workspace) as client:
        info = client.service.state().workspace
        assert info is not None
        assert (info.path, info.read_only, info.remarks) == (str(workspace.path), False, [])
    with serving(None) as client:
        assert client.service.state().workspace is None


def test_where_there_is_none_that_is_said() -> None:
    with serving(None) as client:
        (event,) = client.ask(KeepRequest(records=[RUN]))
        assert isinstance(event, wire.ErrorEvent)
        assert event.error.code == "WorkspaceError"
        assert "no workspace" in event.error.message


def test_where_it_is_only_read_that_is_said(workspace: Workspace) -> None:
    workspace.keep([Record("runs", "1")])
    with Workspace(workspace.path, read_only=True) as reader, serving(reader) as client:
        assert client.answer(KeepRequest(records=[RUN])).error.code == "ReadOnlyError"
        assert client.answer(DropRequest(collection="runs", ids=["1"])).error.code == (
            "ReadOnlyError"
        )
        assert len(client.answer(ListRequest(collection="runs")).heads) == 1


def test_a_failed_save_is_told_and_the_next_one_works(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(records: object) -> int:
        raise WorkspaceError("There is no room.")

    with serving(workspace) as client:
        with monkeypatch.context() as patched:
            patched.setattr(workspace, "keep", full)
            assert client.answer(KeepRequest(records=[RUN])).error.message == "There is no room."
        assert client.answer(KeepRequest(records=[RUN])).type == "saved"


def test_a_bug_is_told_as_one(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(collection: str) -> list[Any]:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(workspace, "heads", broken)
    with serving(workspace) as client:
        error = client.answer(ListRequest(collection="runs")).error
        assert error.code == "InternalError"
        assert "secret" not in error.message
        assert client.answer(ChangesRequest()).type == "changes"  # whoever comes next is answered


def test_a_cancelled_request_ends(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    heads = workspace.heads

    def slow(collection: str) -> list[Any]:
        held.wait(SECONDS)
        return list(heads(collection))

    monkeypatch.setattr(workspace, "heads", slow)
    with serving(workspace) as client:
        first, _ = client.begin(ListRequest(collection="runs"))
        waiting, cancel = client.begin(KeepRequest(records=[RUN]))
        cancel()
        held.set()
        last = waiting.get(timeout=SECONDS)
        assert isinstance(last, wire.ErrorEvent)
        assert last.error.code == "Cancelled"
        assert first.get(timeout=SECONDS) is not None
    assert workspace.read("runs", "1") is None


def test_half_a_character_is_refused() -> None:
    body = r'{"records": [{"collection": "runs", "id": "1", "head": {"half": "\ud800"}}]}'
    with pytest.raises(ValidationError):
        KeepRequest.model_validate_json(body)
    with pytest.raises(ValidationError, match="half a character"):
        KeepRequest.model_validate(json.loads(body))


@pytest.mark.parametrize(
    "body",
    [
        {"records": [{"collection": "", "id": "1", "head": {}}]},
        {"records": [{"collection": "runs", "id": "x" * 201, "head": {}}]},
        {"records": [{"collection": "runs", "id": "1", "head": []}]},
        {"records": "many"},
        {},
    ],
)
def test_over_http_what_is_none_is_refused(workspace: Workspace, body: dict[str, Any]) -> None:
    service = Service([ServedModel("toy", "toy")], [], workspace=workspace)
    with TestClient(create_app(service, Access(TOKEN)), base_url="http://localhost") as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        assert client.post("/api/keep", json=body).status_code == 422
        whole = {"records": [RUN.model_dump()]}
        assert '"saved"' in client.post("/api/keep", json=whole).text
    service.close()
    assert [head.id for head in workspace.heads("runs")] == ["1"]


def test_who_only_reviews_reads_and_says_what_they_think(workspace: Workspace) -> None:
    workspace.keep([Record("runs", "1", {"words": "x"}, [1])])
    head = {
        "run": "1",
        "report": "",
        "number": 0,
        "about": "",
        "opinion": "agree",
        "note": "",
        "by": "Ada",
        "at": 5,
    }
    review = KeptRecord(collection="reviews", id="r", head=head, body={})
    with Client(Service([], [], workspace=workspace, review=True)) as client:
        assert client.service.state().review
        assert client.answer(ReadRequest(collection="runs", id="1")).record.body == [1]
        assert client.answer(KeepRequest(records=[review])).revision == workspace.revision()
        assert client.answer(ListRequest(collection="reviews")).heads[0].head == review.head
        other = review.model_copy(update={"head": {**head, "by": "Ben"}})
        event = client.answer(KeepRequest(records=[other]))
        assert isinstance(event, wire.ErrorEvent)  # nobody puts words in another's mouth
        assert "there already" in event.error.message
        changes: list[dict[str, Any]] = [
            {"head": {}},
            {"head": {**head, "at": 10**300}},
            {"body": "x" * 1000},
            {"collection": "runs"},
        ]
        for change in changes:
            strange = review.model_copy(update={"id": "s", **change})
            event = client.answer(KeepRequest(records=[strange]))
            assert isinstance(event, wire.ErrorEvent)
            assert "no review" in event.error.message
        refused: list[Request] = [
            ListRequest(collection="secrets"),
            ReadRequest(collection="secrets", id="1"),
            DropRequest(collection="runs", ids=["1"]),
            DropRequest(collection="reviews", ids=["r"]),
            LoadRequest(model="toy"),
            ReviewRequest(text="{}"),
        ]
        for request in refused:
            event = client.answer(request)
            assert isinstance(event, wire.ErrorEvent)
            assert "for review" in event.error.message
        info = client.service.state().workspace
        assert info is not None
        assert info.path == workspace.path.name  # and not whose folder it is in
    assert [one.head for one in workspace.heads("runs")] == [{"words": "x"}]
    assert [one.head for one in workspace.heads("reviews")] == [head]
