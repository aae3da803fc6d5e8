"""The whole flow on one screen: prompt -> response -> target -> scores -> explanation."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backlit.engines import open_engine
from backlit.engines.base import Engine, Scorer
from backlit.errors import CapabilityError, OptionsError, TargetError, UnknownNameError
from backlit.methods import Method, make_method
from backlit.methods.base import Report, params_of, unavailable
from backlit.segments import AGGREGATES, aggregate, segment
from backlit.types import (
    Aggregate,
    Attribution,
    Explanation,
    FinishReason,
    Generation,
    GenerationOptions,
    Granularity,
    Message,
    ParameterValue,
    Prompt,
    ScoredSegment,
    Span,
    Target,
    Token,
    TokenSequence,
)


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model: an engine, and the one thing people do with it alone."""

    engine: Engine

    @property
    def name(self) -> str:
        return self.engine.name

    def generate(self, prompt: Prompt | Sequence[Message], **options: Any) -> Generation:
        """Let the model answer; `options` are the fields of `GenerationOptions`.

        Raises:
            PromptError: the model can't read the prompt.
            OptionsError: an option that does not exist or is out of range.
        """
        return generate(self.engine, _as_prompt(prompt), _options(options))


def load_model(source: str = "smollm2", **options: Any) -> Model:
    """Load a model; see `backlit.engines.open_engine` for sources, options and errors."""
    return Model(open_engine(source, **options))


def generate(
    engine: Engine,
    prompt: Prompt,
    options: GenerationOptions,
    *,
    muted: Sequence[Span] = (),
    on_prompt: Callable[[TokenSequence], None] = lambda sequence: None,
    on_tokens: Callable[[tuple[Token, ...]], None] = lambda tokens: None,
) -> Generation:
    """Write a response.

    Args:
        engine: who writes.
        prompt: what to answer.
        options: how.
        muted: token spans of the prompt to take away first.
        on_prompt: called with the prompt as the model reads it.
        on_tokens: called with each new piece; may raise `Cancelled`, which stops the model.
    """
    sequence = read_prompt(engine, prompt, muted)
    on_prompt(sequence)
    for step in engine.generate(sequence, options):
        sequence = sequence.extended(step.tokens)
        on_tokens(step.tokens)
        if step.finish_reason is not None:
            return Generation(
                prompt, sequence, step.finish_reason, engine.name, options, tuple(muted)
            )
    raise RuntimeError(f"{engine.name} ended a generation without a reason")


def respond(
    engine: Engine, prompt: Prompt, response: str | Sequence[int], *, muted: Sequence[Span] = ()
) -> Generation:
    """A generation whose response is supplied: as text, or as the ids the model wrote.

    Raises:
        TargetError: the response is empty, or the tokenizer can't write it.
    """
    sequence = engine.append(read_prompt(engine, prompt, muted), response)
    if isinstance(engine, Scorer):
        sequence = engine.annotate(sequence)
    reason: FinishReason = "given" if isinstance(response, str) else "cancelled"
    return Generation(prompt, sequence, reason, engine.name, None, tuple(muted))


def read_prompt(engine: Engine, prompt: Prompt, muted: Sequence[Span] = ()) -> TokenSequence:
    """The prompt's tokens, without the muted spans."""
    sequence = engine.tokenize(prompt)
    if muted:
        sequence = sequence.without(muted)
        if not sequence.tokens:
            raise TargetError("Everything is muted.", "Leave the model something to read.")
    return sequence


def select_target(sequence: TokenSequence, select: str | Span | None) -> Target:
    """The target that `select` names.

    Args:
        sequence: a prompt and its response.
        select: words of the response (their last occurrence), a token span, or None for the
            whole response.

    Raises:
        TargetError: there is no response, or it has no such words or tokens.
    """
    first, end = sequence.prompt_length, len(sequence.tokens)
    if first == end:
        raise TargetError("There is no response to explain.", "Generate one, or give a target.")
    if first == 0:
        raise TargetError("There is nothing before the response.", "Give a prompt.")
    if select is None:
        return Target(first, end)
    if not isinstance(select, str):
        start, stop = select
        if not first <= start < stop <= end:
            raise TargetError(
                f"The token span {start}:{stop} is not in the response.",
                f"The response is tokens {first}:{end}.",
            )
        return Target(start, stop)
    begin = sequence.text.rfind(select) if select else -1
    if begin < len(sequence.prompt.text):
        raise TargetError(
            f"The response does not contain {select!r}.",
            "Select words as they stand in the response, or leave the selection out.",
        )
    inside = [
        i
        for i in range(first, end)
        if sequence.tokens[i].start < begin + len(select) and sequence.tokens[i].stop > begin
    ]
    return Target(inside[0], inside[-1] + 1)


def attribute(
    engine: Engine,
    sequence: TokenSequence,
    target: Target,
    method: Method,
    granularity: Granularity = "line",
    *,
    pattern: str | None = None,
    how: Aggregate = "sum",
    report: Report = lambda done, total, scored: None,
) -> Attribution:
    """Score everything before the target.

    Raises:
        CapabilityError: the engine can't serve the method.
        PatternError: the custom pattern is wrong or too slow.
        UnknownNameError: no such granularity or aggregate.
    """
    reason = unavailable(type(method), engine)
    if reason is not None:
        raise CapabilityError(reason, "Pick another method, or a model that offers it.")
    if how not in AGGREGATES:
        raise UnknownNameError(
            f"There is no aggregate {how!r}.", f"Use one of {', '.join(AGGREGATES)}."
        )
    segments = segment(sequence, granularity, pattern, stop=target.start)
    found = method.attribute(engine, sequence, target, segments, report)
    by_token = method.scores_tokens
    scores = aggregate(found.values, segments, how) if by_token else found.values  # (segments,)
    if not np.isfinite(scores).all():
        raise CapabilityError(
            "The model's numbers overflowed, so the scores mean nothing.",
            "Load it with dtype float32, or choose a shorter target.",
        )
    return Attribution(
        method=method.name,
        params=dict(params_of(method)),
        target=target,
        granularity=granularity,
        segments=tuple(
            ScoredSegment(s.start, s.stop, s.text, s.role, float(score))
            for s, score in zip(segments, scores, strict=True)
        ),
        signed=method.signed,
        target_log_prob=found.target_log_prob,
        pattern=pattern if granularity == "custom" else None,
        aggregate=how if by_token else None,
        token_scores=tuple(found.values.tolist()) if by_token else None,
        convergence_delta=found.convergence_delta,
    )


def explain(
    model: Model,
    prompt: Prompt | Sequence[Message] | Generation,
    *,
    target: str | None = None,
    select: str | Span | None = None,
    method: str | Method = "occlusion",
    granularity: Granularity = "line",
    pattern: str | None = None,
    aggregate: Aggregate = "sum",
    options: GenerationOptions | None = None,
    report: Report = lambda done, total, scored: None,
    **params: ParameterValue,
) -> Explanation:
    """Which parts of a prompt led to (a part of) its response?

    Args:
        model: from `load_model`.
        prompt: text, messages, or a `Generation`, of which exactly the ids are explained.
        target: the response; left out, the model writes it, or the generation has it.
        select: what to explain of it: words (their last occurrence) or a token span of the
            sequence; left out, all of it.
        method: a name (see `backlit methods`) or a method object.
        granularity: what is scored as one; `custom` wants `pattern`.
        pattern: a regular expression; the text is cut after each match.
        aggregate: how token scores are joined, for methods that score tokens.
        options: how to generate, if need be.
        report: called as scores come in.
        **params: the method's parameters.

    Returns:
        An explanation with one attribution, `attributions[0].scores` being one float64 for
        each segment. Where the method is signed, positive supports the target.

    Raises:
        InputError: a prompt, target, option, pattern or name that can't be used.
        CapabilityError: the model can't serve the method.
    """
    started = time.perf_counter()
    if isinstance(method, str):
        method = make_method(method, **params)
    elif params:
        raise OptionsError("Parameters go with a method's name.", "Set them on the method object.")
    if isinstance(prompt, Generation):
        if target is not None:
            raise TargetError(
                "A generation has its response already.", "Leave target out, or give the prompt."
            )
        generation = prompt
    elif target is not None:
        generation = respond(model.engine, _as_prompt(prompt), target)
    else:
        generation = generate(model.engine, _as_prompt(prompt), options or GenerationOptions())
    attribution = attribute(
        model.engine,
        generation.sequence,
        select_target(generation.sequence, select),
        method,
        granularity,
        pattern=pattern,
        how=aggregate,
        report=report,
    )
    metadata: Mapping[str, str | float] = {
        **model.engine.metadata,
        "seconds": round(time.perf_counter() - started, 3),
    }
    return Explanation(generation, (attribution,), metadata)


def _as_prompt(prompt: Prompt | Iterable[Message]) -> Prompt:
    return prompt if isinstance(prompt, str) else tuple(prompt)


def _options(options: Mapping[str, Any]) -> GenerationOptions:
    try:
        return GenerationOptions(**options)
    except TypeError as error:
        known = ", ".join(GenerationOptions.__dataclass_fields__)
        raise OptionsError(
            f"There is no such generation option among {', '.join(options)}.", f"Use {known}."
        ) from error
