"""A loaded model: its engine, whose turn it is, and what is known of its targets."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any
from weakref import WeakKeyDictionary

from cachetools import LRUCache

from backlit import pipeline
from backlit.display.bar import ProgressLike, followed
from backlit.engines.base import Engine
from backlit.errors import OptionsError
from backlit.explaining import comparing
from backlit.explaining.prompts import PromptLike
from backlit.explanation import Comparison, Explanation, Generation
from backlit.methods.objective import CHUNK, Objective
from backlit.progress import current
from backlit.types import OptionsLike, Target, TokenSequence, as_options

TURN_SECONDS = 0.05  # between two looks whether whoever waits for a model was cancelled
MAX_OBJECTIVES = 8  # kept for each model: the last targets that people asked about

# Turns at engines, so that two models of one engine do not run it at once.
_turns: "WeakKeyDictionary[Engine, threading.RLock]" = WeakKeyDictionary()


class Model:
    """A loaded model; `load_model` makes it.

    Methods that run the model take turns, so that a notebook's cells and its widget may use the
    same one from several threads.

    Args:
        engine: reads, writes and scores.
        batch_size: the most altered prompts handed to the engine at a time; None leaves that to
            us. Fewer take less memory and, as less is shared among them, more time.
    """

    def __init__(self, engine: Engine, batch_size: int | None = None) -> None:
        self.engine = engine
        self.batch_size = _checked(batch_size)
        self._objectives: LRUCache[object, Objective] = LRUCache(MAX_OBJECTIVES)
        self._turn = _turns.setdefault(engine, threading.RLock())

    @property
    def name(self) -> str:
        """What people call it."""
        return self.engine.name

    def with_batch_size(self, batch_size: int) -> "Model":
        """The same model in batches of another size; turns and what is known are shared."""
        other = copy(self)
        other.batch_size = _checked(batch_size)
        return other

    def generate(
        self,
        prompt: PromptLike,
        *,
        options: OptionsLike = None,
        progress: ProgressLike = None,
        **changes: Any,
    ) -> Generation:
        """Let the model answer.

        Args:
            prompt: text, or messages.
            options: `GenerationOptions`, or a mapping of their fields.
            progress: as for `explain`.
            **changes: the fields of `GenerationOptions` by name, in place of those in `options`.

        Raises:
            PromptError: the model can't read the prompt.
            OptionsError: an option that does not exist or is out of range.
        """
        chosen = as_options(options, **changes)
        with followed(progress) as follower, self.turn():
            return pipeline.generate(self.engine, prompt, chosen, follower)

    explain = pipeline.explain
    check = pipeline.check
    prove = pipeline.prove
    trace = pipeline.trace

    def compare(
        self, explanations: Sequence[Explanation], *, progress: ProgressLike = None
    ) -> Comparison:
        """How likely each answer is after each prompt.

        An answer is the target of an explanation's first map, without one its whole response. What
        a response has before its target stays, whatever the prompt. Answers of this model are its
        very ids; those of another one are read anew, as text.

        Args:
            explanations: two or more, the first of which the others are compared with. Prompts of
                other models' are left to those: `a.compare(both).joined(b.compare(both))`.
            progress: as for `explain`.

        Returns:
            The matrix, nats, `(prompts, answers)`, on whose diagonal is what `explain` says of the
            targets; and a sentence.

        Raises:
            InputError: fewer than two explanations or too many, or this model has other tokens
                than one that was explained under its name.
            CapabilityError: the model can't say how likely a given text is.
        """
        with followed(progress) as follower, self.turn():
            return comparing.compare(self.engine, explanations, follower)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nobody else uses the model, and keep others waiting."""
        progress = current()
        while not self._turn.acquire(timeout=TURN_SECONDS):
            progress("wait")
        try:
            yield
        finally:
            self._turn.release()

    def objective(self, sequence: TokenSequence, target: Target) -> Objective:
        """The objective of a target, with the altered prompts that were scored already."""
        ids = sequence.input_ids[: target.stop]
        key = (ids, sequence.prompt_length, target, self.batch_size)
        objective = self._objectives.get(key)
        if objective is None:
            objective = Objective(self.engine, sequence, target, self.batch_size or CHUNK)
            self._objectives[key] = objective
        return objective

    def __repr__(self) -> str:
        known = self.engine.metadata
        kind = known.get("architecture", known.get("engine", type(self.engine).__name__))
        where = ", ".join(known[key] for key in ("dtype", "device", "backend") if key in known)
        return f"<Model {self.name}: {kind}{f', {where}' if where else ''}>"


def _checked(batch_size: int | None) -> int | None:
    if batch_size is not None and batch_size < 1:
        raise OptionsError(f"batch_size is {batch_size}.", "Use 1 or more, or leave it out.")
    return batch_size
