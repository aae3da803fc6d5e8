"""The HTTP face: guards, streams, errors; a real server where it matters."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from backlit.errors import InputError
from backlit.serving.http import MAX_BODY_BYTES, bind, create_app
from backlit.serving.models import ServedModel
from backlit.serving.service import Service

TOKEN = "secret"
REFERENCE = {"prompt": "Question: what does the dog like? Answer:"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    service = Service([ServedModel("toy", "toy")], [])
    with TestClient(
        create_app(service, TOKEN),
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


def test_no_token_no_entry(client: TestClient) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer wrong"}):
        assert client.get("/api/state", headers=headers).status_code == 401
        page = client.get("/", headers=headers)
        assert page.status_code == 401
        assert "link" in page.text
    error = client.get("/api/state", headers={"Authorization": ""}).json()
    assert error["hint"]
    assert client.get("/openapi.json", headers={"Authorization": ""}).status_code == 401


def test_the_token_in_the_link_becomes_a_cookie(client: TestClient) -> None:
    client.headers["Authorization"] = ""
    response = client.get(f"/api/state?token={TOKEN}")
    assert response.status_code == 200
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("backlit-8400=")
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert client.get("/api/state").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 400),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "http://127.0.0.1:8400"}, 200),
        ({"Host": "localhost:8400"}, 200),
    ],
)
def test_other_sites_and_hosts_are_refused(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    assert client.get("/api/state", headers=headers).status_code == status


def test_pages_carry_a_content_policy(client: TestClient) -> None:
    headers = client.get("/api/state").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


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


def test_a_path_that_climbs_is_not_served(client: TestClient) -> None:
    for path in ("/../cli.py", "/%2e%2e/cli.py", "/..%2fcli.py", "//etc/passwd"):
        assert client.get(path).status_code in (404, 405)


def test_bind_takes_a_free_port_and_says_when_one_is_taken() -> None:
    taken = bind("127.0.0.1", None)
    port = taken.getsockname()[1]
    with pytest.raises(InputError, match=f"can't listen on 127.0.0.1:{port}"):
        bind("127.0.0.1", port)
    with bind("127.0.0.1", None) as other:
        assert other.getsockname()[1] != port
    with pytest.raises(InputError, match="can't listen"):
        bind("203.0.113.1", None)
    taken.close()


@pytest.mark.parametrize("port", [-5, 65_536, 99_999_999])
def test_a_port_that_is_none(port: int) -> None:
    with pytest.raises(InputError, match="there is no such port"):
        bind("127.0.0.1", port)


def test_no_host_is_not_every_host() -> None:
    with pytest.raises(InputError, match="No host is given"):
        bind("", None)


def test_many_at_once_each_have_a_port() -> None:
    """A socket that is bound and does not listen yet would be bound a second time."""
    with ThreadPoolExecutor(8) as pool:
        sockets = list(pool.map(lambda _: bind("127.0.0.1", None), range(8)))
    assert len({sock.getsockname()[1] for sock in sockets}) == 8
    for sock in sockets:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        sock.close()


@pytest.fixture
def served() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`backlit serve toy` as a person starts it: its link, and the process."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "backlit", "serve", "toy", "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, "it ended before it was ready"
        yield line.split()[-1], process
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


def test_a_closed_tab_stops_its_generation(served: tuple[str, subprocess.Popen[str]]) -> None:
    url, _ = served
    base, token = url.split("/?token=")
    with httpx2.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}) as client:
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


def test_ctrl_c_ends_the_server_though_a_stream_is_open(
    served: tuple[str, subprocess.Popen[str]],
) -> None:
    url, process = served
    base, token = url.split("/?token=")
    begun = threading.Event()

    def listen() -> None:
        body = {
            "model": "toy",
            "reference": {"prompt": "x"},
            "options": {"max_new_tokens": 8_000, "temperature": 10.0, "seed": 1},
        }
        headers = {"Authorization": f"Bearer {token}"}
        try:
            with httpx2.stream(
                "POST", f"{base}/api/generate", json=body, headers=headers, timeout=30
            ) as stream:
                for _ in stream.iter_lines():
                    begun.set()
        except httpx2.TransportError:
            pass

    thread = threading.Thread(target=listen)
    thread.start()
    assert begun.wait(20)
    process.send_signal(2)
    assert process.wait(timeout=20) in (0, 130, -2)
    thread.join(timeout=20)


def test_two_servers_live_side_by_side(served: tuple[str, subprocess.Popen[str]]) -> None:
    url, _ = served
    port = int(url.split("/?")[0].rsplit(":", 1)[1])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5),
        bind("127.0.0.1", None) as second,
    ):
        assert second.getsockname()[1] != port
