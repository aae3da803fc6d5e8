"""Proofs: the first segments of a map are taken away, and what that does is measured.

A score estimates, or says where an answer was read from; what an answer needs is another question,
and the only way to know is to take a part away. Each of the first segments is, alone. Where two or
more of them do next to nothing alone, they are taken away together too: each may cover for the
others.
"""

import math
from collections.abc import Iterator, Sequence

from backlit.display.words import times_likely
from backlit.engines.base import as_scorer
from backlit.errors import InputError
from backlit.explanation import Proof
from backlit.methods.objective import Objective
from backlit.progress import SILENT, Progress
from backlit.types import GenerationOptions, Segment, Span, TokenSequence

LITTLE = math.log(2)  # nats: who costs less than that alone may have somebody who covers for it
GAIN = -0.05  # nats: who stood against the target covers for nobody


def prove(
    objective: Objective, segments: Sequence[Segment], progress: Progress = SILENT
) -> Iterator[Proof]:
    """Take each of these segments away, then those together that did next to nothing alone.

    What of the prompts is known, from a method or a check of this objective, is not run again.

    Args:
        objective: what the map explains.
        segments: the first ones of a map.
        progress: told of the phase `prove`.

    Yields:
        A proof for each segment without which something is left to read, in the order given; then
        one for several, if two or more lost less than `LITTLE`, gained nothing and changed nothing.

    Raises:
        CapabilityError: the engine can't say how likely a given text is.
        InputError: without any of them, nothing is left to read.
    """
    as_scorer(objective.engine)
    before = _before(objective)
    alone = [((s.start, s.stop),) for s in segments]
    alone = [spans for spans in alone if before.without(spans).tokens]
    if not alone:
        raise InputError("Nothing would be left before the target.", "Choose a finer granularity.")
    progress("prove", 0, len(alone))
    values = _values(objective, before, alone)
    usual = _usual(objective, before)
    little: list[Span] = []
    for done, spans in enumerate(alone, start=1):
        proof = _proof(objective, before, spans, values[spans], usual)
        yield proof
        progress("prove", done, len(alone))
        if GAIN < proof.lost < LITTLE and not proof.changed:
            little += spans
    together = tuple(sorted(little))
    if len(together) > 1 and before.without(together).tokens:
        value = _values(objective, before, [together])[together]
        yield _proof(objective, before, together, value, usual)


def _before(objective: Objective) -> TokenSequence:
    """All that the model reads before it comes to the target."""
    tokens = objective.sequence.tokens[: objective.target.start]
    text = objective.sequence.text[: tokens[-1].stop]
    return TokenSequence(text, tokens, len(tokens))


def _values(
    objective: Objective, before: TokenSequence, without: Sequence[tuple[Span, ...]]
) -> dict[tuple[Span, ...], float]:
    """The objective without each of these, nats; what they begin with alike is run once."""
    contexts = [before.without(spans).input_ids for spans in without]
    return {without[index]: value for index, value in objective.score(contexts)}


def _proof(
    objective: Objective,
    before: TokenSequence,
    spans: tuple[Span, ...],
    value: float,
    usual: tuple[int, ...] | None,
) -> Proof:
    lost = objective.value() - value
    if usual is None:
        return Proof(spans, lost, times_likely(lost))
    ids, said = _certain(objective, value) or _said(objective, before.without(spans))
    return Proof(spans, lost, times_likely(lost), said, ids != usual)


def _usual(objective: Objective, before: TokenSequence) -> tuple[int, ...] | None:
    """The ids that the model writes with everything there; None if it writes nothing."""
    if "generate" not in objective.engine.capabilities:
        return None
    target = objective.target
    tokens = objective.sequence.tokens[target.start : target.stop]
    certain = _certain(objective, objective.value())
    if certain is not None:
        return certain[0]
    if all(token.alternatives and token.alternatives[0].id == token.id for token in tokens):
        return tuple(token.id for token in tokens)  # the target is what it writes
    return _said(objective, before)[0]


def _certain(objective: Objective, value: float) -> tuple[tuple[int, ...], str] | None:
    """Ids and text of the target, if a model that finds it so likely must write it greedily.

    Where all of it together is likelier than 1/2, so is each token. Nothing is known of a contrast.
    """
    target = objective.target
    if target.foil is not None or value <= -math.log(2):
        return None
    tokens = objective.sequence.tokens[: target.stop]
    text = TokenSequence("", (), 0).extended(tokens).text
    return objective.answers[0], text[tokens[target.start].start :]


def _said(objective: Objective, context: TokenSequence) -> tuple[tuple[int, ...], str]:
    """Ids and text that the model goes on with, greedily, at most as long as the target."""
    target = objective.target
    options = GenerationOptions(max_new_tokens=target.stop - target.start)
    steps = objective.engine.generate(context, options)
    tokens = [token for step in steps for token in step.tokens]
    return tuple(token.id for token in tokens), context.extended(tokens).text[len(context.text) :]
