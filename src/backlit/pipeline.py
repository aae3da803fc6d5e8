"""The whole flow on one screen: prompt -> response -> target -> scores -> explanation."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from backlit.engines import as_engine, open_engine
from backlit.engines.base import Engine, Scorer
from backlit.errors import DataError, OptionsError, TargetError
from backlit.explaining.attribution import attribute
from backlit.explaining.faithfulness import check_map, unit_of
from backlit.explaining.targets import select_target, with_foil
from backlit.explanation import Explanation
from backlit.methods import Method, make_method
from backlit.methods.base import Report
from backlit.methods.objective import CHUNK, Objective
from backlit.progress import checkpoint
from backlit.types import (
    Aggregate,
    FinishReason,
    Generation,
    GenerationOptions,
    Granularity,
    Message,
    ParameterValue,
    Prompt,
    Span,
    Target,
    Token,
    TokenSequence,
)

TURN_SECONDS = 0.05  # between two looks whether whoever waits for a model was cancelled
OBJECTIVES = 8  # kept for each model: the last targets that people asked about


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model: an engine, and what is known of the targets it was asked about.

    `batch_size` is the most altered prompts handed to the engine at a time; None leaves that
    to us. Fewer take less memory and, as less is shared among them, more time.

    An engine runs one call at a time. `generate`, `explain`, `check` and the page take turns, so
    that a notebook's cells and its widget may use the same model.
    """

    engine: Engine
    batch_size: int | None = None
    _objectives: "OrderedDict[object, Objective]" = field(
        default_factory=OrderedDict, repr=False, compare=False
    )
    _turn: "threading.RLock" = field(default_factory=threading.RLock, repr=False, compare=False)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nobody else uses the model, and keep others waiting."""
        check = checkpoint()
        while not self._turn.acquire(timeout=TURN_SECONDS):
            check()
        try:
            yield
        finally:
            self._turn.release()

    @property
    def name(self) -> str:
        return self.engine.name

    def generate(self, prompt: Prompt | Sequence[Message], **options: Any) -> Generation:
        """Let the model answer; `options` are the fields of `GenerationOptions`.

        Raises:
            PromptError: the model can't read the prompt.
            OptionsError: an option that does not exist or is out of range.
        """
        asked = _options(options)
        with self.turn():
            return generate(self.engine, _as_prompt(prompt), asked)

    def objective(self, sequence: TokenSequence, target: Target) -> Objective:
        """The objective of a target, with the altered prompts that were scored already."""
        ids = sequence.input_ids[: target.stop]
        key = (ids, sequence.prompt_length, target, self.batch_size)
        found = self._objectives.setdefault(
            key, Objective(self.engine, sequence, target, self.batch_size or CHUNK)
        )
        self._objectives.move_to_end(key)
        while len(self._objectives) > OBJECTIVES:
            self._objectives.popitem(last=False)
        return found


def load_model(source: Any = "smollm2", **options: Any) -> Model:
    """Load a model; see `backlit.engines.open_engine` for sources, options and errors.

    An engine, such as `backlit.engines.from_function` makes, and a `keras_hub.models.CausalLM`
    are taken as they are, without options but, for the latter, `tokenizer`, if it has no
    preprocessor.
    """
    if isinstance(source, str):
        if "tokenizer" in options:
            raise OptionsError(f"{source} brings its own tokenizer.", "Leave the tokenizer out.")
        return Model(open_engine(source, **options))
    tokenizer = None if isinstance(source, Engine) else options.pop("tokenizer", None)
    engine = as_engine(source, tokenizer)
    if engine is None:
        raise OptionsError(
            f"A {type(source).__name__} is no model that can be used as it is.",
            "Give a source (see `backlit models`), an engine (for functions of yours: "
            "backlit.engines.from_function), or a keras_hub.models.CausalLM.",
        )
    if options:
        raise OptionsError(
            f"{engine.name} is loaded already: {', '.join(options)} can't be chosen any more.",
            "Leave the options out.",
        )
    return Model(engine)


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


def explain(
    model: Model,
    prompt: Prompt | Sequence[Message] | Generation,
    *,
    target: str | None = None,
    select: str | Span | None = None,
    foil: str | Sequence[int] | None = None,
    method: str | Method | Sequence[str | Method] = "occlusion",
    granularity: Granularity = "line",
    pattern: str | None = None,
    aggregate: Aggregate = "sum",
    budget: int | None = None,
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
        foil: why the target rather than this: text, or ids.
        method: a name (see `backlit methods`), a method object, or several.
        granularity: what is scored as one; `custom` wants `pattern`.
        pattern: a regular expression; the text is cut after each match.
        aggregate: how token scores are joined, for methods that score tokens.
        budget: go from coarse to fine, reaching `granularity` only where it matters, until so
            many segments were measured.
        options: how to generate, if need be.
        report: called as scores come in.
        **params: the method's parameters.

    Returns:
        An explanation with one attribution for each method, `attributions[0].scores` being one
        float64 for each segment. Where the method is signed, positive supports the target.

    Raises:
        InputError: a prompt, target, foil, option, pattern or name that can't be used.
        CapabilityError: the model can't serve the method.
    """
    started = time.perf_counter()
    wanted = [method] if isinstance(method, str) or not isinstance(method, Sequence) else method
    if params and (len(wanted) > 1 or not isinstance(wanted[0], str)):
        raise OptionsError("Parameters go with one method's name.", "Set them on method objects.")
    made = [make_method(one, **params) if isinstance(one, str) else one for one in wanted]
    with model.turn():
        if isinstance(prompt, Generation):
            if target is not None:
                raise TargetError(
                    "A generation has its response already.",
                    "Leave target out, or give the prompt.",
                )
            generation = prompt
        elif target is not None:
            generation = respond(model.engine, _as_prompt(prompt), target)
        else:
            generation = generate(model.engine, _as_prompt(prompt), options or GenerationOptions())
        selected = select_target(generation.sequence, select)
        if foil is not None:
            selected = with_foil(model.engine, generation.sequence, selected, foil)
        objective = model.objective(generation.sequence, selected)
        attributions = tuple(
            attribute(
                objective,
                one,
                granularity,
                pattern=pattern,
                how=aggregate,
                budget=budget,
                report=report,
            )
            for one in made
        )
    metadata: Mapping[str, str | float] = {
        **model.engine.metadata,
        "seconds": round(time.perf_counter() - started, 3),
    }
    return Explanation(generation, attributions, metadata=metadata)


def check(
    explanation: Explanation,
    model: Model | None = None,
    *,
    report: Report = lambda done, total, scored: None,
) -> Explanation:
    """Whether to believe an explanation's maps; see `backlit.explaining.faithfulness.check_map`.

    Args:
        explanation: of which each attribution is checked.
        model: that made it; left out, it is loaded from where the explanation says.
        report: called as altered prompts are scored.

    Returns:
        The explanation with its `faithfulness`.

    Raises:
        InputError: too few segments, or an explanation that does not name its model.
        CapabilityError: the model can't say how likely a given text is.
    """
    model = model or model_of(explanation)
    checked = []
    with model.turn():
        for index, one in enumerate(explanation.attributions):
            objective = model.objective(explanation.generation.sequence, one.target)
            scores, unit = one.scores.tolist(), unit_of(one)
            checked.append(
                check_map(objective, one.segments, scores, unit=unit, index=index, report=report)
            )
    return replace(explanation, faithfulness=tuple(checked))


def model_of(explanation: Explanation, **options: Any) -> Model:
    """The model that made an explanation, loaded from where it says, as exact as it was.

    Raises:
        DataError: it does not say, or the model was a function.
        SourceError: the model's files can't be had.
    """
    source, dtype = (explanation.metadata.get(name) for name in ("source", "dtype"))
    if not isinstance(source, str):
        raise DataError("The explanation does not say its model.", "Name the model yourself.")
    if source in ("function", "object"):
        raise DataError(
            f"The explanation's model was a Python {source}, which can't be loaded from a file.",
            "Make it again, and pass the model: check(explanation, model).",
        )
    known = {"dtype": dtype, "backend": explanation.metadata.get("backend")}
    chosen = {} if source == "toy" else {name: value for name, value in known.items() if value}
    return load_model(source, **chosen | options)


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
