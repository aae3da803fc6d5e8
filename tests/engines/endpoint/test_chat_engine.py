from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.engines import open_engine
from backlit.engines.endpoint.answers import read_by
from backlit.engines.endpoint.chat import Chat
from backlit.engines.endpoint.chat_engine import ChatEndpointEngine
from backlit.engines.endpoint.options import EndpointOptions
from backlit.engines.settings import as_taken
from backlit.engines.toy import ToyEngine
from backlit.errors import CapabilityError, EndpointError, GatedError, OfflineError, OptionsError
from backlit.explaining.responses import respond
from backlit.methods import methods
from backlit.methods.base import unavailable
from backlit.model import load_model
from backlit.segments import segment
from backlit.serving.models import ServedModel
from backlit.testing import check_engine
from backlit.types import REASONING, GenerationOptions, Message, Prompt
from tests.engines.endpoint.test_probe import JSON, KEYS
from tests.support.endpoints import Cut, Fake, Odd, faked
from tests.support.service import until

CHAT = (
    Message("system", "Be brief.\nBe kind."),
    Message("user", "what does the cat like?"),
    Message("assistant", "milk"),
    Message("user", "what does the dog like?"),
)
FEW = GenerationOptions(max_new_tokens=6)


@pytest.fixture
def fake() -> Iterator[Fake]:
    with faked("chat") as one:
        yield one


def opened(fake: Fake, **options: Any) -> ChatEndpointEngine:
    engine = open_engine(fake.source, endpoint=EndpointOptions(**options))
    assert isinstance(engine, ChatEndpointEngine)
    return engine


def written(engine: ChatEndpointEngine, prompt: Prompt, options: GenerationOptions = FEW) -> str:
    steps = engine.generate(engine.tokenize(prompt), options)
    return "".join(token.text for step in steps for token in step.tokens)


def sent(fake: Fake) -> list[tuple[str, str]]:
    """The messages that were sent last."""
    return [(one["role"], one["content"]) for one in fake.of_model()[-1][1]["messages"]]


def test_a_server_that_only_chats_writes_and_is_said_to_score_nothing(fake: Fake) -> None:
    engine = opened(fake)
    assert engine.metadata["route"] == "/v1/chat/completions"
    assert engine.metadata["scores"] == "none"
    check_engine(engine, "what does the cat like?")
    for name, method in methods().items():
        assert "can't" in str(unavailable(method, engine)) or engine.name in str(
            unavailable(method, engine)
        ), name


def test_messages_are_sent_as_they_are_and_answered_as_here(fake: Fake) -> None:
    engine, here = opened(fake), ToyEngine()
    prompt = engine.tokenize(CHAT)
    assert {token.role for token in prompt.tokens} == {"system", "user", "assistant", "template"}
    text = written(engine, CHAT)
    assert sent(fake) == [(one.role, one.content) for one in CHAT]
    steps = here.generate(here.tokenize(CHAT), FEW)
    assert "".join(t.text for s in steps for t in s.tokens).startswith(text)
    assert text.strip()
    written(engine, "The cat likes")
    assert sent(fake) == [("user", "The cat likes")]


def test_what_is_left_of_a_chat_is_still_one(fake: Fake) -> None:
    engine = opened(fake)
    prompt = engine.tokenize(CHAT)
    lines = segment(prompt, "line")
    for gone in lines:
        left = prompt.without([(gone.start, gone.stop)])
        list(engine.generate(left, FEW))
        roles = [role for role, _ in sent(fake)]
        if gone.text == "Be brief.\n":
            assert sent(fake)[0] == ("system", "Be kind.")
        elif gone.text == "milk":
            assert sent(fake)[1] == ("user", f"{CHAT[1].content}\n\n{CHAT[3].content}")
        assert all(content.strip() for _, content in sent(fake))
        assert roles[-1] == "user"
        assert all(one != other for one, other in pairwise(roles)), "servers want turns"
    list(engine.generate(prompt.without([(0, len(prompt.tokens))]), FEW))
    assert sent(fake) == [("user", "…")]


def test_who_spoke_is_known_in_another_process(fake: Fake) -> None:
    prompt = opened(fake).tokenize(CHAT)
    assert opened(fake).messages_of(prompt) == CHAT


def test_a_chat_is_explained_by_counting_answers(fake: Fake) -> None:
    """As a server would that is strict: turns, the user's last, and nothing empty."""

    def spoil(path: str, body: Any, answer: Any) -> Any:
        if body:
            roles = [one["role"] for one in body["messages"]]
            turns = all(one != other for one, other in pairwise(roles))
            if not turns or roles[-1] != "user" or not all(m["content"] for m in body["messages"]):
                raise Odd(400, '{"error": {"message": "roles must alternate"}}')
        return answer

    fake.spoil = spoil
    model = load_model(fake.source)
    for method in ("occlusion", "shapley"):
        found = model.explain(
            CHAT, response="milk", measure="share", samples=2, method=method, progress=False
        )
        assert found[0].share is not None


def test_a_server_that_takes_no_seed_is_asked_without(fake: Fake) -> None:
    def spoil(path: str, body: Any, answer: Any) -> Any:
        if body and "seed" in body:
            raise Odd(422, '{"detail": "extra fields not permitted"}')
        return answer

    fake.spoil = spoil
    engine = opened(fake)
    assert engine.metadata["seed"] == "not taken"
    options = GenerationOptions(max_new_tokens=4, temperature=0.5, seed=3)
    assert written(engine, CHAT, options)
    assert as_taken(engine, options) == replace(options, seed=None)


def test_an_answer_that_a_filter_cut_is_one(fake: Fake) -> None:
    def spoil(path: str, body: Any, answer: Any) -> Any:
        def events() -> Iterator[Any]:
            yield {"choices": [{"delta": {"content": "I can"}, "finish_reason": None}]}
            yield {"choices": [{"delta": {}, "finish_reason": "content_filter"}]}

        return events() if isinstance(answer, Iterator) else answer

    fake.spoil = spoil
    assert written(opened(fake), CHAT) == "I can"


def test_thoughts_stand_in_a_block_before_the_answer(fake: Fake) -> None:
    fake.thinks = "Dogs drink water ."
    generation = load_model(fake.source).generate(CHAT, max_new_tokens=30)
    assert generation.response.startswith("<think>\nDogsdrinkwater.\n</think>\n\n")
    tokens = generation.sequence.tokens[generation.sequence.prompt_length :]
    assert {token.role for token in tokens} == {REASONING, "response"}


def test_no_stop_string_is_looked_for_in_thoughts(fake: Fake) -> None:
    engine = opened(fake)
    prompt = engine.tokenize("what does the cat like?")
    plain = written(engine, "what does the cat like?", GenerationOptions(max_new_tokens=30))
    first = plain.split()[0]
    fake.thinks = f"Let\n\nme < {first} > think."
    for stop in (("\n\n", "think", "<", ">"), (first,)):
        options = GenerationOptions(max_new_tokens=60, stop=stop)
        alone = written(engine, "what does the cat like?", options)
        thoughts, _, answer = alone.partition("</think>\n\n")
        assert thoughts.startswith("<think>\nLet\n\n")
        assert answer.strip() == (first if stop == (first,) else plain.strip())
        batch = [s for _, s in engine.generate_batch([prompt], [options])]
        assert "".join(t.text for s in batch for t in s.tokens) == alone
        assert batch[-1].finish_reason == "stop"


def test_another_name_of_the_limit_is_found(fake: Fake) -> None:
    fake.limit = "max_completion_tokens"
    assert written(opened(fake), CHAT)


def test_a_model_that_takes_no_temperature_is_asked_without(fake: Fake) -> None:
    def spoil(path: str, body: Any, answer: Any) -> Any:
        if body and "temperature" in body:
            raise Odd(400, '{"error": {"message": "temperature does not support 0"}}')
        return answer

    fake.spoil = spoil
    engine = opened(fake)
    assert engine.metadata["temperature"] == "the server's own"
    assert written(engine, CHAT)
    model = load_model(fake.source)
    generation = model.generate(CHAT, max_new_tokens=4, temperature=0.5, top_p=0.9, seed=3)
    assert generation.options == GenerationOptions(4, None, 1.0, seed=3)
    assert "at a temperature of its own" in repr(generation)
    given = respond(engine, CHAT, "milk", options=GenerationOptions(4, 0.5))
    assert given.options == GenerationOptions(4, None)
    variants = ["The {one} likes", "A {one} likes"]
    grid = model.grid(variants, [{"one": "cat"}], options={"max_new_tokens": 4})
    assert grid.options == GenerationOptions(4, None)
    assert grid.changed(1) is None, "its answers differ by chance"
    assert ServedModel.of(model).info.untaken == ["temperature", "top_p"]


def test_a_map_tells_that_reasoning_used_up_its_answers(fake: Fake) -> None:
    """Also where it is hidden, so that there is nothing but the reason."""
    silent = {"in": "milk"}  # where nothing is said

    def spoil(path: str, body: Any, answer: Any) -> Any:
        def events() -> Iterator[Any]:
            yield {"choices": [{"delta": {}, "finish_reason": "length"}]}

        said = str(body and body.get("messages"))
        return events() if isinstance(answer, Iterator) and silent["in"] not in said else answer

    fake.spoil = spoil
    model = load_model(fake.source)
    asked: dict[str, Any] = {"response": "yes", "measure": "share", "samples": 2}
    found = model.explain("The cat likes milk.\nWhat now?", progress=False, **asked)
    assert "In 2 of 6 answers the model used up its 128 tokens" in found[0].notes[-1]
    silent["in"] = "nobody says this"
    with pytest.raises(OptionsError, match="In all 2 answers"):
        model.explain("The dog likes water.\nWhat now?", progress=False, **asked)


def test_a_stop_string_ends_an_answer_however_the_server_ends_it(fake: Fake) -> None:
    engine = opened(fake)
    prompt = engine.tokenize("what does the cat like?")
    (word,) = {t.text for s in engine.generate(prompt, GenerationOptions(1)) for t in s.tokens}
    for count in (1, 2):
        options = GenerationOptions(max_new_tokens=count, stop=(word.strip(),))
        *_, last = engine.generate(prompt, options)
        assert last.finish_reason == "stop"


@pytest.mark.parametrize(("count", "reason"), [(3, "length"), (400, "stop")])
def test_it_is_told_why_an_answer_ends(fake: Fake, count: int, reason: str) -> None:
    engine = opened(fake)
    options = GenerationOptions(max_new_tokens=count)
    *_, last = engine.generate(engine.tokenize("Two and two make"), options)
    assert last.finish_reason == reason
    ended = [s for _, s in engine.generate_batch([engine.tokenize("Two and two make")], [options])]
    assert ended[-1].finish_reason == reason


def test_answers_are_written_side_by_side_and_as_alone(fake: Fake) -> None:
    engine = opened(fake, parallel=3)
    prompts = [engine.tokenize(f"what does the {one} like?") for one in ("cat", "dog", "bird")]
    options = [
        GenerationOptions(max_new_tokens=9, temperature=1.0, seed=seed, stop=(" the",))
        for seed in range(3)
    ]
    alone = [
        "".join(t.text for s in engine.generate(one, chosen) for t in s.tokens)
        for one, chosen in zip(prompts, options, strict=True)
    ]

    def spoil(path: str, body: Any, answer: Any) -> Any:
        if isinstance(answer, Iterator) and fake.most_in_flight < 3:
            until(lambda: fake.most_in_flight == 3)
        return answer

    fake.spoil = spoil
    texts = ["", "", ""]
    for index, step in engine.generate_batch(prompts, options):
        texts[index] += "".join(token.text for token in step.tokens)
    assert texts == alone


def test_no_answer_is_gone_on_with(fake: Fake) -> None:
    engine = opened(fake)
    begun = engine.append(engine.tokenize(CHAT), "The dog")
    with pytest.raises(CapabilityError, match="from the middle of an answer"):
        list(engine.generate(begun, FEW))


def test_a_server_that_dies_in_mid_answer_is_told_of(fake: Fake) -> None:
    engine = opened(fake)

    def spoil(path: str, body: Any, answer: Any) -> Any:
        def events() -> Iterator[Any]:
            yield next(answer)
            yield next(answer)
            raise Cut

        return events() if isinstance(answer, Iterator) else answer

    fake.spoil = spoil
    with pytest.raises(EndpointError, match="without a reason"):
        written(engine, CHAT)
    with pytest.raises(EndpointError, match="without a reason"):
        list(engine.generate_batch([engine.tokenize(CHAT)], [FEW]))


def test_a_server_of_no_use_says_what_was_tried(fake: Fake) -> None:
    fake.spoil = lambda path, body, answer: (
        {"choices": []} if path == "/v1/chat/completions" else answer
    )
    with pytest.raises(EndpointError, match="takes no messages") as error:
        opened(fake)
    assert "/v1/chat/completions: The server's answer has no choices.0" in error.value.message


def test_who_is_not_there_or_wants_a_key_is_said(fake: Fake) -> None:
    with pytest.raises(OfflineError):
        open_engine("endpoint:http://127.0.0.1:9")
    fake.key = "sk-1"
    with pytest.raises(GatedError):
        opened(fake)
    fake.key = None

    def closed(path: str, body: Any, answer: Any) -> Any:
        if body is not None:
            raise Odd(401)
        return answer

    fake.spoil = closed
    with pytest.raises(GatedError, match="wants a key"):
        opened(fake)

    def spoil(path: str, body: Any, answer: Any) -> Any:
        raise Odd(429, headers={"Retry-After": "3600"})

    fake.key, fake.spoil = None, spoil
    with pytest.raises(OfflineError, match="takes no more requests"):
        opened(fake)


@given(told=st.recursive(JSON, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))
def test_whatever_is_answered_is_read_or_refused(told: Any) -> None:
    chat = Chat(None, "max_tokens")
    for read in (chat.hello().read, chat.write(CHAT, FEW).reader()):
        try:
            read_by(read, told)
        except EndpointError as error:
            assert error.message
