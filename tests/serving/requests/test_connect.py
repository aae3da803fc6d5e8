"""A page names a server, and has its model; or is told why not."""

import json
import queue
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from starlette.testclient import TestClient

from backlit.cli.endpoint import ServerOptions, bound_to
from backlit.engines import open_engine
from backlit.engines.base import Engine
from backlit.engines.endpoint.options import EndpointOptions
from backlit.engines.endpoint.origins import origin_of
from backlit.progress import Progress
from backlit.serving import offered, wire
from backlit.serving.access import Access
from backlit.serving.http import create_app
from backlit.serving.models import ServedModel
from backlit.serving.requests.connect import ConnectedEvent, ConnectRequest
from backlit.serving.requests.generate import GenerateRequest
from backlit.serving.requests.load import LoadRequest
from backlit.serving.service import Service
from backlit.sources import parse
from tests.support.endpoints import MODEL, Fake, Odd, faked
from tests.support.service import REFERENCE, SECONDS, Client, Endless, rest_of, until

KEY = "sk-very-secret-7413"


def service(
    *sources: str,
    anywhere: bool = True,
    keys: dict[str, str] | None = None,
    plain: str | None = None,
) -> Service:
    """As `backlit serve` makes it."""
    given = ServerOptions(EndpointOptions(), plain, keys or {}) if plain or keys else None
    options = bound_to(given, [parse(one) for one in sources or ("toy",)], anywhere=anywhere)

    def elsewhere(source: str, *, progress: Progress) -> Engine:
        own = None if options is None else options.of(parse(source))
        return open_engine(source, progress=progress, endpoint=own)

    named = [
        ServedModel(parse(one).name, one, elsewhere if "endpoint:" in one else open_engine)
        for one in sources or ("toy",)
    ]
    return Service(named, [], connect=elsewhere, anywhere=anywhere)


@pytest.fixture
def fake() -> Iterator[Fake]:
    with faked("llama") as fake:
        yield fake


def names(client: Client) -> list[str]:
    return [model.name for model in client.service.state().models]


def refused(client: Client, url: str, model: str | None = None) -> wire.ErrorInfo:
    event = client.answer(ConnectRequest(url=url, model=model))
    assert isinstance(event, wire.ErrorEvent)
    return event.error


def test_a_model_is_connected_and_asked(fake: Fake) -> None:
    with Client(service()) as client:
        connectable = client.service.state().connectable
        assert connectable == wire.Connectable(anywhere=True)
        *on_the_way, last = client.ask(ConnectRequest(url=f" {fake.url}/v1 "))
        assert isinstance(last, ConnectedEvent)
        assert last.model.name == MODEL
        assert (last.model.status, last.model.metadata["engine"]) == ("ready", "endpoint")
        assert last.model.unavailable_methods
        assert names(client) == ["toy", MODEL]
        told = [event.model for event in on_the_way if isinstance(event, wire.ModelEvent)]
        assert told[0].status == "loading"
        assert all(model.name not in ("toy", "") for model in told)
        written = client.answered(GenerateRequest(model=MODEL, reference=REFERENCE))
        assert written.generation.model == MODEL, "by which a run knows its model"


@pytest.mark.parametrize("before", ["endpoint:", ""])
@pytest.mark.parametrize("behind", [f"#{MODEL}", ""])
def test_an_address_is_written_in_several_ways(fake: Fake, before: str, behind: str) -> None:
    with Client(service()) as client:
        event = client.answered(ConnectRequest(url=f"{before}{fake.url}{behind}"))
        assert event.model.metadata["model"] == MODEL
        again = client.answered(ConnectRequest(url=fake.url, model=f" {MODEL} "))
        assert again.model == event.model


def test_connecting_twice_is_one_model(fake: Fake) -> None:
    with Client(service()) as client:
        first = client.answered(ConnectRequest(url=fake.url)).model
        assert client.answered(ConnectRequest(url=fake.url)).model == first
        asked = len(fake.asked)
        assert client.answered(ConnectRequest(url=f"{fake.url}/v1", model=MODEL)).model == first
        assert len(fake.asked) == asked, "what is known is not asked again"
        assert names(client) == ["toy", MODEL]


def test_a_model_of_the_command_line_is_no_second_one(fake: Fake) -> None:
    with Client(service(f"mine:{fake.source}", "toy")) as client:
        loaded = client.answered(ConnectRequest(url=fake.url)).model
        assert (loaded.name, loaded.status) == ("mine", "ready")
        assert client.answered(ConnectRequest(url=fake.url, model=MODEL)).model == loaded
        assert names(client) == ["mine", "toy"]


def test_another_model_behind_the_same_address_is_another(fake: Fake) -> None:
    with Client(service()) as client:
        client.answered(ConnectRequest(url=fake.url))
        fake.spoil = called("another")
        assert client.answered(ConnectRequest(url=fake.url)).model.name == "another"
        assert names(client) == ["toy", MODEL, "another"]


def test_names_are_unique(fake: Fake) -> None:
    with faked("vllm") as other, Client(service()) as client:
        for url in (fake.url, other.url):
            client.answered(ConnectRequest(url=url))
        assert names(client) == ["toy", MODEL, f"{MODEL} (2)"]
        written = client.answered(GenerateRequest(model=f"{MODEL} (2)", reference=REFERENCE))
        assert written.generation.model == f"{MODEL} (2)"


def test_several_models_are_named_and_one_is_chosen(fake: Fake) -> None:
    fake.spoil = several
    with Client(service()) as client:
        error = refused(client, fake.url)
        assert "2 models" in error.message
        assert f"It has {MODEL}, other." in error.hint
        assert client.answered(ConnectRequest(url=fake.url, model=MODEL)).model.name == MODEL


def called(name: str) -> Callable[[str, Any, Any], Any]:
    """A server whose model has another name."""

    def spoil(path: str, body: Any, answer: Any) -> Any:
        return {"data": [{"id": name}]} if path == "/v1/models" else answer

    return spoil


def several(path: str, body: Any, answer: Any) -> Any:
    """A server with two models."""
    if path == "/v1/models":
        return {"data": [*answer["data"], {"id": "other"}]}
    return answer


# ---- which addresses -------------------------------------------------------------------------


def test_nothing_is_connected_where_nobody_allowed_it(fake: Fake) -> None:
    for made in (service(anywhere=False), Service([ServedModel("toy", "toy")], [])):
        with Client(made) as client:
            assert client.service.state().connectable is None
            assert "--allow-endpoints" in refused(client, fake.url).hint
    assert fake.asked == []


def test_only_the_server_of_the_command_line_is_asked(fake: Fake) -> None:
    with (
        faked("vllm") as other,
        Client(service(f"mine:{fake.source}#{MODEL}", "toy", anywhere=False)) as client,
    ):
        origin = origin_of(fake.url)
        assert client.service.state().connectable == wire.Connectable(
            anywhere=False, origins=[origin]
        )
        for url in (
            other.url,
            f"{fake.url}/elsewhere",
            fake.url.replace("127.0.0.1", "localhost"),
            fake.url.replace("http:", "https:"),
            f"{fake.url}@{other.url.removeprefix('http://')}",
            "http://169.254.169.254/latest",
        ):
            error = refused(client, url)
            assert error.code == "InputError"
        assert refused(client, other.url).message == f"This page may only connect to {origin}."
        assert fake.asked == other.asked == []
        fake.spoil = called("another")
        assert client.answered(ConnectRequest(url=f"{fake.url}/v1#another")).model.name == "another"


@pytest.mark.parametrize("anywhere", [True, False])
def test_nothing_secret_is_typed_into_a_page(fake: Fake, anywhere: bool) -> None:
    with Client(service(f"mine:{fake.source}", anywhere=anywhere)) as client:
        for url in (fake.url.replace("//", f"//me:{KEY}@"), f"{fake.url}?key={KEY}"):
            error = refused(client, url)
            assert "they may be secret" in error.message
            assert KEY not in f"{error}"
    assert fake.asked == []


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://host", "mine:endpoint:http://host"])
def test_what_is_no_address_is_said(url: str) -> None:
    with Client(service()) as client:
        assert "http://" in refused(client, url).message


def test_who_reviews_connects_nothing(fake: Fake) -> None:
    made = Service([], [], review=True, connect=open_engine, anywhere=True)
    with Client(made) as client:
        assert client.service.state().connectable is None
        assert "for review" in refused(client, fake.url).message


def test_what_the_command_line_knows_of_a_server_is_used_and_not_told(fake: Fake) -> None:
    named = fake.url.replace("//", f"//me:{KEY}@")
    with Client(service(f"mine:endpoint:{named}#{MODEL}", anywhere=False)) as client:
        fake.spoil = called("another")
        client.answered(ConnectRequest(url=fake.url, model="another"))
        assert all(one["Authorization"].startswith("Basic ") for one in fake.headers)
        assert KEY not in client.service.state().model_dump_json()


# ---- keys ------------------------------------------------------------------------------------


def test_a_key_goes_to_its_own_server_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", KEY)
    with faked("vllm", key=KEY) as own, faked("vllm") as other:
        made = service(keys={origin_of(own.url): "THE_KEY"})
        with Client(made) as client:
            for fake in (own, other):
                client.answered(ConnectRequest(url=fake.url))
        assert {one.get("Authorization") for one in own.headers} == {f"Bearer {KEY}"}
        assert {one.get("Authorization") for one in other.headers} == {None}


def test_a_key_without_an_address_is_the_one_servers(
    monkeypatch: pytest.MonkeyPatch, fake: Fake
) -> None:
    monkeypatch.setenv("A_KEY", KEY)
    with (
        faked("vllm", key=KEY) as own,
        Client(service(own.source, plain="A_KEY")) as client,
    ):
        connected = client.answer(ConnectRequest(url=fake.url))
        assert isinstance(connected, ConnectedEvent)
        assert fake.headers
        assert not any("Authorization" in one for one in fake.headers), "the key of another"
        assert client.answer(LoadRequest(model=names(client)[0])).type != "error"
        assert own.headers[-1]["Authorization"] == f"Bearer {KEY}"


def test_a_page_can_not_name_a_key() -> None:
    made = service()
    with (
        Client(made),
        TestClient(
            create_app(made, Access("a-secret-of-the-tests")),
            base_url="http://127.0.0.1:8400",
            headers={"Authorization": "Bearer a-secret-of-the-tests"},
        ) as browser,
    ):
        for field in ("api_key_env", "api_key", "tokenizer"):
            body = {"url": "http://127.0.0.1:9", field: "HOME"}
            assert browser.post("/api/connect", json=body).status_code == 422


# ---- failures --------------------------------------------------------------------------------


def test_what_fails_is_said_and_leaves_nothing(fake: Fake) -> None:
    def page(path: str, body: Any, answer: Any) -> Any:
        raise Odd(200, "<html>", kind="text/html")

    with Client(service()) as client:
        assert "Nothing answers" in refused(client, "http://127.0.0.1:9").message
        fake.spoil = page
        assert refused(client, fake.url).code == "EndpointError"
        assert names(client) == ["toy"]


def test_a_server_that_is_gone_later_is_said_and_asked_again(fake: Fake) -> None:
    with Client(service()) as client:
        client.answered(ConnectRequest(url=fake.url))
        fake.key = "another"
        request = GenerateRequest(model=MODEL, reference=REFERENCE)
        assert client.answer(request).error.code == "GatedError"
        fake.key = None
        client.answered(request)


def test_cancelling_closes_the_requests_and_leaves_nothing(fake: Fake) -> None:
    with Client(service()) as client:
        fake.go.clear()
        events, cancel = client.begin(ConnectRequest(url=fake.url))
        until(lambda: bool(fake.asked))
        cancel()
        *_, last = rest_of(events)
        assert isinstance(last, wire.ErrorEvent)
        assert last.error.code == "Cancelled"
        assert fake.closed.wait(SECONDS)
        assert names(client) == ["toy"]
        fake.go.set()
        client.answered(ConnectRequest(url=fake.url))


def test_there_are_no_more_than_so_many(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offered, "MOST_CONNECTED", 1)
    with Client(service()) as client:
        client.answered(ConnectRequest(url=fake.url))
        error = refused(client, fake.url, "another")
        assert "as many as there may be" in error.message
        client.answered(ConnectRequest(url=fake.url, model=MODEL))


def test_whoever_waits_for_a_model_is_told(fake: Fake) -> None:
    def opened(source: str, progress: Progress) -> Engine:
        return Endless()

    made = Service([ServedModel("m", "m", opened)], [], connect=partial(open_engine), anywhere=True)
    with Client(made) as client:
        client.answered(LoadRequest(model="m"))
        writing, stop = client.begin(GenerateRequest(model="m", reference=REFERENCE))
        while (told := writing.get(timeout=SECONDS)) is None or told.type != "tokens":
            pass
        events, _ = client.begin(ConnectRequest(url=fake.url))
        assert _next(events) == wire.QueuedEvent(ahead=1)
        stop()
        assert isinstance(rest_of(events)[-1], ConnectedEvent)


def _next(events: "queue.Queue[wire.Event | None]") -> wire.Event | None:
    return events.get(timeout=SECONDS)


def test_it_travels(fake: Fake) -> None:
    made = service()
    with (
        Client(made),
        TestClient(
            create_app(made, Access("a-secret-of-the-tests")),
            base_url="http://127.0.0.1:8400",
            headers={"Authorization": "Bearer a-secret-of-the-tests"},
        ) as browser,
    ):
        response = browser.post("/api/connect", json={"url": fake.url})
        lines = [line for line in response.text.splitlines() if line.startswith("data:")]
        last = json.loads(lines[-1].removeprefix("data:"))
        assert (last["type"], last["model"]["name"]) == ("connected", MODEL)
        assert [one["name"] for one in browser.get("/api/state").json()["models"]][1:] == [MODEL]
