"""Who may come in, and who not."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from anyio import BrokenResourceError, ClosedResourceError
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from backlit.errors import InputError
from backlit.serving.access import MAX_CODES, Access, Guard
from backlit.serving.http import create_app
from backlit.serving.models import ServedModel
from backlit.serving.service import Service

TOKEN = "a-secret-of-the-tests"


@pytest.fixture
def access() -> Access:
    return Access(TOKEN)


@pytest.fixture
def client(access: Access) -> Iterator[TestClient]:
    """Without a token."""
    service = Service([ServedModel("toy", "toy")], [])
    with TestClient(create_app(service, access), base_url="http://127.0.0.1:8400") as client:
        yield client
    service.close()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer(""),
        bearer("wrong"),
        bearer("w\u00f6rong"),
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Cookie": f"backlit-8401={TOKEN}"},
    ],
)
def test_no_token_no_entry(client: TestClient, headers: dict[str, str]) -> None:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    for path in ("/api/state", "/openapi.json", "/assets/none.js"):
        assert client.get(path, headers=encoded).status_code == 401
    page = client.get("/", headers=encoded)
    assert page.status_code == 401
    assert "newest link" in page.text
    assert client.get("/api/state", headers=encoded).json()["hint"]


def test_the_token_is_taken_as_a_bearer_and_in_the_query(client: TestClient) -> None:
    assert client.get("/api/state", headers=bearer(TOKEN)).status_code == 200
    assert client.get("/api/state", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200
    assert client.get("/api/state").status_code == 401
    assert client.get(f"/?token={TOKEN}").status_code == 200
    assert client.get("/api/state").status_code == 200  # by the cookie


def test_a_code_becomes_a_cookie(client: TestClient, access: Access) -> None:
    response = client.get(f"/?code={access.code()}")
    assert response.status_code == 200
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("backlit-8400=")
    assert "HttpOnly" in cookie
    assert "Path=/;" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "secure" not in cookie.lower()
    assert response.headers["cache-control"] == "no-store"
    assert client.get("/api/state").status_code == 200


def test_a_code_is_good_once(client: TestClient, access: Access) -> None:
    code = access.code()
    assert client.get(f"/?code={code}").status_code == 200
    assert client.get(f"/?code={code}").status_code == 200  # who came in stays in
    client.cookies.clear()
    assert client.get(f"/?code={code}").status_code == 401


def test_who_is_in_uses_no_code_up(client: TestClient, access: Access) -> None:
    client.get(f"/?token={TOKEN}")
    code = access.code()
    client.get(f"/?code={code}")
    client.cookies.clear()
    assert client.get(f"/?code={code}").status_code == 200


def test_a_browser_that_looks_ahead_uses_no_code_up(client: TestClient, access: Access) -> None:
    code = access.code()
    ahead = {"Sec-Purpose": "prefetch;prerender"}
    assert client.get(f"/?code={code}", headers=ahead).status_code == 401
    assert client.get(f"/?code={code}").status_code == 200


@pytest.mark.parametrize(
    "headers", [bearer("wrong"), bearer("old"), {"Authorization": "Basic YTpi"}]
)
def test_one_wrong_key_does_not_shut_out_who_has_a_right_one(
    client: TestClient, headers: dict[str, str]
) -> None:
    client.get(f"/?token={TOKEN}")
    assert client.get("/api/state?token=wrong&code=wrong", headers=headers).status_code == 200


def test_who_used_a_code_is_told(access: Access) -> None:
    heard: list[str] = []
    access = Access(TOKEN, used=heard.append)
    code = access.code()
    assert not access.takes("w\u00f6rong")
    assert access.takes(code)
    assert not access.takes(code)
    assert heard == [code]


def test_codes_that_nobody_uses_make_room(access: Access) -> None:
    first, *_, last = [access.code() for _ in range(MAX_CODES + 1)]
    assert not access.takes(first)
    assert access.takes(last)


def test_a_token_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(InputError, match="can be guessed"):
        Access("secret")
    assert Access()._token != Access()._token
    assert len(Access()._token) >= 16


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
    answer = client.get("/api/state", headers=headers | bearer(TOKEN))
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("hosts", "host", "status"),
    [
        (["lab.example"], "lab.example", 200),
        (["lab.example"], "127.0.0.1:8400", 200),
        (["lab.example"], "evil.example", 400),
        (["0.0.0.0"], "any.example", 200),
        (["::"], "any.example", 200),
    ],
)
def test_hosts_that_are_allowed(hosts: list[str], host: str, status: int) -> None:
    service = Service([ServedModel("toy", "toy")], [])
    client = TestClient(create_app(service, Access(TOKEN), hosts), headers=bearer(TOKEN))
    assert client.get("/api/state", headers={"Host": host}).status_code == status
    service.close()


def test_every_answer_has_a_policy(client: TestClient) -> None:
    for response in (client.get("/"), client.get("/api/state", headers=bearer(TOKEN))):
        policy = response.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in response.headers


def test_the_page_is_fetched_anew_each_time(client: TestClient) -> None:
    """Or an older one would be shown after an update."""
    for path in ("/", "/index.html"):
        assert client.get(path, headers=bearer(TOKEN)).headers["cache-control"] == "no-store"
    assert "cache-control" not in client.get("/favicon.svg", headers=bearer(TOKEN)).headers


def test_a_cookie_behind_a_proxy_is_of_its_path_and_secure(access: Access) -> None:
    scope: Scope = {
        "type": "http",
        "scheme": "https",
        "server": ("lab.example", 443),
        "path": "/backlit/",
        "root_path": "/backlit",
        "headers": [(b"host", b"lab.example")],
        "query_string": b"",
    }
    cookie = access.cookie(Request(scope))
    assert "Path=/backlit;" in cookie
    assert "Secure" in cookie


def test_who_leaves_while_an_event_is_sent_is_no_error(access: Access) -> None:
    async def leaving(scope: Scope, receive: Receive, send: Send) -> None:
        raise ExceptionGroup("of a stream", [BrokenResourceError(), ClosedResourceError()])

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ExceptionGroup("of a stream", [BrokenResourceError(), ZeroDivisionError("a bug")])

    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", b"a"), (b"authorization", f"Bearer {TOKEN}".encode())],
    }
    with ThreadPoolExecutor(1) as pool:  # the test's own thread may have a loop already
        pool.submit(
            asyncio.run, Guard(leaving, access)(scope, receive_nothing, send_nothing)
        ).result()
        asked = pool.submit(
            asyncio.run, Guard(broken, access)(scope, receive_nothing, send_nothing)
        )
        with pytest.raises(ExceptionGroup) as raised:
            asked.result()
    assert [str(one) for one in raised.value.exceptions] == ["a bug"]


async def receive_nothing() -> Message:
    return {"type": "http.disconnect"}


async def send_nothing(message: Message) -> None: ...
