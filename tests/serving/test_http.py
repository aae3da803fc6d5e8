"""The HTTP face: guards, streams, errors; a real server where it matters."""

import asyncio
import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from backlit.serving import wire
from backlit.serving.access import MAX_BODY_BYTES, Access
from backlit.serving.call import Emit
from backlit.serving.http import create_app
from backlit.serving.listening import bind
from backlit.serving.models import ServedModel
from backlit.serving.requests import Request
from backlit.serving.service import Service
from tests.support.server import Served, serving

TOKEN = "a-secret-of-the-tests"
REFERENCE = {"prompt": "Question: what does the dog like? Answer:"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    service = Service([ServedModel("toy", "toy")], [])
    with TestClient(
        create_app(service, Access(TOKEN)),
        base_url="http://127.0.0.1:8400",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield client
    service.close()


def events(response: Any) -> list[dict[str, Any]]:
    lines = response.text.splitlines()
    return [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]


def test_a_request_streams_its_events(client: TestClient) -> None:
    response = client.post("/api/generate", json={"model": "toy", "reference": REFERENCE})
    assert response.headers["content-type"].startswith("text/event-stream")
    heard = events(response)
    assert heard[-1]["type"] == "generation"
    assert heard[-1]["generation"]["sequence"]["text"].startswith(REFERENCE["prompt"] + " the dog")


def test_a_browser_is_told_in_its_language_and_nobody_hears_anothers(client: TestClient) -> None:
    written = events(client.post("/api/generate", json={"model": "toy", "reference": REFERENCE}))
    sequence = written[-1]["generation"]["sequence"]
    first, end = sequence["prompt_length"], len(sequence["tokens"])
    ids = [token["id"] for token in sequence["tokens"][first:]]
    asked = {
        "model": "toy",
        "reference": {**REFERENCE, "response_ids": ids},
        "target": [first, end],
        "spans": [[0, 2]],
    }

    def change(language: str) -> str:
        headers = {"Accept-Language": language}
        told: str = events(client.post("/api/mute", json=asked, headers=headers))[-1]["change"]
        return told

    assert change("en-GB").endswith(("likely", "before"))
    assert change("tr-TR,en;q=0.5").endswith(("olasılıklı", "olasılıkta"))
    assert change("en") == change("de")
    state = client.get("/api/state", headers={"Accept-Language": "tr"}).json()
    assert state["units"]["line"] == "satır"
    assert client.get("/api/state").json()["units"]["line"] == "line"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"not json", "InputError"),
        (b"{}", "InputError"),
        (b'{"model": "toy", "reference": {"prompt": "half \\ud800"}}', "PromptError"),
        (
            b'{"model": "toy", "reference": {"prompt": [{"role": "user", "content": "\\ud800"}]}}',
            "PromptError",
        ),
        (
            b'{"model": "toy", "reference": {"prompt": "a"}, "options": {"stop": ["\\ud800"]}}',
            "PromptError",
        ),
        (b'{"model": "\\ud800", "reference": {"prompt": "a"}}', "PromptError"),
        (b'{"model": "toy", "reference": {"prompt": "%s"}}' % (b"a" * 2_000_001), "PromptError"),
        (
            b'{"model": "toy", "reference": {"prompt": "a"}, "options": {"top_p": 3}}',
            "OptionsError",
        ),
        (b'{"model": "toy", "reference": {"prompt": "a"}, "more": 1}', "InputError"),
    ],
)
def test_bad_bodies_are_told_what_is_wrong(client: TestClient, body: bytes, code: str) -> None:
    response = client.post(
        "/api/generate", content=body, headers={"content-type": "application/json"}
    )
    assert response.status_code == 422
    assert response.json()["code"] == code
    assert response.json()["message"]


def test_a_body_that_is_too_large_is_not_read(client: TestClient) -> None:
    response = client.post("/api/generate", content=b" " * (MAX_BODY_BYTES + 1))
    assert response.status_code == 413
    assert response.json()["message"] == "The request is larger than 16 MB."


def test_a_file_may_be_larger_than_a_prompt(client: TestClient) -> None:
    rows = ("prompt\n" + f"{'say it ' * 100}\n" * 20_000).encode()
    assert len(rows) > MAX_BODY_BYTES * 0.8
    content = base64.b64encode(rows).decode()
    body = {"name": "large", "file": "large.csv", "content": content}
    response = client.post("/api/add", json=body)
    assert response.status_code == 200
    assert '"count":20000' in response.text


def test_a_body_that_does_not_say_how_large_it_is_is_read_so_far(client: TestClient) -> None:
    read = []

    def body() -> Iterator[bytes]:
        for _ in range(100):
            read.append(1)
            yield b" " * 1_000_000

    response = client.post("/api/generate", content=body())
    assert response.status_code == 413
    assert response.json()["code"] == "PromptError"


def test_errors_are_documented(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path, methods in paths.items():
        for operation in methods.values():
            assert {"400", "401", "403", "413", "422"} <= set(operation["responses"]), path


def test_a_path_that_climbs_is_not_served(client: TestClient) -> None:
    for path in ("/../cli.py", "/%2e%2e/cli.py", "/..%2fcli.py", "//etc/passwd"):
        assert client.get(path).status_code in (404, 405)


@pytest.fixture
def served() -> Iterator[Served]:
    with serving("toy") as served:
        yield served


def test_a_closed_tab_stops_its_generation(served: Served) -> None:
    with served.entered() as client:
        long = {
            "model": "toy",
            "reference": {"prompt": "x"},
            "options": {"max_new_tokens": 8_000, "temperature": 10.0, "seed": 1},
        }
        with client.stream("POST", "/api/generate", json=long, timeout=30) as stream:
            next(stream.iter_lines())
        # The model is free again long before 8,000 tokens are written.
        ref = {"model": "toy", "reference": REFERENCE, "response": " cold"}
        assert events(client.post("/api/respond", json=ref, timeout=30))[-1]["type"] == "generation"


def test_ctrl_c_ends_the_server_and_what_it_answers(served: Served) -> None:
    begun = threading.Event()
    last: list[str] = []

    def listen() -> None:
        body = {
            "model": "toy",
            "reference": {"prompt": "cat " * 2_000, "response_ids": [65]},
            "target": (2_001, 2_002),
            "method": "lime",
            "granularity": "token",
            "params": {"n_samples": 20_000},
        }
        with (
            served.entered() as client,
            client.stream("POST", "/api/explain", json=body) as stream,
        ):
            for line in stream.iter_lines():
                last[:] = [line or last[0]]
                begun.set()

    thread = threading.Thread(target=listen)
    thread.start()
    assert begun.wait(20)
    served.process.send_signal(2)
    assert served.process.wait(timeout=20) in (0, 130, -2)
    thread.join(timeout=20)
    assert '"Cancelled"' in last[0]


def test_two_servers_live_side_by_side(served: Served) -> None:
    port = int(served.url.rsplit(":", 1)[1])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5),
        bind("127.0.0.1", None) as second,
    ):
        assert second.getsockname()[1] != port


class Flood(Service):
    """Tells more than anybody reads."""

    def __init__(self) -> None:
        super().__init__([ServedModel("toy", "toy")], [])
        self.cancelled = False

    def submit(self, request: Request, emit: Emit) -> Callable[[], None]:
        for ahead in range(100):
            emit(wire.QueuedEvent(ahead=ahead))
        return self._cancelled

    def _cancelled(self) -> None:
        self.cancelled = True


def test_a_client_that_leaves_while_events_wait_for_it_is_known_to_be_gone() -> None:
    """What held the events is never looked at again: nobody may wait for it to be collected."""
    service = Flood()
    body = json.dumps({"model": "toy", "reference": REFERENCE}).encode()
    bearer = f"Bearer {TOKEN}".encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "method": "POST",
        "scheme": "http",
        "path": "/api/generate",
        "query_string": b"",
        "headers": [
            (b"host", b"127.0.0.1:8400"),
            (b"authorization", bearer),
            (b"content-type", b"application/json"),
        ],
        "server": ("127.0.0.1", 8400),
    }

    async def leave() -> bool:
        asked, reading = False, asyncio.Event()

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": body, "more_body": False}
            await reading.wait()
            for _ in range(100):
                await asyncio.sleep(0)  # until all that may wait does
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                reading.set()
                await asyncio.Event().wait()  # the client reads no more

        await create_app(service, Access(TOKEN))(scope, receive, send)
        return service.cancelled

    with ThreadPoolExecutor(1) as thread:  # whatever loop runs on this one
        assert thread.submit(asyncio.run, leave()).result()
    service.close()
