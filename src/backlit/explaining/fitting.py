"""Whether an explanation, perhaps from a file, fits the model that is to measure more of it."""

from contextlib import suppress

from backlit.engines.base import Engine
from backlit.errors import InputError
from backlit.explaining.targets import select_target
from backlit.explanation import Attribution, Generation
from backlit.types import TokenSequence


def check_reads(engine: Engine, generation: Generation) -> None:
    """The ids of a response mean to this engine what they meant to the one that was explained.

    Raises:
        InputError: they don't.
    """
    sequence = generation.sequence
    prompt, ids = sequence.prompt, sequence.input_ids[sequence.prompt_length :]
    with suppress(InputError):  # a function knows the pieces that it has read
        engine.tokenize(generation.prompt)
        engine.append(prompt, generation.response)
    with suppress(InputError):
        engine.append(TokenSequence("", (), 0), sequence.input_ids)  # it knows every id
        if (
            engine.append(prompt, ids).text == sequence.text
            or engine.append(prompt, generation.response).input_ids == sequence.input_ids
        ):
            return
    raise InputError(
        f"{engine.name} has other tokens than {generation.model}, which was explained.",
        "Give the model that was explained, or explain with this one.",
    )


def check_covers(sequence: TokenSequence, attribution: Attribution) -> None:
    """The segments of a map tile what is before its target.

    Raises:
        InputError: they don't.
        TargetError: the target is not in the response.
    """
    target = select_target(sequence, attribution.target)
    starts = [segment.start for segment in attribution.segments]
    stops = [segment.stop for segment in attribution.segments]
    end = target.start if attribution.share is None else sequence.prompt_length
    if not starts or [0, *stops] != [*starts, end]:
        raise InputError("The map does not cover what is before the target.", "Explain it again.")
