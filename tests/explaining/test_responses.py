"""Responses: written by the model as it goes, or supplied."""

from collections.abc import Iterator

import pytest

from backlit.engines.base import GenerationStep
from backlit.engines.toy import ToyEngine
from backlit.errors import TargetError
from backlit.explaining.responses import read_prompt, respond, stream
from backlit.explanation import Generation
from backlit.types import GenerationOptions, Message, Token, TokenSequence

PROMPT = "Question: what does the dog like? Answer:"
OPTIONS = GenerationOptions(max_new_tokens=6)


class Counting(ToyEngine):
    """Says whether it was stopped, and leaves out what it can't do."""

    stopped = False

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        try:
            yield from super().generate(prompt, options)
        except GeneratorExit:
            self.stopped = True
            raise


def events(
    engine: ToyEngine, prompt: str = PROMPT, options: GenerationOptions = OPTIONS
) -> list[TokenSequence | tuple[Token, ...] | Generation]:
    return list(stream(engine, prompt, options))


def test_a_stream_is_the_prompt_then_tokens_then_the_whole(toy: ToyEngine) -> None:
    first, *middle, last = events(toy)
    assert first == toy.tokenize(PROMPT)
    assert isinstance(last, Generation)
    written = [token for step in middle if isinstance(step, tuple) for token in step]
    assert len(written) == 6
    assert last.sequence == first.extended(written)
    assert last == Generation(PROMPT, last.sequence, "length", "toy", OPTIONS, ())
    assert last.response.startswith(" the dog likes")


def test_no_step_without_tokens_is_told(toy: ToyEngine) -> None:
    """The end of text is a step without any."""
    ended = events(toy, "Two and two make four.", GenerationOptions(max_new_tokens=64))
    assert all(step for step in ended if isinstance(step, tuple))
    assert isinstance(ended[-1], Generation)
    assert ended[-1].finish_reason == "stop"


def test_closing_a_stream_stops_the_model() -> None:
    engine = Counting()
    running = stream(engine, PROMPT, OPTIONS)
    next(running)
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert engine.stopped


def test_an_engine_that_gives_no_reason_is_a_fault() -> None:
    class Endless(ToyEngine):
        def generate(
            self, prompt: TokenSequence, options: GenerationOptions
        ) -> Iterator[GenerationStep]:
            yield GenerationStep(())

    with pytest.raises(RuntimeError, match="toy ended a generation without a reason"):
        events(Endless())


def test_muted_spans_are_taken_away_before_anything_is_read(toy: ToyEngine) -> None:
    prompt = "The cat likes warm milk. The dog likes"
    first, *_, last = stream(toy, prompt, OPTIONS, [(0, 6)])
    assert isinstance(first, TokenSequence)
    assert first.text == " The dog likes"
    assert isinstance(last, Generation)
    assert last.sequence.prompt == first
    assert last.prompt == prompt
    assert last.muted == ((0, 6),)
    supplied = respond(toy, prompt, " cold", [(0, 6)])
    assert supplied.sequence.text == " The dog likes cold"
    assert supplied.muted == ((0, 6),)


def test_everything_muted_leaves_nothing_to_read(toy: ToyEngine) -> None:
    assert read_prompt(toy, "The cat").text == "The cat"
    assert read_prompt(toy, "The cat", [(0, 1)]).text == " cat"
    with pytest.raises(TargetError, match="Everything is muted") as raised:
        read_prompt(toy, "The cat", [(0, 1), (1, 2)])
    assert raised.value.hint


def test_a_supplied_text_is_annotated(toy: ToyEngine) -> None:
    generation = respond(toy, PROMPT, " the cat")
    assert generation.finish_reason == "given"
    assert generation.response == " the cat"
    assert generation.options is None
    response = generation.sequence.tokens[generation.sequence.prompt_length :]
    assert all(token.log_prob is not None for token in response)
    assert all(len(token.alternatives) == 5 for token in response)


def test_ids_are_taken_as_the_model_wrote_them(toy: ToyEngine) -> None:
    last = events(toy)[-1]
    assert isinstance(last, Generation)
    ids = last.sequence.input_ids[last.sequence.prompt_length :]
    supplied = respond(toy, PROMPT, ids, finish_reason="cancelled", options=OPTIONS)
    assert supplied.sequence.input_ids == last.sequence.input_ids
    assert supplied.response == last.response
    assert (supplied.finish_reason, supplied.options) == ("cancelled", OPTIONS)


def test_an_engine_that_can_not_score_supplies_no_log_probabilities() -> None:
    class Writer(ToyEngine):
        capabilities = frozenset({"generate"})

    generation = respond(Writer(), PROMPT, " the cat")
    assert all(token.log_prob is None for token in generation.sequence.tokens)


def test_a_chat_goes_through_the_template(toy: ToyEngine) -> None:
    chat = (Message("user", "The dog likes"),)
    generation = respond(toy, chat, " cold water")
    assert generation.prompt == chat
    assert generation.sequence.prompt.text == "[user]\nThe dog likes\nAnswer:"


def test_an_empty_response_is_none(toy: ToyEngine) -> None:
    responses: list[str | list[int]] = ["", []]
    for empty in responses:
        with pytest.raises(TargetError, match="response is empty"):
            respond(toy, PROMPT, empty)
