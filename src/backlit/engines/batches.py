"""Many prompts at once, on any engine: together where it can, else one after the other."""

from collections.abc import Iterator, Sequence
from typing import cast

from backlit.engines.base import Batched, Engine, FloatArray, GenerationStep, as_scorer
from backlit.types import GenerationOptions, TokenSequence


def generate_batch(
    engine: Engine, prompts: Sequence[TokenSequence], options: Sequence[GenerationOptions]
) -> Iterator[tuple[int, GenerationStep]]:
    """See `Batched.generate_batch`."""
    if "batch" in engine.capabilities:
        yield from cast(Batched, engine).generate_batch(prompts, options)
        return
    for index, (prompt, chosen) in enumerate(zip(prompts, options, strict=True)):
        for step in engine.generate(prompt, chosen):
            yield index, step


def score_batch(
    engine: Engine, contexts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]
) -> Iterator[tuple[int, FloatArray]]:
    """See `Batched.score_batch`.

    Raises:
        CapabilityError: the engine can't say how likely a given text is.
    """
    scorer = as_scorer(engine)
    if "batch" in engine.capabilities:
        yield from cast(Batched, engine).score_batch(contexts, answers)
        return
    by_answer: dict[tuple[int, ...], list[int]] = {}
    for index, answer in enumerate(answers):
        by_answer.setdefault(tuple(answer), []).append(index)
    for answer, indices in by_answer.items():
        for number, log_probs in scorer.score([contexts[i] for i in indices], answer):
            yield indices[number], log_probs


def alike(one: Sequence[int], other: Sequence[int]) -> int:
    """How many ids two prompts begin with alike."""
    shorter = min(len(one), len(other))
    if one[:shorter] == other[:shorter]:
        return shorter
    return next(at for at in range(shorter) if one[at] != other[at])
