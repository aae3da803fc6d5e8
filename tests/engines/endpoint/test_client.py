import asyncio
import json
import os
import threading
from collections.abc import Generator, Iterator
from typing import Any

import httpx2
import pytest

from backlit.engines.endpoint import received
from backlit.engines.endpoint.answers import Ask, Stream
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.sending import TRIES
from backlit.errors import (
    BudgetError,
    Cancelled,
    EndpointError,
    GatedError,
    OfflineError,
    PromptError,
)
from backlit.progress import Callback, Progress, following
from tests.support.endpoints import MODEL, Cut, Fake, Odd, faked
from tests.support.service import until

KEY = "sk-very-secret-7413"
BODY = {"prompt": [1, 2], "n_probs": 5, "n_predict": 2, "temperature": 0}


async def _no_wait(seconds: float) -> None:
    pass


def events_of(client: Client, body: Any) -> Generator[Any, None, None]:
    """The events of one stream."""

    def reader() -> Any:
        return lambda event: ([event], None)

    for _, news in client.streams([Stream("/completion", {**body, "stream": True}, reader)]):
        if news is not None:
            yield news[0][0]


def asked(path: str, body: Any) -> Ask[Any]:
    """A request whose answer is told as it is."""
    return Ask(path, body, lambda told: told)


SCORE = asked("/completion", BODY)


def client_of(fake: Fake, **options: Any) -> Client:
    return Client(httpx2.URL(fake.url), wait=options.pop("wait", _no_wait), **options)


@pytest.fixture
def fake() -> Iterator[Fake]:
    with faked("llama") as one:
        yield one


def failing(fake: Fake, *errors: Exception) -> None:
    """Let the next answers fail."""
    left = list(errors)

    def spoil(path: str, body: Any, answer: Any) -> Any:
        if left:
            raise left.pop(0)
        return answer

    fake.spoil = spoil


def test_what_is_answered_is_json(fake: Fake) -> None:
    client = client_of(fake)
    assert client.get("/v1/models")["data"][0]["id"] == MODEL
    assert client.post("/tokenize", {"content": "cat"})["tokens"]
    assert client.calls == 0, "no model had to work"
    client.ask(SCORE)
    assert client.calls == 1


def test_several_are_in_flight_and_no_more_than_that(fake: Fake) -> None:
    fake.go.clear()
    client = client_of(fake, parallel=2)
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.extend(i for i, _ in client.asks([SCORE] * 5)))
    thread.start()
    until(lambda: fake.in_flight == 2)
    fake.go.set()
    thread.join()
    assert sorted(answers) == [0, 1, 2, 3, 4]
    assert fake.most_in_flight == 2


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_tried_again(fake: Fake, status: int) -> None:
    failing(fake, Odd(status), Cut())
    assert client_of(fake).ask(SCORE)
    assert len(fake.of_model()) == 3
    failing(fake, Odd(status))
    assert list(events_of(client_of(fake), BODY))


def test_a_server_is_left_the_time_it_asks_for(fake: Fake) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    failing(fake, Odd(429, headers={"Retry-After": "7"}), Odd(503), Odd(503))
    client_of(fake, wait=wait).ask(SCORE)
    assert waited[0] == 7
    assert 0.5 <= waited[1] <= 1.0, "the second pause is up to a second"
    assert 1.0 <= waited[2] <= 2.0, "and each is longer than the one before"


def test_a_server_that_asks_for_an_hour_is_not_waited_for(fake: Fake) -> None:
    failing(fake, *[Odd(429, headers={"Retry-After": "3600"})] * 9)
    with pytest.raises(OfflineError, match="takes no more requests"):
        client_of(fake).ask(SCORE)
    assert len(fake.of_model()) == 1


def test_after_some_tries_it_is_said_what_the_server_says(fake: Fake) -> None:
    failing(fake, *[Odd(500, json.dumps({"error": {"message": "out of slots"}}))] * 9)
    with pytest.raises(EndpointError, match=r"failed \(500\). It says: out of slots"):
        client_of(fake).ask(SCORE)
    assert len(fake.of_model()) == TRIES


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Odd(401), GatedError, "wants a key"),
        (Odd(403), GatedError, "wants a key"),
        (Odd(404), EndpointError, "There is nothing at http://127.0.0.1"),
        (Odd(404, '{"detail": "model x not found"}'), EndpointError, "no model called toy"),
        (
            Odd(400, '{"error": {"message": "the request exceeds the available context size"}}'),
            PromptError,
            "longer than",
        ),
        (Odd(418, '{"message": "I am a teapot"}'), EndpointError, "I am a teapot"),
        (Odd(200, "<!doctype html>", kind="text/html"), EndpointError, "other than JSON"),
        (Odd(200, "[" * 100_000), EndpointError, "other than JSON"),
        (
            Odd(307, headers={"Location": "https://elsewhere.example/v1"}),
            EndpointError,
            "elsewhere",
        ),
        (Odd(302, headers={"Location": "/login"}), EndpointError, "sends its callers"),
        (Odd(500, '{"message": "it took too long"}'), EndpointError, "took too long"),
        (Odd(200, '{"x": "\\ud83d"}'), EndpointError, "other than JSON"),
        (Odd(200, "{}", headers={"Content-Encoding": "br"}), EndpointError, "packs its answers"),
        (Odd(418, '{"message": "\\u001b[2J red"}'), EndpointError, r"It says: \[2J red"),
    ],
)
def test_what_can_not_pass_is_said_at_once(
    fake: Fake, answer: Odd, kind: type[Exception], words: str
) -> None:
    failing(fake, *[answer] * TRIES)
    client = client_of(fake)
    client.set_model("toy")
    with pytest.raises(kind, match=words):
        client.ask(SCORE)
    assert len(fake.of_model()) == (TRIES if answer.status == 500 else 1)


def test_a_cut_answer_is_said_once_trying_again_does_not_help(fake: Fake) -> None:
    client = client_of(fake)
    client.get("/v1/models")
    failing(fake, *[Cut()] * 9)
    with pytest.raises(OfflineError, match="broke off"):
        client.ask(SCORE)
    assert len(fake.of_model()) == TRIES


def test_a_server_that_breaks_off_while_it_is_tried_refuses(fake: Fake) -> None:
    client = client_of(fake)
    client.get("/v1/models")
    failing(fake, *[Cut()] * 9)
    with client.trying(), pytest.raises(EndpointError, match="broke off"):
        client.ask(SCORE)
    assert len(fake.of_model()) == 2
    with pytest.raises(OfflineError, match="broke off"):
        client.ask(SCORE)


def test_a_connection_that_is_lost_once_while_a_server_is_tried_is_made_again(fake: Fake) -> None:
    client = client_of(fake)
    client.get("/v1/models")
    failing(fake, Cut())
    with client.trying():
        assert client.ask(SCORE)


def test_a_server_that_goes_away_while_it_is_tried_is_not_there() -> None:
    with faked("llama") as fake:
        client = client_of(fake)
        client.get("/v1/models")
        failing(fake, Cut(), Cut())
        with client.trying(), pytest.raises(EndpointError):
            client.ask(SCORE)
    with client.trying(), pytest.raises(OfflineError, match="Nothing answers"):
        client.ask(SCORE)


def test_who_is_not_there_is_named() -> None:
    for url, words in (
        ("http://127.0.0.1:9", "Nothing answers at 127.0.0.1:9"),
        ("http://no-such-host.invalid", "no host called no-such-host.invalid"),
    ):
        with pytest.raises(OfflineError, match=words):
            Client(httpx2.URL(url), wait=_no_wait).get("/v1/models")


def test_who_speaks_no_tls_is_named(fake: Fake) -> None:
    with pytest.raises(OfflineError, match="No secure connection"):
        Client(httpx2.URL(fake.url.replace("http:", "https:")), wait=_no_wait).get("/v1/models")


def test_a_server_that_hangs_is_given_up(fake: Fake) -> None:
    fake.go.clear()
    with pytest.raises(OfflineError, match=r"did not answer within 0\.2 seconds"):
        client_of(fake, timeout=0.2).ask(SCORE)
    assert fake.closed.wait(20), "the request is still open"


def test_an_endless_answer_is_cut(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(received, "MAX_BYTES", 1 << 20)
    fake.spoil = lambda path, body, answer: {"x": "y" * (2 << 20)}
    with pytest.raises(EndpointError, match="more than 1 MB"):
        client_of(fake).ask(SCORE)


def stopping(fake: Fake) -> Progress:
    """Cancels once a request is on its way."""

    def stop(*_: object) -> None:
        pass

    class Stopping(Callback):
        def check(self) -> None:
            if fake.in_flight:
                raise Cancelled

    return Stopping(stop)


@pytest.mark.parametrize("stream", [False, True])
def test_cancelling_closes_what_is_in_flight(fake: Fake, stream: bool) -> None:
    fake.go.clear()
    client = client_of(fake, parallel=2)
    answers = events_of(client, BODY) if stream else client.asks([SCORE] * 5)
    with following(stopping(fake)), pytest.raises(Cancelled):
        list(answers)
    assert fake.closed.wait(20), "the server still works for nobody"
    assert len(fake.of_model()) <= 2, "what had not been sent was sent"


def test_closing_a_stream_closes_its_request(fake: Fake) -> None:
    def spoil(path: str, body: Any, answer: Any) -> Any:
        def events() -> Iterator[Any]:
            yield next(answer)
            fake.go.clear()
            yield from answer

        return events()

    fake.spoil = spoil
    events = events_of(client_of(fake), BODY)
    next(events)
    events.close()
    assert fake.closed.wait(20)


def test_an_error_in_mid_stream_is_raised(fake: Fake) -> None:
    def spoil(path: str, body: Any, answer: Any) -> Any:
        def events() -> Iterator[Any]:
            yield next(answer)
            yield {"error": {"code": 500, "message": "the GPU is gone"}}

        return events()

    fake.spoil = spoil
    events = events_of(client_of(fake), BODY)
    assert next(events)["stop"] is False
    with pytest.raises(EndpointError, match="the GPU is gone"):
        next(events)


def test_a_stream_that_is_refused_is_said(fake: Fake) -> None:
    failing(fake, *[Odd(503, '{"error": {"message": "Loading model"}}')] * TRIES)
    with pytest.raises(OfflineError, match="Loading model"):
        list(events_of(client_of(fake), BODY))


@pytest.mark.parametrize("parallel", [1, 3])
def test_no_more_calls_than_allowed_and_those_are_told(fake: Fake, parallel: int) -> None:
    client = client_of(fake, max_calls=2, parallel=parallel)
    answers = client.asks([SCORE] * 4)
    assert {next(answers)[0], next(answers)[0]} == {0, 1}
    with pytest.raises(BudgetError, match="The 2 calls that were allowed are used up"):
        next(answers)
    assert client.get("/v1/models"), "what no model works for is free"
    with pytest.raises(BudgetError):
        next(events_of(client, BODY))
    assert len(fake.of_model()) == 2


def test_the_key_is_sent_and_never_told(fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    fake.key = KEY
    assert client_of(fake, key=KEY).get("/v1/models")
    with pytest.raises(GatedError, match="wants a key") as without:
        client_of(fake).get("/v1/models")
    fake.key = "another"
    with caplog.at_level(0), pytest.raises(GatedError, match="refuses the key") as refused:
        client_of(fake, key=KEY).get("/v1/models")
    assert "Incorrect API key" in str(refused.value), "what the server says is told"
    for told in (str(without.value), str(refused.value), repr(client_of(fake, key=KEY))):
        assert KEY not in told
    assert KEY not in caplog.text
    assert all("Authorization" not in one for one in fake.headers[1:2])


def test_who_signs_in_is_in_the_header_alone(fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    url = fake.url.replace("http://", "http://me:pa55word@")
    with caplog.at_level(0):
        client = Client(httpx2.URL(url), wait=_no_wait)
        assert client.get("/v1/models")
        failing(fake, Odd(418))
        with pytest.raises(EndpointError) as error:
            client.ask(SCORE)
    assert fake.headers[0]["Authorization"].startswith("Basic ")
    for told in (str(error.value), caplog.text, str(client.url)):
        assert "pa55word" not in told


def test_lines_of_a_stream_end_at_newlines_alone(fake: Fake) -> None:
    fake.spoil = lambda path, body, answer: iter([{"text": "a\u2028b\x85c"}])
    client = client_of(fake)
    assert list(events_of(client, BODY)) == [{"text": "a\u2028b\x85c"}]


def test_a_line_without_end_is_cut(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(received, "MAX_LINE", 1 << 16)
    fake.spoil = lambda path, body, answer: iter([{"text": "a" * (1 << 21)}])
    with pytest.raises(EndpointError, match="in one line of its answer"):
        list(events_of(client_of(fake), BODY))


def test_what_is_free_waits_for_no_model(fake: Fake) -> None:
    client = client_of(fake, parallel=1)
    held = threading.Event()

    def spoil(path: str, body: Any, answer: Any) -> Any:
        def events() -> Iterator[Any]:
            yield next(answer)
            held.wait(60)

        return events() if path == "/completion" else answer

    fake.spoil = spoil
    events = events_of(client, BODY)
    next(events)
    assert fake.in_flight == 1, "the model still works"
    assert client.post("/tokenize", {"content": "cat"})["tokens"]
    held.set()
    events.close()


def test_what_is_in_flight_when_one_fails_is_told_and_no_more_is_sent(fake: Fake) -> None:
    quick = {**BODY, "n_predict": 1}
    under_way, failed = threading.Event(), threading.Event()

    def spoil(path: str, body: Any, answer: Any) -> Any:
        if body == quick:
            assert under_way.wait(60)
        else:
            under_way.set()
            assert failed.wait(60)
        return answer

    def fail(told: Any) -> None:
        failed.set()
        raise ValueError

    fake.spoil = spoil
    client = client_of(fake, parallel=2)
    answers = client.asks([SCORE, Ask("/completion", quick, fail), SCORE, SCORE])
    assert next(answers)[0] == 0
    with pytest.raises(EndpointError, match="another shape"):
        next(answers)
    assert len(fake.of_model()) == 2


def test_what_reads_an_answer_never_tells_the_key(fake: Fake) -> None:
    def read(told: Any) -> Any:
        raise EndpointError(f"The server says {KEY}.", "")

    with pytest.raises(EndpointError, match="The server says …"):
        client_of(fake, key=KEY).ask(Ask("/completion", BODY, read))
    fake.spoil = lambda path, body, answer: (_ for _ in ()).throw(
        Odd(302, headers={"Location": f"https://elsewhere.example/{KEY}"})
    )
    with pytest.raises(EndpointError, match=r"elsewhere\.example/…"):
        client_of(fake, key=KEY).ask(SCORE)


def test_a_url_that_signs_in_takes_no_key(fake: Fake) -> None:
    url = httpx2.URL(fake.url.replace("http://", "http://me:pa55word@"))
    with pytest.raises(GatedError, match="and a key was given, too") as error:
        Client(url, KEY)
    assert "pa55word" not in str(error.value)


def test_nothing_is_sent_again_once_another_failed(fake: Fake) -> None:
    """One is refused for good while another is to be tried again."""
    refused = threading.Event()

    async def wait(seconds: float) -> None:
        refused.set()
        await asyncio.sleep(0.05)

    def spoil(path: str, body: Any, answer: Any) -> Any:
        if body["n_predict"] == 1:
            refused.wait(60)
            raise Odd(401)
        raise Odd(503)

    fake.spoil = spoil
    bad = asked("/completion", {**BODY, "n_predict": 1})
    with pytest.raises(GatedError):
        list(client_of(fake, parallel=2, wait=wait).asks([SCORE, bad]))
    assert len(fake.of_model()) <= 3


def test_what_is_secret_in_a_url_is_not_told_again(fake: Fake) -> None:
    url = httpx2.URL(fake.url.replace("http://", "http://me:pa55word@") + "?key=qu3ry-secret")
    said = json.dumps({"error": {"message": "key qu3ry-secret of pa55word is invalid"}})
    failing(fake, Odd(418, said))
    with pytest.raises(EndpointError, match="key … of … is invalid"):
        Client(url, wait=_no_wait).ask(SCORE)
    long = "sk-" + "x7" * 40
    failing(fake, Odd(418, json.dumps({"error": {"message": f"key {long[:60]}… is invalid"}})))
    with pytest.raises(EndpointError) as error:
        client_of(fake, key=long).ask(SCORE)
    assert "x7x7" not in error.value.message


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is nothing like it on Windows")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_has_connections_of_its_own(fake: Fake) -> None:
    client = client_of(fake)
    assert client.get("/v1/models")
    child = os.fork()
    if child == 0:
        os._exit(0 if client.get("/v1/models")["data"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert client.get("/v1/models"), "the connection of the parent is its own"
