"""The answer to each kind of request, given a loaded engine.

`answer(request, engine, job, tell)` runs on the model thread, calls `tell` with events on the
way and `job.check` often, and returns the last event.
"""

import time
from collections.abc import Sequence
from functools import singledispatch

from backlit import wire
from backlit.engines.base import Engine, Scorer
from backlit.errors import CapabilityError
from backlit.jobs import Job
from backlit.loading import PROGRESS_SECONDS, Emit
from backlit.methods import make_method
from backlit.pipeline import attribute, generate, read_prompt, respond, select_target
from backlit.segments import GRANULARITIES, token_spans
from backlit.types import Token, TokenSequence


@singledispatch
def answer(request: object, engine: Engine, job: Job, tell: Emit) -> wire.Event:
    """The last event of a request's answer."""
    raise TypeError(f"no answer to {type(request).__name__}")


@answer.register
def _generate(request: wire.GenerateRequest, engine: Engine, job: Job, tell: Emit) -> wire.Event:
    def on_prompt(sequence: TokenSequence) -> None:
        job.check()
        tell(wire.SequenceEvent(sequence=sequence, segmentations=_segmentations(sequence)))

    def on_tokens(tokens: tuple[Token, ...]) -> None:
        job.check()
        tell(wire.TokensEvent(tokens=list(tokens)))

    reference = request.reference
    generation = generate(
        engine,
        wire.as_prompt(reference.prompt),
        request.options,
        muted=reference.muted,
        on_prompt=on_prompt,
        on_tokens=on_tokens,
    )
    return wire.GenerationEvent(
        generation=generation, segmentations=_segmentations(generation.sequence)
    )


@answer.register
def _respond(request: wire.RespondRequest, engine: Engine, job: Job, tell: Emit) -> wire.Event:
    reference = request.reference
    generation = respond(
        engine, wire.as_prompt(reference.prompt), request.response, muted=reference.muted
    )
    return wire.GenerationEvent(
        generation=generation, segmentations=_segmentations(generation.sequence)
    )


@answer.register
def _explain(request: wire.ExplainRequest, engine: Engine, job: Job, tell: Emit) -> wire.Event:
    sequence = _sequence(engine, request.reference)
    target = select_target(sequence, request.target)
    method = make_method(request.method, **request.params)
    spans = token_spans(sequence, request.granularity, request.pattern)
    last = time.monotonic()
    waiting: list[tuple[int, int, float]] = []

    def report(done: int, total: int | None, scored: Sequence[tuple[int, float]]) -> None:
        nonlocal last
        job.check()
        for index, score in scored:
            start, stop = spans[index]
            waiting.append((start, min(stop, target.start), score))
        if time.monotonic() - last >= PROGRESS_SECONDS:
            tell(wire.ProgressEvent(done=done, total=total, scores=list(waiting)))
            waiting.clear()
            last = time.monotonic()

    attribution = attribute(
        engine,
        sequence,
        target,
        method,
        request.granularity,
        pattern=request.pattern,
        report=report,
    )
    return wire.AttributionEvent(attribution=attribution)


@answer.register
def _mute(request: wire.MuteRequest, engine: Engine, job: Job, tell: Emit) -> wire.Event:
    if not isinstance(engine, Scorer):
        raise CapabilityError(
            f"{engine.name} can't say how likely a given text is, so muting can't be measured.",
            "Use “Generate without it” instead.",
        )
    sequence = _sequence(engine, request.reference)
    target = select_target(sequence, request.target)
    before = TokenSequence(sequence.text, sequence.tokens[: target.start], target.start)
    kept = before.without(request.spans).input_ids
    if not kept:
        raise CapabilityError(
            "Everything before the target is muted.", "Leave the model something to read."
        )
    ids = sequence.input_ids
    scores = engine.score([ids[: target.start], kept], ids[target.start : target.stop])
    log_probs = {index: float(found.sum()) for index, found in scores}
    return wire.MuteEvent(log_prob=log_probs[0], muted_log_prob=log_probs[1])


@answer.register
def _segment(request: wire.SegmentRequest, engine: Engine, job: Job, tell: Emit) -> wire.Event:
    sequence = _sequence(engine, request.reference)
    return wire.SegmentsEvent(spans=token_spans(sequence, "custom", request.pattern))


def _sequence(engine: Engine, reference: wire.SequenceRef) -> TokenSequence:
    prompt = read_prompt(engine, wire.as_prompt(reference.prompt), reference.muted)
    return engine.append(prompt, reference.response_ids) if reference.response_ids else prompt


def _segmentations(sequence: TokenSequence) -> wire.Segmentations:
    return {g: token_spans(sequence, g) for g in GRANULARITIES if g != "custom"}
