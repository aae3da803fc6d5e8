"""Write a response."""

from typing import Literal

from backlit.explaining.responses import stream
from backlit.explanation import Generation
from backlit.serving import wire
from backlit.serving.requests.base import Kind, SequenceRequest, Work, segmentations
from backlit.types import GenerationOptions, Token, TokenSequence


class GenerateRequest(SequenceRequest):
    """Write a response. `reference.response_ids` is not used."""

    options: GenerationOptions = GenerationOptions()


class SequenceEvent(wire.Event):
    """The prompt as the model reads it; the response's tokens follow."""

    type: Literal["sequence"] = "sequence"
    sequence: TokenSequence
    segmentations: wire.Segmentations


class TokensEvent(wire.Event):
    """The next tokens of the response."""

    type: Literal["tokens"] = "tokens"
    tokens: list[Token]


class GenerationEvent(wire.Event):
    """The whole of it, and where its segments are."""

    type: Literal["generation"] = "generation"
    generation: Generation
    segmentations: wire.Segmentations


def run(request: GenerateRequest, work: Work) -> wire.Event:
    reference = request.reference
    prompt = wire.prompt_of(reference.prompt)
    unread = 0  # tokens of the prompt, until the first token of the response shows they were read
    for part in stream(work.model.engine, prompt, request.options, reference.muted):
        if isinstance(part, Generation):
            return generation_event(work.keep(part))
        if isinstance(part, TokenSequence):
            work.tell(SequenceEvent(sequence=part, segmentations=segmentations(part)))
            unread = len(part.tokens)
            work.begin()
        else:
            work.tell(TokensEvent(tokens=list(part)))
            if unread:
                work.learn_speed(unread)
            unread = 0
    raise AssertionError("a stream ends with a generation")


def generation_event(generation: Generation) -> GenerationEvent:
    """A generation as it is told."""
    return GenerationEvent(generation=generation, segmentations=segmentations(generation.sequence))


GENERATE = Kind("generate", GenerateRequest, run, (SequenceEvent, TokensEvent, GenerationEvent))
