"""Writing a response."""

from itertools import pairwise

from backlit.serving.requests.base import segmentations
from backlit.serving.requests.generate import (
    GenerateRequest,
    GenerationEvent,
    SequenceEvent,
    TokensEvent,
)
from backlit.serving.requests.load import LoadRequest
from backlit.types import GenerationOptions, Message
from tests.support.service import REFERENCE, Client, written


def test_the_prompt_comes_first_then_tokens_then_the_whole(client: Client) -> None:
    client.ask(LoadRequest(model="toy"))
    first, *between, last = client.ask(GenerateRequest(model="toy", reference=REFERENCE))
    assert isinstance(first, SequenceEvent)
    assert isinstance(last, GenerationEvent)
    assert {event.type for event in between} == {"tokens"}
    streamed = [t for event in between if isinstance(event, TokensEvent) for t in event.tokens]
    sequence = last.generation.sequence
    assert first.sequence == sequence.prompt
    assert tuple(streamed) == sequence.tokens[sequence.prompt_length :]
    assert last.generation.options == GenerationOptions()


def test_segments_of_every_granularity_tile_the_whole(client: Client) -> None:
    event = written(client)
    sequence = event.generation.sequence
    assert event.segmentations == segmentations(sequence)
    assert set(event.segmentations) == {"token", "word", "sentence", "line", "paragraph"}
    for spans in event.segmentations.values():
        assert spans[0][0] == 0
        assert all(before[1] == after[0] for before, after in pairwise(spans))
        assert spans[-1][1] == len(sequence.tokens)


def test_without_muted_spans(client: Client) -> None:
    reference = REFERENCE.model_copy(update={"muted": [(0, 2)]})
    event = client.answered(GenerateRequest(model="toy", reference=reference))
    assert event.generation.muted == ((0, 2),)
    assert event.generation.sequence.prompt.text == " what does the dog like? Answer:"


def test_a_chat_is_answered(client: Client) -> None:
    messages = [Message("user", "what does the dog like?")]
    reference = REFERENCE.model_copy(update={"prompt": messages})
    event = client.answered(GenerateRequest(model="toy", reference=reference))
    assert event.generation.prompt == tuple(messages)


def test_options_are_followed_and_kept(client: Client) -> None:
    options = GenerationOptions(max_new_tokens=2)
    generation = written(client, options).generation
    assert len(generation.sequence.tokens) == generation.sequence.prompt_length + 2
    assert (generation.finish_reason, generation.options) == ("length", options)


def test_it_is_not_answered_from_memory(client: Client) -> None:
    """Who presses a button twice wants it written twice, and may have set no seed."""
    options = GenerationOptions(temperature=10.0)
    assert written(client, options).generation != written(client, options).generation
