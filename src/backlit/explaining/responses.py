"""A prompt and its response: written by the model, or supplied."""

from collections.abc import Iterator, Sequence

from backlit.engines.base import Engine, as_scorer
from backlit.engines.settings import as_taken
from backlit.errors import TargetError
from backlit.explaining.answers import Answer, as_answer
from backlit.explaining.blocks import with_block
from backlit.explanation import Generation
from backlit.types import FinishReason, GenerationOptions, Prompt, Span, Token, TokenSequence


def stream(
    engine: Engine, prompt: Prompt, options: GenerationOptions, muted: Sequence[Span] = ()
) -> Iterator[TokenSequence | tuple[Token, ...] | Generation]:
    """Write a response, and tell of it as it comes; closing the iterator stops the model.

    Args:
        engine: who writes.
        prompt: what to answer.
        options: how.
        muted: token spans of the prompt to take away first.

    Yields:
        The prompt as the model reads it, new tokens as often as there are some, and last the
        whole.
    """
    sequence = read_prompt(engine, prompt, muted)
    yield sequence
    for step in engine.generate(sequence, options):
        sequence = sequence.extended(step.tokens)
        if step.tokens:
            yield step.tokens
        if step.finish_reason is not None:
            whole, taken = with_block(sequence), as_taken(engine, options)
            yield Generation(prompt, whole, step.finish_reason, engine.name, taken, tuple(muted))
            return
    raise RuntimeError(f"{engine.name} ended a generation without a reason")


def respond(
    engine: Engine,
    prompt: Prompt,
    response: Answer,
    muted: Sequence[Span] = (),
    *,
    finish_reason: FinishReason = "given",
    options: GenerationOptions | None = None,
) -> Generation:
    """A generation whose response is supplied: as text, or as the ids the model wrote.

    Args:
        engine: says how likely it finds each token, if it can.
        prompt: what was answered.
        response: the answer.
        muted: token spans of the prompt to take away first.
        finish_reason: why it ends where it does.
        options: how ids were written.

    Raises:
        TargetError: the response is empty, or the tokenizer can't write it.
    """
    written = as_answer(response, "response")
    sequence = engine.append(read_prompt(engine, prompt, muted), written)
    if "score" in engine.capabilities:
        sequence = as_scorer(engine).annotate(sequence)
    whole, taken = with_block(sequence), options and as_taken(engine, options)
    return Generation(prompt, whole, finish_reason, engine.name, taken, tuple(muted))


def read_prompt(engine: Engine, prompt: Prompt, muted: Sequence[Span] = ()) -> TokenSequence:
    """The prompt's tokens, without the muted spans."""
    sequence = engine.tokenize(prompt)
    if muted:
        sequence = sequence.without(muted)
        if not sequence.tokens:
            raise TargetError("Everything is muted.", "Leave the model something to read.")
    return sequence
