"""The functions of the package: what a model does, also for one that is known by its name alone."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from backlit import pipeline
from backlit.display.bar import ProgressLike
from backlit.errors import OptionsError
from backlit.explaining.faithfulness import SoFar, unheard
from backlit.explaining.parts import PartsLike
from backlit.explaining.tracing import SENTENCES
from backlit.explanation import Explanation
from backlit.model.loaded import Model
from backlit.model.loading import load_model, model_of
from backlit.types import Scope

ORIGIN = ("source", "dtype", "backend")  # by which a model is known again

P = ParamSpec("P")
R = TypeVar("R")


class _Latest:
    """The model that was loaded last by its name, so that a loop over prompts loads it once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._source: str | None = None
        self._model: Model | None = None

    def load(self, source: str, progress: ProgressLike) -> Model:
        """The model of that name."""
        with self._lock:
            if self._model is None or self._source != source:
                self._model = load_model(source, progress=progress)
                self._source = source
            return self._model

    def of(self, explanation: Explanation) -> Model | None:
        """The model, if it made this explanation."""
        model = self._model
        if model is None or model.name != explanation.generation.model:
            return None
        known, recorded = model.engine.metadata, explanation.metadata
        same = all(known.get(key) == recorded.get(key) for key in ORIGIN)
        return model if same else None


_latest = _Latest()


def _as_model(value: Any, progress: ProgressLike) -> Model:
    """A model, or one by its name, or what `load_model` takes."""
    return _latest.load(value, progress) if isinstance(value, str) else load_model(value)


def _of_any_model(
    function: Callable[Concatenate[Model, P], R],
) -> Callable[Concatenate[Any, P], R]:
    """The function for a model, or for the name of one that is loaded by default options."""

    @wraps(function)
    def called(model: Any, *args: P.args, **kwargs: P.kwargs) -> R:
        progress: Any = kwargs.get("progress")
        return function(_as_model(model, progress), *args, **kwargs)

    return called  # type: ignore[return-value]  # `model` may be given by its name, too


explain = _of_any_model(pipeline.explain)  # type: ignore[arg-type]  # so it may here


def check(
    explanation: Explanation,
    model: Model | str | None = None,
    *,
    keep_question: bool = False,
    so_far: SoFar = unheard,
    progress: ProgressLike = None,
) -> Explanation:
    """Whether to believe an explanation's maps: see `backlit.explaining.faithfulness`.

    Args:
        explanation: of which each map is checked.
        model: that made it, or its name; left out, it is loaded from where the explanation says.
        keep_question: never take the prompt's last paragraph away (of a single paragraph, the last
            line): without a question there is nothing to answer, whatever a map says.
        so_far: told a `Provisional` verdict whenever more is known.
        progress: as for `explain`.

    Returns:
        The explanation, each of its attributions with its `faithfulness`.

    Raises:
        InputError: too few segments, an explanation that does not name its model or one that
            would have to be fetched from where it says, or a model with other tokens than the
            one explained.
        CapabilityError: the model can't say how likely a given text is.
    """
    if not isinstance(explanation, Explanation):
        raise OptionsError(
            f"check takes an explanation first, not a {type(explanation).__name__}.",
            "Write check(explanation, model), or model.check(explanation).",
        )
    made = _made(explanation, model, progress)
    return made.check(explanation, keep_question=keep_question, so_far=so_far, progress=progress)


def prove(
    explanation: Explanation,
    model: Model | str | None = None,
    *,
    top: int = pipeline.TOP,
    scope: Scope = "both",
    without: PartsLike | None = None,
    think_again: int = 0,
    progress: ProgressLike = None,
) -> Explanation:
    """What happens without the first segments of each map: see `backlit.explaining.proofs`.

    Args:
        explanation: of which each map is proved.
        model: as for `check`.
        top: how many of a map's first segments are taken away, each alone.
        scope: the first of the prompt, of what the response has before the target, or of both.
        without: take this away instead: words before the target, a token span, or several of
            those, all together.
        think_again: how often what the response has before the target is also written anew: 0 is
            not at all, 1 greedily, more are samples at temperature 1.
        progress: as for `explain`.

    Returns:
        The explanation, each of its attributions with its `proofs`. Scores and their order stay.

    Raises:
        InputError: nothing would be left to read, `top` is less than 1, there is no such scope,
            `think_again` is out of range, `without` not before a target, or as for `check`.
        CapabilityError: the model can't say how likely a given text is, or write and is to.
    """
    if not isinstance(explanation, Explanation):
        raise OptionsError(
            f"prove takes an explanation first, not a {type(explanation).__name__}.",
            "Write prove(explanation, model), or model.prove(explanation).",
        )
    made = _made(explanation, model, progress)
    return made.prove(
        explanation,
        top=top,
        scope=scope,
        without=without,
        think_again=think_again,
        progress=progress,
    )


def trace(
    explanation: Explanation,
    model: Model | str | None = None,
    *,
    budget: int = SENTENCES,
    progress: ProgressLike = None,
) -> Explanation:
    """Carry maps on through the response's own sentences: see `backlit.explaining.tracing`.

    Args:
        explanation: of which each map is traced, by its own method.
        model: as for `check`.
        budget: the most sentences that are explained for each map.
        progress: as for `explain`.

    Returns:
        The explanation, each of its attributions with its `trace`. Scores stay what they are.

    Raises:
        InputError: a budget below 0, a method that is not known here, or as for `check`.
        CapabilityError: the model can't serve the method, or its numbers overflowed.
    """
    if not isinstance(explanation, Explanation):
        raise OptionsError(
            f"trace takes an explanation first, not a {type(explanation).__name__}.",
            "Write trace(explanation, model), or model.trace(explanation).",
        )
    return _made(explanation, model, progress).trace(explanation, budget=budget, progress=progress)


def _made(explanation: Explanation, model: Model | str | None, progress: ProgressLike) -> Model:
    """The model that is given, or the one that made an explanation."""
    if model is None:
        model = _latest.of(explanation) or model_of(explanation, progress=progress)
    return _as_model(model, progress)
