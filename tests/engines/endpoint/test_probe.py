from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.engines import open_engine
from backlit.engines.endpoint.answers import Api, read_by
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.connecting import APIS, connect
from backlit.engines.endpoint.probe import ByIds, find
from backlit.engines.toy import ToyTokenizer
from backlit.errors import EndpointError, GatedError, OfflineError
from backlit.sources import parse
from backlit.types import GenerationOptions
from tests.support.endpoints import KINDS, Fake, Kind, Odd, faked

ROUTES = {
    "sglang": "SGLang's /generate",
    "vllm": "vLLM's /v1/completions",
    "llama": "llama.cpp's /completion",
}
PATHS = {"sglang": "/generate", "vllm": "/v1/completions", "llama": "/completion"}
JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
KEYS = st.sampled_from(
    [
        "choices",
        "meta_info",
        "completion_probabilities",
        "top_logprobs",
        "logprobs",
        "text_offset",
        "message",
        "delta",
        "reasoning_content",
        "prompt_logprobs",
        "tokens",
        "id",
        "1",
        "3",
        "logprob",
        "rank",
        "bytes",
        "stop",
        "stop_type",
        "finish_reason",
        "type",
        "text",
        "content",
        "token_logprobs",
        "input_token_logprobs",
        "input_top_logprobs",
        "output_token_logprobs",
        "output_top_logprobs",
    ]
)


@pytest.mark.parametrize("kind", KINDS)
def test_each_server_is_asked_in_its_own_way(kind: Kind) -> None:
    with faked(kind) as fake:
        engine = open_engine(fake.source)
        assert engine.metadata["route"] == ROUTES[kind]
        client = Client(httpx2.URL(fake.url))
        found = find([ByIds(client, api, "toy-model", ToyTokenizer()) for api in APIS])
        assert found.deviation < 1e-6
        assert [trial.problem for trial in found.trials if not trial.problem] == [""]
        assert found.trials[-1].name == ROUTES[kind]


def _scores(body: Any) -> bool:
    return bool(
        body.get("grammar")
        or "prompt_logprobs" in body
        or body.get("logprob_start_len") is not None
    )


def _entries(kind: Kind, answer: Any) -> list[Any]:
    """What is told of each token, to be changed in place."""
    if kind == "llama":
        return answer["completion_probabilities"]  # type: ignore[no-any-return]
    if kind == "vllm":
        return answer["choices"][0]["prompt_logprobs"]  # type: ignore[no-any-return]
    return answer["meta_info"]["input_token_logprobs"]  # type: ignore[no-any-return]


def _set(entry: Any, value: Any) -> None:
    """Another log-probability in an entry of any kind."""
    if isinstance(entry, list):
        entry[0] = value
    elif "logprob" in entry:
        entry["logprob"] = value
    else:
        for one in entry.values():
            one["logprob"] = value


def _last_is(value: Any) -> Callable[[Fake, Any, Any], Any]:
    def spoil(fake: Fake, body: Any, answer: Any) -> Any:
        _set(_entries(fake.kind, answer)[-1], value)
        return answer

    return spoil


def _one_less(fake: Fake, body: Any, answer: Any) -> Any:
    _entries(fake.kind, answer).pop()
    return answer


def _ignored(fake: Fake, body: Any, answer: Any) -> Any:
    """As if nothing had been asked about the given tokens: one token is written."""
    if fake.kind == "vllm":
        answer["choices"][0].pop("prompt_logprobs")
    elif fake.kind == "sglang":
        answer["meta_info"].pop("input_token_logprobs")
    else:
        plain = {key: value for key, value in body.items() if key != "grammar"}
        token = next(fake.written(plain["prompt"], 1))
        answer["completion_probabilities"] = [
            {"id": token.id, "bytes": [65], "logprob": token.log_prob}
        ] * 2
    return answer


def _stale(fake: Fake, body: Any, answer: Any) -> Any:
    """What it told once, it tells otherwise from its cache."""
    if [seen for _, seen in fake.asked].count(body) > 1:
        _set(_entries(fake.kind, answer)[-1], -0.123)
    return answer


def _merged(fake: Fake, body: Any, answer: Any) -> Any:
    """Two tokens told as one other."""
    entries = _entries(fake.kind, answer)
    if fake.kind == "vllm":
        entries[-1] = {"7": {"logprob": -1.0, "rank": 1}}
    elif fake.kind == "sglang":
        entries[-1] = [-1.0, 7, "x"]
    else:
        entries[-1] = {"id": 7, "bytes": [1], "logprob": -1.0}
    return answer


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_ignored, "The server's answer has"),
        (_stale, "asked twice, gets two answers"),
        (_last_is(None), "a log-probability that is None"),
        (_last_is("-1.5"), "a log-probability that is '-1.5'"),
        (_last_is(0.0), "nats off that of writing token by token"),
        (_last_is(-9999.0), "finds a token impossible"),
        (_last_is(0.5), "which is over 0"),
        (_one_less, "The server's answer has"),
        (_merged, "The server's answer has"),
        (lambda fake, body, answer: {}, "The server's answer has no"),
        (lambda fake, body, answer: [], "The server's answer has no"),
        (lambda fake, body, answer: "OK", "The server's answer has no"),
    ],
)
def test_a_server_that_can_not_be_believed_is_not(
    kind: Kind, spoil: Callable[[Fake, Any, Any], Any], words: str
) -> None:
    with faked(kind) as fake:

        def changed(path: str, body: Any, answer: Any) -> Any:
            scored = path == PATHS[kind] and _scores(body)
            return spoil(fake, body, answer) if scored else answer

        fake.spoil = changed
        with pytest.raises(EndpointError, match="could be believed") as error:
            open_engine(fake.source)
        assert words in error.value.message


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_without_alternatives_can_not_be_tried(kind: Kind) -> None:
    with faked(kind) as fake:

        def spoil(path: str, body: Any, answer: Any) -> Any:
            if path == "/completion" and not body.get("grammar"):
                answer["completion_probabilities"][0].pop("top_logprobs")
            elif path == "/v1/completions" and "prompt_logprobs" not in body and kind == "vllm":
                answer["choices"][0]["logprobs"]["top_logprobs"] = [{}]
            elif path == "/generate" and "logprob_start_len" not in body:
                answer["meta_info"]["output_top_logprobs"] = [[]]
            return answer

        fake.spoil = spoil
        with pytest.raises(EndpointError, match="no alternatives"):
            open_engine(fake.source)


def test_who_is_not_there_or_wants_a_key_is_not_tried_in_other_ways() -> None:
    with pytest.raises(OfflineError, match="Nothing answers"):
        connect(parse("endpoint:http://127.0.0.1:9"), "x")
    with faked("vllm", key="sk-1") as fake, pytest.raises(GatedError, match="wants a key"):
        open_engine(fake.source)


def test_a_web_page_is_no_api() -> None:
    with faked("vllm") as fake:

        def spoil(path: str, body: Any, answer: Any) -> Any:
            raise Odd(200, "<html>hello</html>", kind="text/html")

        fake.spoil = spoil
        with pytest.raises(EndpointError, match="has no API of a model"):
            open_engine(fake.source)


def _off_by(nats: float) -> Callable[[Fake, Any, Any], Any]:
    def spoil(fake: Fake, body: Any, answer: Any) -> Any:
        _set(_entries(fake.kind, answer)[-1], _value(_entries(fake.kind, answer)[-1]) - nats)
        return answer

    return spoil


def _value(entry: Any) -> float:
    if isinstance(entry, list):
        return float(entry[0])
    return float(entry["logprob"] if "logprob" in entry else next(iter(entry.values()))["logprob"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_rounds_is_believed_and_how_far_it_is_off_is_told(kind: Kind) -> None:
    for nats, told in ((0.005, None), (0.1, "0.10 nats")):
        with faked(kind) as fake:

            def spoil(path: str, body: Any, answer: Any, nats: float = nats) -> Any:
                scored = path == PATHS[kind] and _scores(body)
                return _off_by(nats)(fake, body, answer) if scored else answer

            fake.spoil = spoil
            assert open_engine(fake.source).metadata.get("off") == told


@given(told=st.recursive(JSON, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))
@pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)
def test_whatever_is_answered_is_read_or_refused(api: Api, told: Any) -> None:
    ids = [1, 2, 3]
    options = GenerationOptions(max_new_tokens=3)
    read = api.write("m", ids, options, 5).reader()
    asks: list[Callable[[], object]] = [
        lambda: read_by(api.score("m", ids, ids).read, told),
        lambda: read_by(api.annotate("m", ids, ids, 5).read, told),
        lambda: read_by(api.next("m", ids, 5).read, told),
        lambda: read_by(read, told),
    ]
    for ask in asks:
        try:
            ask()
        except EndpointError as error:
            assert error.message
