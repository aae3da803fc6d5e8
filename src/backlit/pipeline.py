"""The whole flow on one screen: prompt -> response -> target -> scores -> explanation -> check."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from backlit.display.bar import ProgressLike, followed
from backlit.display.words import UNITS
from backlit.engines.base import Engine
from backlit.errors import OptionsError, TargetError
from backlit.explaining import proofs, share_proofs, tracing
from backlit.explaining.answers import Answer
from backlit.explaining.attribution import Segmenting, attribute
from backlit.explaining.draws import SAMPLES, drawing_of
from backlit.explaining.explainable import Explainable, Measured, of_each_map
from backlit.explaining.faithfulness import SoFar, check_map, unheard
from backlit.explaining.methods import as_methods
from backlit.explaining.parts import PartsLike, select_parts
from backlit.explaining.prompts import PromptLike, as_prompt, question_of
from backlit.explaining.responses import respond, stream
from backlit.explaining.shares import AnswerShare
from backlit.explaining.targets import TargetLike, select_target, with_foil
from backlit.explanation import Attribution, Explanation, Generation, Proof
from backlit.methods import Method, make_method
from backlit.progress import Progress
from backlit.types import (
    Aggregate,
    GenerationOptions,
    Granularity,
    OptionsLike,
    ParameterValue,
    Quantity,
    Scope,
    TokenSequence,
    as_options,
)

TOP = 3  # segments of a map that are proved, unless another number is asked for


def explain(
    model: Explainable,
    prompt: PromptLike | Generation,
    *,
    response: Answer | None = None,
    target: TargetLike = None,
    foil: Answer | None = None,
    method: str | Method | Sequence[str | Method] | None = None,
    granularity: Granularity = "line",
    pattern: str | None = None,
    aggregate: Aggregate = "sum",
    budget: int | None = None,
    measure: Quantity = "log_prob",
    samples: int = SAMPLES,
    matching: str | None = None,
    options: OptionsLike = None,
    progress: ProgressLike = None,
    **params: ParameterValue,
) -> Explanation:
    """Which parts of a prompt led to (a part of) its response?

    Args:
        model: from `load_model`; in the function `backlit.explain` also a model's name, or what
            `load_model` takes.
        prompt: text, messages, or a `Generation`, of which exactly the ids are explained.
        response: what was or is to be answered, text or ids; left out, the model writes it.
        target: the part of the response to explain: its words, a compiled regular expression,
            or a token span of the sequence; left out, all of it.
        foil: why the target rather than this: text, or ids.
        method: a name (see `backlit methods`), a method object, or several; left out, the first
            that the model can serve, gate relevance if it can.
        granularity: what is scored as one; `custom` wants `pattern`.
        pattern: a regular expression; the text is cut after each match.
        aggregate: how token scores are joined, for methods that score tokens.
        budget: go from coarse to fine, reaching `granularity` only where it matters, until so
            many segments were measured; the coarsest level always is.
        measure: `log_prob` is how likely the target is, `share` how many of the answers that the
            model writes say it, which asks for nothing but answers.
        samples: of a share, how many answers are written after each altered prompt.
        matching: of a share, a regular expression that the answers match which count; left out,
            those with the target's words do.
        options: how to generate, if need be: `GenerationOptions`, or a mapping of their fields.
            The answers of a share are written like this too, but at temperature 1 in place of 0.
        progress: left out, a bar if it takes long; False for none, or a function
            `(phase, done, total, scores)`, which may raise `backlit.errors.Cancelled`.
        **params: the method's parameters.

    Returns:
        An explanation with one attribution for each method, `explanation[0].scores` being one
        float64 for each segment: nats, or percentage points of a share. Where the method is
        signed, positive supports the target.

    Raises:
        InputError: a prompt, response, target, foil, option, pattern or name that can't be used.
        CapabilityError: the model can't serve the method.
    """
    segmenting = Segmenting(granularity, pattern, aggregate, budget)
    own = prompt.options if isinstance(prompt, Generation) else None
    chosen = as_options(own if options is None else options)
    drawing = drawing_of(chosen, measure, samples, matching)
    chosen_methods = as_methods(model.engine, method, params, measure)
    with followed(progress) as follower, model.turn():
        started = time.perf_counter()
        generation = answered(model.engine, prompt, response, chosen, follower)
        selected = select_target(generation.sequence, target)
        if foil is not None:
            selected = with_foil(model.engine, generation.sequence, selected, foil)
        objective: Measured = (
            model.objective(generation.sequence, selected)
            if drawing is None
            else model.share(generation.sequence, selected, drawing)
        )
        maps = tuple(attribute(objective, one, segmenting, follower) for one in chosen_methods)
    seconds = round(time.perf_counter() - started, 3)
    return Explanation(generation, maps, {**model.engine.metadata, "seconds": seconds})


def check(
    model: Explainable,
    explanation: Explanation,
    *,
    keep_question: bool = False,
    so_far: SoFar = unheard,
    progress: ProgressLike = None,
) -> Explanation:
    """Whether to believe an explanation's maps: see `backlit.explaining.faithfulness`.

    Args:
        model: that made it.
        explanation: of which each map is checked.
        keep_question: never take the prompt's last paragraph away (of a single paragraph, the last
            line): without a question there is nothing to answer, whatever a map says.
        so_far: told a `Provisional` verdict whenever more is known.
        progress: as for `explain`.

    Returns:
        The explanation, each of its attributions with its `faithfulness`.

    Raises:
        InputError: too few segments, or a model with other tokens than the one explained.
        CapabilityError: the model can't say how likely a given text is.
    """

    def checked(objective: Measured, one: Attribution, follower: Progress) -> Attribution:
        unit = UNITS["custom" if one.coarse_to_fine else one.granularity]
        found = check_map(
            objective,
            one.segments,
            one.scores.tolist(),
            unit=unit,
            keep=[question_of(objective.sequence)] if keep_question else (),
            progress=follower,
            so_far=so_far,
        )
        return replace(one, faithfulness=found)

    return of_each_map(model, explanation, checked, progress)


def prove(
    model: Explainable,
    explanation: Explanation,
    *,
    top: int = TOP,
    scope: Scope = "both",
    without: PartsLike | None = None,
    think_again: int = 0,
    progress: ProgressLike = None,
    so_far: Callable[[Proof], None] = unheard,
) -> Explanation:
    """What happens without the first segments of each map: see `backlit.explaining.proofs`.

    Args:
        model: that made it.
        explanation: of which each map is proved.
        top: how many of a map's first segments are taken away, each alone.
        scope: the first of the prompt, of what the response has before the target, or of both.
        without: take this away instead: words before the target, a token span, or several of
            those, all together.
        think_again: how often what the response has before the target is also written anew: 0 is
            not at all, 1 greedily, more are samples at temperature 1.
        progress: as for `explain`.
        so_far: told each `Proof` as it is made.

    Returns:
        The explanation, each of its attributions with its `proofs`. Scores and their order stay.

    Raises:
        InputError: nothing would be left to read, `top` is less than 1, there is no such scope,
            `think_again` is out of range, `without` not before a target, or the model has other
            tokens than the one explained.
        CapabilityError: the model can't say how likely a given text is, or write and is to.
    """
    if top < 1:
        raise OptionsError(f"top is {top}.", "Use 1 or more.")

    def proved(objective: Measured, one: Attribution, follower: Progress) -> Attribution:
        if think_again and isinstance(objective, AnswerShare):
            raise OptionsError(
                "The answers of a share are written anew as a whole.", "Leave think_again out."
            )
        if without is None:
            first = one.top(top, scope)
            if not first and scope != "both":
                return replace(one, proofs=())  # nothing of that is before the target
            found: list[Proof] = []
            several = (
                share_proofs.prove(objective, first, follower)
                if isinstance(objective, AnswerShare)
                else proofs.prove(objective, first, follower, think_again=think_again)
            )
            for proof in several:
                so_far(proof)
                found.append(proof)
        else:
            parts = select_parts(objective.sequence, one.target, without)
            follower("prove", 0, 1)
            if isinstance(objective, AnswerShare):
                found = [share_proofs.take_away(objective, parts)]
            else:
                found = [proofs.take_away(objective, parts, think_again=think_again)]
        return replace(one, proofs=tuple(found))

    return of_each_map(model, explanation, proved, progress)


def trace(
    model: Explainable,
    explanation: Explanation,
    *,
    budget: int = tracing.SENTENCES,
    progress: ProgressLike = None,
) -> Explanation:
    """Carry maps on through the response's own sentences: see `backlit.explaining.tracing`.

    Args:
        model: that made it.
        explanation: of which each map is traced, by its own method.
        budget: the most sentences that are explained for each map.
        progress: as for `explain`.

    Returns:
        The explanation, each of its attributions with its `trace`. Scores stay what they are.

    Raises:
        InputError: a budget below 0, a method that is not known here, or a model with other tokens
            than the one explained.
        CapabilityError: the model can't serve the method, or its numbers overflowed.
    """

    def traced(objective: Measured, one: Attribution, follower: Progress) -> Attribution:
        if isinstance(objective, AnswerShare):
            raise OptionsError(
                "The share of answers can't be followed back through one answer.",
                'Explain it with measure="log_prob", if the model can.',
            )
        method = make_method(one.method, **one.params)
        found = tracing.trace(objective, one, method, budget=budget, progress=follower)
        return replace(one, trace=found)

    return of_each_map(model, explanation, traced, progress)


def generate(
    engine: Engine, prompt: PromptLike, options: GenerationOptions, progress: Progress
) -> Generation:
    """Let an engine answer; `progress` is told of the phase `generate`."""
    written = 0
    for event in stream(engine, as_prompt(prompt), options):
        if isinstance(event, Generation):
            return event
        written += 0 if isinstance(event, TokenSequence) else len(event)
        progress("generate", written, options.max_new_tokens)
    raise AssertionError("a stream ends with a generation")


def answered(
    engine: Engine,
    prompt: PromptLike | Generation,
    response: Answer | None,
    options: GenerationOptions,
    progress: Progress,
) -> Generation:
    """The prompt with its response: the one it has, the one that is given, or the model's."""
    if isinstance(prompt, Generation):
        if response is not None:
            raise TargetError(
                "A generation has its response already.",
                "Leave the response out, or give the prompt.",
            )
        return prompt
    if response is not None:
        return respond(engine, as_prompt(prompt), response)
    return generate(engine, prompt, options, progress)
