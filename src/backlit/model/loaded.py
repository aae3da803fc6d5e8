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
from backlit.explaining import comparing, grids, principles
from backlit.explaining.asked import Asked, Searches
from backlit.explaining.draws import Drawing
from backlit.explaining.faithfulness import unheard
from backlit.explaining.filling import SoFar
from backlit.explaining.grids import RowsLike, VariantsLike
from backlit.explaining.principles import Feedback, Principle
from backlit.explaining.prompts import PromptLike, as_prompt
from backlit.explaining.remembered import Remembered
from backlit.explaining.shares import AnswerShare
from backlit.explanation import Comparison, Explanation, Generation, Grid
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
        self._shares: LRUCache[object, AnswerShare] = LRUCache(MAX_OBJECTIVES)
        self._remembered = Remembered()
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

    def grid(
        self,
        variants: VariantsLike,
        rows: RowsLike,
        *,
        options: OptionsLike = None,
        samples: int = 1,
        find: str | Searches | None = None,
        answer: str | None = None,
        effects: bool = True,
        progress: ProgressLike = None,
        so_far: SoFar = unheard,
    ) -> Grid:
        """What does each variant of a prompt do, over many rows, and which of its lines does it?

        Where the engine can, cells are run together, so that what their prompts begin with alike is
        run once; in float32 that changes nothing, in shorter types an answer may come out otherwise
        than alone. What this model computed for one grid is not computed again for another.

        Args:
            variants: a template, several, or several by name, the first of which the others are
                compared with; `backlit.explaining.variants` makes them. `{name}` in a template
                stands for what a row has under that name; other braces are text.
            rows: a dataset, some of its examples, or mappings. A row that lacks a variable has a
                cell that says so.
            options: how the model answers.
            samples: how many answers each cell has; more than one wants a temperature. Their
                seeds are that of `options`, or 0, and those that follow it.
            find: is this phrase, or what this compiled regular expression matches, in the answer?
                What a model reasoned before is not looked at.
            answer: how likely is this one? Exactly as it follows the prompt; may have variables.
            effects: also take each line of the template away, and measure what the answer loses:
                the fixed one, else the cell's first. The same as occlusion by lines. An engine that
                can't score measures none.
            progress: as for `explain`; the phases are `generate`, `compare` and `explain`.
            so_far: told each `Cell`, and again when more is known of it.

        Returns:
            The cells; over rows, shares with Wilson's and means with Student's 95% intervals.

        Raises:
            InputError: no variants or rows, two variants of one name, too many answers, several
                samples at temperature 0, or an option out of range.
            CapabilityError: the model can't say how likely the fixed answer is, or can't write.
        """
        asked = Asked(as_options(options), samples, find, answer, effects)
        with followed(progress) as follower, self.turn():
            known = self._remembered
            return grids.fill(
                self.engine, variants, rows, asked, known, progress=follower, so_far=so_far
            )

    def draft_principle(
        self,
        prompt: PromptLike,
        response: str,
        feedback: str,
        *,
        kind: Feedback = "critique",
        progress: ProgressLike = None,
    ) -> Principle:
        """Turn what a person says of an answer into a principle, to go on top of a prompt.

        Args:
            prompt: what was answered.
            response: the answer.
            feedback: in words, or a better answer.
            kind: what it is: `praise`, `critique` or `rewrite`.
            progress: as for `explain`.

        Returns:
            A sentence, and why it is likely no good principle if something speaks against it: small
            models often repeat what they are shown.

        Raises:
            InputError: there is no feedback, or too much of it, or no such kind.
            CapabilityError: the model can't write.
        """
        principles.check_feedback(feedback, kind)
        asked = as_prompt(prompt)
        question = principles.question(self.engine, asked, response, feedback, kind)
        written = self.generate(question, options=principles.OPTIONS, progress=progress)
        return principles.drafted(written, asked, response, feedback)

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

    def share(self, sequence: TokenSequence, target: Target, drawing: Drawing) -> AnswerShare:
        """The share of answers that say a target, with those that were drawn already."""
        drawing = drawing.reaching(target.stop - sequence.prompt_length)  # as it is recorded
        key = (sequence.input_ids[: target.stop], sequence.prompt_length, target, drawing)
        share = self._shares.get(key)
        if share is None:
            share = self._shares[key] = AnswerShare(self.engine, sequence, target, drawing)
        return share

    def __repr__(self) -> str:
        known = self.engine.metadata
        kind = known.get("architecture", known.get("engine", type(self.engine).__name__))
        where = ", ".join(known[key] for key in ("dtype", "device", "backend") if key in known)
        return f"<Model {self.name}: {kind}{f', {where}' if where else ''}>"


def _checked(batch_size: int | None) -> int | None:
    if batch_size is not None and batch_size < 1:
        raise OptionsError(f"batch_size is {batch_size}.", "Use 1 or more, or leave it out.")
    return batch_size
