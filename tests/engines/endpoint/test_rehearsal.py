from collections.abc import Callable
from typing import Any

import pytest

from backlit.engines import open_engine
from backlit.engines.endpoint.connecting import Seen, look_at
from backlit.engines.endpoint.options import EndpointOptions
from backlit.engines.endpoint.steps import TextSteps
from backlit.errors import BudgetError
from backlit.sources import parse
from backlit.types import GenerationOptions
from tests.support.endpoints import Cut, Fake, Kind, Odd, Style, faked

TEXT = "likeliest tokens on /v1/completions"
CHAT = "likeliest tokens on /v1/chat/completions"
PATHS: dict[Kind, str] = {"likeliest": "/v1/completions", "prefill": "/v1/chat/completions"}
Spoil = Callable[[Fake, Any, Any], Any]


def seen(fake: Fake) -> Seen:
    return look_at(parse(fake.source), EndpointOptions())


def entries(answer: Any) -> list[Any]:
    """What is told of each token in the shape of chats."""
    return answer["choices"][0]["logprobs"]["content"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("chats", [False, True])
@pytest.mark.parametrize("most", [20, 5])
def test_text_is_stepped_through_in_both_shapes_and_with_few_tokens(chats: bool, most: int) -> None:
    with faked("likeliest", chats=chats, most=most) as fake:
        engine = open_engine(fake.source)
        assert engine.metadata["route"] == TEXT
        assert engine.metadata["likeliest"] == f"{most}"
        assert engine.capabilities == {"generate", "score", "batch"}
        assert "off" not in engine.metadata


@pytest.mark.parametrize(
    ("style", "route"),
    [
        ("", CHAT),
        ("continue_final_message", f"{CHAT}, continue_final_message"),
        ("prefix", f"{CHAT}, prefix"),
    ],
)
def test_each_way_to_go_on_from_a_message_is_found(style: Style, route: str) -> None:
    with faked("prefill", style=style) as fake:
        engine = open_engine(fake.source)
        assert engine.metadata["route"] == route
        assert engine.capabilities == {"generate", "score", "batch"}


def test_a_server_that_goes_on_from_no_message_only_writes() -> None:
    with faked("prefill", style=None) as fake:
        engine = open_engine(fake.source)
        assert engine.metadata["route"] == "/v1/chat/completions"
        assert engine.metadata["scores"] == "none"
        assert engine.capabilities == {"generate", "batch"}
        assert [one.problem for one in seen(fake).found.trials[2:]] == [
            "Going on from what is begun gives other tokens than writing on."
        ] * 3


def test_ways_are_tried_in_order() -> None:
    with faked("prefill", style=None) as fake:
        assert [one.name for one in seen(fake).found.trials] == [
            "echo on /v1/completions",
            TEXT,
            CHAT,
            f"{CHAT}, continue_final_message",
            f"{CHAT}, prefix",
        ]
    with faked("echo") as fake:
        assert [one.name for one in seen(fake).found.trials] == ["echo on /v1/completions"]
    with faked("vllm") as fake:
        names = [one.name for one in seen(fake).found.trials]
        assert names[-1] == "vLLM's /v1/completions"


def test_a_server_that_takes_no_settings_of_others_is_asked_without() -> None:
    with faked("likeliest", most=5) as fake:

        def spoil(path: str, body: Any, answer: Any) -> Any:
            if body and "min_p" in body:
                raise Odd(400, '{"error": {"message": "Unrecognized request argument: min_p"}}')
            return answer

        fake.spoil = spoil
        assert open_engine(fake.source).metadata["route"] == TEXT
        assert "min_p" not in fake.of_model()[-1][1]


def _no_values(fake: Fake, body: Any, answer: Any) -> Any:
    for one in entries(answer):
        one["logprob"] = None
    return answer


def _nothing(fake: Fake, body: Any, answer: Any) -> Any:
    answer["choices"][0]["logprobs"] = None
    return answer


def _filled(fake: Fake, body: Any, answer: Any) -> Any:
    for one in entries(answer):
        for other in (one, *one["top_logprobs"]):
            other["logprob"] = 0.0
    return answer


def _own_filled(fake: Fake, body: Any, answer: Any) -> Any:
    for one in entries(answer):
        one["logprob"] = 0.0
    return answer


def _impossible(fake: Fake, body: Any, answer: Any) -> Any:
    for one in entries(answer):
        for other in one["top_logprobs"][1:]:
            other["logprob"] = -9999.0
    return answer


def _few(fake: Fake, body: Any, answer: Any) -> Any:
    for one in entries(answer):
        del one["top_logprobs"][4:]
    return answer


def _without_own(fake: Fake, body: Any, answer: Any) -> Any:
    for one in entries(answer):
        del one["top_logprobs"][0]
    return answer


def _others(fake: Fake, body: Any, answer: Any) -> Any:
    for one in entries(answer):
        for other in (one, *one["top_logprobs"]):
            other["token"] = "▁" + other["token"]
    return answer


def _stale(fake: Fake, body: Any, answer: Any) -> Any:
    if [one for _, one in fake.asked].count(body) > 1:
        for one in entries(answer):
            for other in one["top_logprobs"]:
                other["logprob"] -= 0.5
    return answer


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_no_values, "a log-probability that is None"),
        (_nothing, "no log-probabilities"),
        (_filled, "together more likely than what is sure"),
        (_own_filled, "two log-probabilities of one token"),
        (_impossible, "1 of the likeliest tokens, where 5 are needed"),
        (_few, "4 of the likeliest tokens, where 5 are needed"),
        (_without_own, "not among its own likeliest"),
        (_others, "do not spell what it wrote"),
        (_stale, "asked twice, gets two answers"),
    ],
)
@pytest.mark.parametrize("kind", PATHS)
def test_what_can_not_be_believed_is_not(kind: Kind, spoil: Spoil, words: str) -> None:
    with faked(kind, chats=True) as fake:

        def changed(path: str, body: Any, answer: Any) -> Any:
            tells = path == PATHS[kind] and "choices" in answer and body.get("logprobs")
            return spoil(fake, body, answer) if tells and not body.get("echo") else answer

        fake.spoil = changed
        found = seen(fake).found
        assert found.way is None
        assert words in " ".join(one.problem for one in found.trials)


@pytest.mark.parametrize("kind", PATHS)
def test_a_server_that_trims_what_is_begun_is_refused(kind: Kind) -> None:
    with faked(kind) as fake:
        fake.trims = True
        told = " ".join(one.problem for one in seen(fake).found.trials)
        assert "leaves out the end of a line" in told


def test_a_server_that_repeats_what_is_begun_is_refused() -> None:
    with faked("prefill") as fake:

        def spoil(path: str, body: Any, answer: Any) -> Any:
            if body and body.get("messages", [{}])[-1].get("role") == "assistant":
                message = answer["choices"][0]["message"]
                message["content"] = body["messages"][-1]["content"] + message["content"]
            return answer

        fake.spoil = spoil
        problem = seen(fake).found.trials[2].problem
        assert "the beginning that was to be gone on from" in problem


def test_a_server_that_tells_values_after_the_temperature_is_found_out() -> None:
    with faked("prefill") as fake:
        assert not seen(fake).found.tempered

        def spoil(path: str, body: Any, answer: Any) -> Any:
            if body and body.get("temperature", 0) > 1 and "choices" in answer:
                for one in entries(answer):
                    for other in one["top_logprobs"]:
                        other["logprob"] /= body["temperature"]
            return answer

        fake.spoil = spoil
        assert seen(fake).found.tempered


@pytest.mark.parametrize("kind", PATHS)
def test_a_server_that_takes_no_temperature_of_0_is_found_out(kind: Kind) -> None:
    """It tells values as they are after the least temperature that it takes."""
    with faked(kind, chats=True) as fake:

        def spoil(path: str, body: Any, answer: Any) -> Any:
            if path == PATHS[kind] and body.get("logprobs"):
                for one in entries(answer):
                    for other in (one, *one["top_logprobs"]):
                        other["logprob"] /= max(body["temperature"], 0.25)
            return answer

        fake.spoil = spoil
        found = seen(fake)
        assert found.found.way is None
        assert found.run is None
        told = " ".join(one.problem for one in found.found.trials)
        assert "at a temperature of 0 than at 1" in told


def test_a_chat_that_takes_no_temperature_is_not_stepped_through() -> None:
    with faked("prefill") as fake:

        def spoil(path: str, body: Any, answer: Any) -> Any:
            if body and "temperature" in body and "messages" in body:
                raise Odd(400, '{"error": {"message": "Unsupported parameter: temperature"}}')
            return answer

        fake.spoil = spoil
        found = seen(fake)
        assert (found.found.way, found.run) == (None, None)
        assert "takes no temperature" in found.found.trials[-1].problem
        assert not [
            body for _, body in fake.of_model() if "messages" in body and "logprobs" in body
        ]


@pytest.mark.parametrize("kind", PATHS)
def test_a_temperature_of_more_than_2_is_not_asked_for(kind: Kind) -> None:
    with faked(kind) as fake:

        def spoil(path: str, body: Any, answer: Any) -> Any:
            if body and body.get("temperature", 0) > 2:
                raise Odd(400, '{"error": {"message": "Invalid temperature: must be at most 2"}}')
            return answer

        fake.spoil = spoil
        assert not seen(fake).found.tempered


def test_what_is_written_may_end_behind_what_is_rehearsed() -> None:
    with faked("likeliest", chats=True) as fake:

        def spoil(path: str, body: Any, answer: Any) -> Any:
            if body and body.get("logprobs"):
                for one in entries(answer):
                    for other in (one, *one["top_logprobs"]):
                        if other["token"] == "\n":
                            other |= {"token": "<end>", "bytes": []}
                answer["choices"][0]["text"] = answer["choices"][0]["text"].rstrip("\n")
            return answer

        fake.spoil = spoil
        found = seen(fake).found
        assert isinstance(found.way, TextSteps), found.trials


def test_a_server_that_breaks_off_at_what_it_does_not_take_is_asked_in_another_form() -> None:
    """As mlx-lm's: of how many are told it checks nothing before it uses it."""
    with faked("likeliest", chats=True) as fake:

        def spoil(path: str, body: Any, answer: Any) -> Any:
            wanted = body.get("logprobs", False) if body else False
            if not isinstance(wanted, bool) or (wanted and body["top_logprobs"] > 10):
                raise Cut
            return answer

        fake.spoil = spoil
        engine = open_engine(fake.source)
        assert engine.metadata["route"] == TEXT
        assert engine.metadata["likeliest"] == "10"
        bodies = [str(body) for _, body in fake.of_model()]
        assert bodies.count(bodies[0]) == 2, "a lost connection is made again but once"


@pytest.mark.parametrize("kind", PATHS)
def test_settings_leave_what_is_likely_as_it_is_and_what_is_asked_for(kind: Kind) -> None:
    with faked(kind) as fake:
        engine = open_engine(fake.source)
        body = fake.of_model()[-1][1]
        assert body["top_p"] == body["repetition_penalty"] == body["repeat_penalty"] == 1.0
        options = GenerationOptions(max_new_tokens=1, temperature=1.0, top_p=0.5)
        list(engine.generate(engine.tokenize("The cat"), options))
        assert fake.of_model()[-1][1]["top_p"] == 0.5
        assert fake.of_model()[-1][1]["min_p"] == 0.0


def test_calls_that_are_used_up_end_the_trying() -> None:
    with faked("prefill", style=None) as fake, pytest.raises(BudgetError):
        look_at(parse(fake.source), EndpointOptions(max_calls=8))
