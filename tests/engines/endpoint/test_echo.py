from collections.abc import Iterator
from typing import Any

import httpx2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.engines import open_engine
from backlit.engines.base import as_scorer
from backlit.engines.endpoint.answers import read_by
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.connecting import look_at
from backlit.engines.endpoint.echo import Echo, Echoed
from backlit.engines.endpoint.options import EndpointOptions
from backlit.engines.function.pieces import pieces_of
from backlit.engines.toy import ToyEngine
from backlit.errors import EndpointError, PromptError
from backlit.methods import methods
from backlit.methods.base import unavailable
from backlit.model import load_model
from backlit.sources import parse
from backlit.testing import check_engine, check_method
from backlit.types import GenerationOptions
from tests.engines.endpoint.test_probe import JSON, KEYS
from tests.support.endpoints import CONTEXT, Cut, Fake, faked

PROMPT = "Analysis: the dish is bitter and you dislike bitter soup. Recommendation:"
LINES = "The cat likes warm milk.\nThe dog likes cold water.\nI like sweet soup.\nThe cat likes"


@pytest.fixture
def fake() -> Iterator[Fake]:
    with faked("echo") as one:
        yield one


def log_probs(prompt: str, answer: str) -> np.ndarray:
    """What the same model tells here of an answer's tokens."""
    toy = ToyEngine()
    ids = toy.tokenize(prompt).input_ids
    ((_, values),) = toy.score([ids], toy.tokenize(prompt + answer).input_ids[len(ids) :])
    return values


def test_a_server_that_echoes_is_found_and_said_to_tell_no_tokens(fake: Fake) -> None:
    engine = open_engine(fake.source)
    assert engine.metadata["route"] == "echo on /v1/completions"
    assert engine.metadata["tokens"] == "words"
    assert "off" not in engine.metadata
    assert [one.text for one in engine.tokenize(LINES).tokens] == pieces_of(LINES)
    temperatures = [body["temperature"] for _, body in fake.of_model()]
    assert not any(temperatures), "what it writes is text: of a temperature nothing need be known"


def test_it_keeps_the_promises_of_an_engine(fake: Fake) -> None:
    check_engine(open_engine(fake.source), PROMPT)


def test_it_scores_as_the_same_model_does_here(fake: Fake) -> None:
    engine = as_scorer(open_engine(fake.source))
    answer = " warm milk.\nThe dog"
    ids = engine.append(engine.tokenize(LINES), answer).input_ids[len(pieces_of(LINES)) :]
    contexts = [engine.tokenize(text).input_ids for text in (LINES, PROMPT, "The cat 東京 👩‍🚀")]
    told = dict(engine.score(contexts, ids))
    for index, prompt in enumerate((LINES, PROMPT, "The cat 東京 👩‍🚀")):
        assert told[index].sum() == pytest.approx(log_probs(prompt, answer).sum())
    first = engine.annotate(engine.append(engine.tokenize(LINES), " warm milk."))
    assert [token.log_prob for token in first.tokens[-3:]] == pytest.approx(
        log_probs(LINES, " warm milk.").tolist()
    )


@pytest.mark.parametrize(
    "answer", [" warm 👩 milk", " milk 👩", " 東京 milk", "東京", "👩‍🚀 milk."]
)
def test_parts_of_characters_are_scored(fake: Fake, answer: str) -> None:
    engine = as_scorer(open_engine(fake.source))
    sequence = engine.append(engine.tokenize(LINES), answer)
    ids = sequence.input_ids
    ((_, told),) = engine.score([ids[: sequence.prompt_length]], ids[sequence.prompt_length :])
    assert told.sum() == pytest.approx(log_probs(LINES, answer).sum())


def test_offsets_that_are_not_those_of_the_text_are_refused() -> None:
    echo = Echo(Client(httpx2.URL("http://127.0.0.1:9")), None)
    values = {
        "tokens": ["\ufffd", "\ufffd", "\ufffd", "1", "2", "3", "4", "5"],
        "text_offset": list(range(8)),
        "token_logprobs": [None, *[-1.0] * 7],
    }
    told = {"choices": [{"logprobs": values}]}
    with pytest.raises(EndpointError, match="do not stand where it says"):
        read_by(echo.of_answer("日12", "34").read, told)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_it_writes_what_the_same_model_does_here(fake: Fake, temperature: float) -> None:
    options = GenerationOptions(max_new_tokens=12, temperature=temperature, seed=3)
    texts = [
        "".join(t.text for s in one.generate(one.tokenize(LINES), options) for t in s.tokens)
        for one in (open_engine(fake.source), ToyEngine())
    ]
    assert texts[1].startswith(texts[0]), "words are counted, so that it may end before"
    assert texts[0].strip()


@pytest.mark.parametrize("name", [n for n, m in methods().items() if m.facts.needs == ("score",)])
def test_every_method_that_scores_works(fake: Fake, name: str) -> None:
    engine = open_engine(fake.source)
    assert unavailable(methods()[name], engine) is None
    check_method(methods()[name](), engine, PROMPT)


def test_occlusion_takes_a_call_for_each_segment_and_asks_nothing_twice(fake: Fake) -> None:
    model = load_model(fake.source)
    before = len(fake.of_model())
    explanation = model.explain(
        LINES, response=" warm milk.", method="occlusion", granularity="word"
    )
    assert len(fake.of_model()) - before <= len(explanation[0].segments) + 2
    assert explanation[0].top(1)[0].text.strip() in ("warm", "milk.", "likes", "cat")
    for _ in range(2):
        model.check(explanation)
        model.explain(explanation.generation, method="sparse_ablation", granularity="word")
    asked = [str(one) for one in fake.of_model()[before:]]
    assert len(set(asked)) == len(asked)


def _ignored(body: Any, answer: Any) -> Any:
    """As if nothing had been asked to be told again."""
    values = answer["choices"][0]["logprobs"]
    return {"choices": [{"logprobs": {name: told[-1:] for name, told in values.items()}}]}


def _nothing(body: Any, answer: Any) -> Any:
    return {"choices": [{"text": answer["choices"][0]["text"], "logprobs": None}]}


def _filled(body: Any, answer: Any) -> Any:
    answer["choices"][0]["logprobs"]["token_logprobs"][-2] = 0.0
    return answer


def _fewer(body: Any, answer: Any) -> Any:
    answer["choices"][0]["logprobs"]["token_logprobs"] = []
    return answer


def _other(body: Any, answer: Any) -> Any:
    answer["choices"][0]["logprobs"]["tokens"][-3] += "?"
    answer["choices"][0]["logprobs"].pop("text_offset")
    return answer


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_ignored, "other text than the one that was to be told again"),
        (_nothing, "The server's answer has no"),
        (_filled, "nats off that of writing token by token"),
        (_fewer, "another shape"),
        (_other, "other text than the one"),
    ],
)
def test_a_server_that_does_not_echo_is_not_believed(fake: Fake, spoil: Any, words: str) -> None:
    fake.spoil = lambda path, body, answer: (
        spoil(body, answer) if body and body.get("echo") else answer
    )
    seen = look_at(parse(fake.source), EndpointOptions())
    assert words in seen.found.trials[0].problem
    assert "does not tell how it cuts text into tokens" in seen.unread
    assert not isinstance(seen.found.way, Echo)


def test_a_server_that_tells_old_values_is_not_believed(fake: Fake) -> None:
    def spoil(path: str, body: Any, answer: Any) -> Any:
        if body and body.get("echo") and [seen for _, seen in fake.asked].count(body) > 1:
            answer["choices"][0]["logprobs"]["token_logprobs"][-2] -= 1
        return answer

    fake.spoil = spoil
    seen = look_at(parse(fake.source), EndpointOptions())
    assert "asked twice, gets two answers" in seen.found.trials[0].problem
    assert not isinstance(seen.found.way, Echo)


def test_a_target_that_begins_within_a_token_is_refused(fake: Fake) -> None:
    model = load_model(fake.source)
    with pytest.raises(EndpointError, match="the target's beginning as one token"):
        model.explain("The cat likes war", response="m milk", method="occlusion")


def test_a_server_that_dies_in_mid_answer_is_told_of(fake: Fake) -> None:
    engine = open_engine(fake.source)

    def spoil(path: str, body: Any, answer: Any) -> Any:
        def events() -> Iterator[Any]:
            yield next(answer)
            yield next(answer)
            raise Cut

        return events() if isinstance(answer, Iterator) else answer

    fake.spoil = spoil
    with pytest.raises(EndpointError, match="ended its answer without a reason"):
        list(engine.generate(engine.tokenize(PROMPT), GenerationOptions(max_new_tokens=9)))


def test_closing_an_answer_closes_its_request(fake: Fake) -> None:
    engine = open_engine(fake.source)

    def spoil(path: str, body: Any, answer: Any) -> Any:
        def events() -> Iterator[Any]:
            yield next(answer)
            yield next(answer)
            fake.go.clear()
            yield from answer

        return events()

    fake.spoil = spoil
    writing = engine.generate(engine.tokenize(LINES), GenerationOptions(max_new_tokens=30))
    assert next(iter(writing)).tokens
    writing.close()  # type: ignore[attr-defined]
    assert fake.closed.wait(20)


def test_a_prompt_that_is_too_long_is_said(fake: Fake) -> None:
    engine = as_scorer(open_engine(fake.source))
    with pytest.raises(PromptError, match="maximum context length is 512"):
        list(
            engine.score(
                [engine.tokenize("x " * CONTEXT).input_ids], engine.tokenize("a").input_ids
            )
        )


@given(
    tokens=st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=8),
    joins=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_sums_over_pieces_are_those_of_their_tokens(tokens: list[str], joins: list[bool]) -> None:
    values = -np.arange(1.0, len(tokens) + 1)
    pieces: list[str] = []
    sums: list[float] = []
    for token, value, join in zip(tokens, values, joins, strict=False):
        if join and pieces:
            pieces[-1] += token
            sums[-1] += value
        else:
            pieces.append(token)
            sums.append(value)
    found = Echoed(tuple(tokens), values).of_pieces(pieces)
    assert found is not None
    assert found.tolist() == pytest.approx(sums)
    assert Echoed(tuple(tokens), values).of_pieces([*pieces, "x"]) is None
    if len(tokens[0]) > 1:
        assert Echoed(tuple(tokens), values).of_pieces([tokens[0][0], tokens[0][1:]]) is None


@given(told=st.recursive(JSON, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))
def test_whatever_is_answered_is_read_or_refused(told: Any) -> None:
    echo = Echo(Client(httpx2.URL("http://127.0.0.1:9")), None)
    for read in (
        echo.of_answer("a", "b").read,
        echo.write("a", GenerationOptions(max_new_tokens=3)).reader(),
    ):
        try:
            read_by(read, told)
        except EndpointError as error:
            assert error.message
