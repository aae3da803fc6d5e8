"""The answer to each kind of request, given a loaded model.

`answer(request, loaded, job, tell)` runs on the model thread, calls `tell` with events on the
way and `job.check` often, and returns the last event.
"""

import time
from collections.abc import Sequence
from functools import singledispatch

from backlit.engines.base import Scorer
from backlit.errors import CapabilityError, InputError
from backlit.explaining.attribution import attribute
from backlit.explaining.faithfulness import check_map
from backlit.explaining.targets import select_target, with_foil
from backlit.methods import make_method, methods
from backlit.methods.base import Report
from backlit.methods.objective import Objective
from backlit.pipeline import Model, generate, read_prompt, respond
from backlit.segments import GRANULARITIES, segment, segment_of, token_spans
from backlit.serving import wire
from backlit.serving.models import PROGRESS_SECONDS, Emit, LoadedModel
from backlit.serving.queue import Job
from backlit.types import Segment, Token, TokenSequence


@singledispatch
def answer(request: object, loaded: LoadedModel, job: Job, tell: Emit) -> wire.Event:
    """The last event of a request's answer."""
    raise TypeError(f"no answer to {type(request).__name__}")


@answer.register
def _generate(
    request: wire.GenerateRequest, loaded: LoadedModel, job: Job, tell: Emit
) -> wire.Event:
    read = 0.0
    length = 0

    def on_prompt(sequence: TokenSequence) -> None:
        nonlocal read, length
        job.check()
        tell(wire.SequenceEvent(sequence=sequence, segmentations=segmentations(sequence)))
        read, length = time.perf_counter(), len(sequence.tokens)

    def on_tokens(tokens: tuple[Token, ...]) -> None:
        nonlocal read
        job.check()
        tell(wire.TokensEvent(tokens=list(tokens)))
        if read:  # the first token took one pass over the prompt
            _took(loaded, job, time.perf_counter() - read, length)
            read = 0.0

    reference, model = request.reference, loaded.load(job)
    generation = generate(
        model.engine,
        wire.as_prompt(reference.prompt),
        request.options,
        muted=reference.muted,
        on_prompt=on_prompt,
        on_tokens=on_tokens,
    )
    return wire.GenerationEvent(
        generation=generation, segmentations=segmentations(generation.sequence)
    )


@answer.register
def _respond(request: wire.RespondRequest, loaded: LoadedModel, job: Job, tell: Emit) -> wire.Event:
    reference, engine = request.reference, loaded.load(job).engine
    started = time.perf_counter()
    generation = respond(
        engine, wire.as_prompt(reference.prompt), request.response, muted=reference.muted
    )
    _took(loaded, job, time.perf_counter() - started, len(generation.sequence.tokens))
    return wire.GenerationEvent(
        generation=generation, segmentations=segmentations(generation.sequence)
    )


@answer.register
def _explain(request: wire.ExplainRequest, loaded: LoadedModel, job: Job, tell: Emit) -> wire.Event:
    method = make_method(request.method, **request.params)
    objective = _objective(loaded.load(job), request)
    spans = None  # from coarse to fine, parts are known only at the end
    if request.budget is None:
        spans = token_spans(objective.sequence, request.granularity, request.pattern)
        spans = [(a, min(b, objective.target.start)) for a, b in spans]
    started = time.perf_counter()
    attribution = attribute(
        objective,
        method,
        request.granularity,
        pattern=request.pattern,
        budget=request.budget,
        report=_reporter(job, tell, spans),
    )
    # Of these it is known how many passes they take, and none was known before or shared.
    if method.kind == "gradient" and not method.complete and request.foil is None:
        runs = method.runs(len(attribution.segments))
        _took(loaded, job, time.perf_counter() - started, runs * objective.target.stop)
    return wire.AttributionEvent(attribution=attribution)


@answer.register
def _check(request: wire.CheckRequest, loaded: LoadedModel, job: Job, tell: Emit) -> wire.Event:
    objective = _objective(loaded.load(job), request)
    tiled = [0, *(stop for _, stop in request.spans)]
    starts = [start for start, _ in request.spans]
    if tiled != [*starts, objective.target.start] or len(starts) != len(request.scores):
        raise InputError(
            "The map to check does not cover what is before the target.", "Explain it again."
        )
    segments = [segment_of(objective.sequence, span) for span in request.spans]
    found = check_map(
        objective, segments, request.scores, unit=request.unit, report=_reporter(job, tell)
    )
    return wire.CheckEvent(faithfulness=found)


@answer.register
def _estimate(
    request: wire.EstimateRequest, loaded: LoadedModel, job: Job, tell: Emit
) -> wire.Event:
    sequence = _sequence(loaded.load(job), request.reference)
    target = select_target(sequence, request.target)
    segments = _scored(segment(sequence, request.granularity, request.pattern, stop=target.start))
    costs = {}
    for name in methods():
        runs = make_method(name, **request.params.get(name, {})).runs(len(segments))
        runs *= 2 if request.foil is not None else 1
        speed = loaded.seconds_per_token
        costs[name] = wire.Cost(runs=runs, seconds=speed and runs * speed * target.stop)
    return wire.EstimateEvent(costs=costs)


@answer.register
def _mute(request: wire.MuteRequest, loaded: LoadedModel, job: Job, tell: Emit) -> wire.Event:
    model = loaded.load(job)
    if not isinstance(model.engine, Scorer):
        raise CapabilityError(
            f"{model.name} can't say how likely a given text is, so muting can't be measured.",
            "Use “Generate without it” instead.",
        )
    sequence = _sequence(model, request.reference)
    target = select_target(sequence, request.target)
    before = TokenSequence(sequence.text, sequence.tokens[: target.start], target.start)
    kept = before.without(request.spans).input_ids
    if not kept:
        raise CapabilityError(
            "Everything before the target is muted.", "Leave the model something to read."
        )
    objective = model.objective(sequence, target)
    values = dict(objective.score([objective.context, kept]))
    return wire.MuteEvent(log_prob=values[0], muted_log_prob=values[1])


@answer.register
def _segment(request: wire.SegmentRequest, loaded: LoadedModel, job: Job, tell: Emit) -> wire.Event:
    sequence = _sequence(loaded.load(job), request.reference)
    return wire.SegmentsEvent(spans=token_spans(sequence, "custom", request.pattern))


def _took(loaded: LoadedModel, job: Job, seconds: float, tokens: float) -> None:
    """Learn how quick the model is, unless it was compiled meanwhile."""
    if not job.compiled:
        loaded.took(seconds, tokens)


def _sequence(model: Model, reference: wire.SequenceRef) -> TokenSequence:
    prompt = read_prompt(model.engine, wire.as_prompt(reference.prompt), reference.muted)
    if not reference.response_ids:
        return prompt
    return model.engine.append(prompt, reference.response_ids)


def _objective(model: Model, request: wire.TargetRequest) -> Objective:
    sequence = _sequence(model, request.reference)
    target = select_target(sequence, request.target)
    if request.foil is not None:
        target = with_foil(model.engine, sequence, target, request.foil)
    return model.objective(sequence, target)


def _scored(segments: Sequence[Segment]) -> list[Segment]:
    """What a person sees scored: not what a template added."""
    return [segment for segment in segments if segment.role != "template"]


def _reporter(job: Job, tell: Emit, spans: Sequence[tuple[int, int]] | None = None) -> Report:
    """Tells of progress at once and then every so often, with the scores of known spans."""
    last = 0.0
    waiting: dict[int, float] = {}

    def report(done: int, total: int | None, scored: Sequence[tuple[int, float]]) -> None:
        nonlocal last
        job.check()
        waiting.update(scored if spans is not None else ())
        if time.monotonic() - last >= PROGRESS_SECONDS:
            told = [(*spans[i], score) for i, score in waiting.items()] if spans else []
            tell(wire.ProgressEvent(done=done, total=total, scores=told))
            waiting.clear()
            last = time.monotonic()

    return report


def segmentations(sequence: TokenSequence) -> wire.Segmentations:
    """Where the segments of every granularity are, but for custom ones."""
    return {g: token_spans(sequence, g) for g in GRANULARITIES if g != "custom"}
