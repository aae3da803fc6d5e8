"""Filling a grid's cells: the prompts, the answers, and what these lose without each line."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, islice
from typing import Any

from backlit.data.base import Example
from backlit.engines.base import Engine
from backlit.engines.batches import generate_batch
from backlit.engines.text import check_length
from backlit.errors import BacklitError, Cancelled
from backlit.explaining.asked import Asked
from backlit.explaining.blocks import block_of
from backlit.explaining.remembered import Ids, Remembered
from backlit.explaining.templates import filled, lines_of, spans_of_lines
from backlit.explanation.cell import Cell, Sample, Variant
from backlit.progress import Phase, Progress
from backlit.types import (
    Bound,
    FinishReason,
    GenerationOptions,
    Prompt,
    Span,
    TokenSequence,
    joined,
)

ROWS = 8  # whose altered prompts are scored together
OVERFLOWED = "The model's numbers overflowed, so they mean nothing."

SoFar = Callable[[Cell], None]
Question = tuple[Prompt, GenerationOptions]
Contexts = Callable[[int], Iterable[tuple[int | None, Ids]]]
"""Of a cell: its prompt's ids by the line that is gone, None for none."""
Scored = tuple[float, bool]
"""A log-probability, nats, and whether it is but the most that it may be."""


class Filling:
    """Cells, as they come to be."""

    def __init__(
        self,
        engine: Engine,
        variants: Sequence[Variant],
        examples: Sequence[Example],
        asked: Asked,
        known: Remembered,
        progress: Progress,
        so_far: SoFar,
    ) -> None:
        self._engine = engine
        self._variants = variants
        self._examples = examples
        self._asked = asked
        self._known = known
        self._progress = progress
        self._so_far = so_far
        self._sequences: dict[int, TokenSequence] = {}  # of the cells that have a prompt
        self._fixed: dict[int, Ids] = {}  # the fixed answer of a cell
        self.cells: list[Cell] = []
        for at in range(len(examples) * len(variants)):
            self.cells.append(self._read(at))
            if self.cells[at].problem:
                so_far(self.cells[at])
        # those that have a prompt, variant by variant: rows of one begin alike
        self._order = sorted(self._sequences, key=lambda at: (at % len(variants), at))

    def _read(self, at: int) -> Cell:
        """A cell with its prompt, or with what is wrong with it."""
        cell = Cell(at % len(self._variants), at // len(self._variants))
        self._progress.check()
        try:
            prompt = filled(self._variant(at).template, self._example(at))
            sequence = self._engine.tokenize(prompt)
            check_length(len(sequence.tokens) + 1, self._engine.context_length, self._engine.name)
        except BacklitError as error:
            if isinstance(error, Cancelled):
                raise
            return replace(cell, problem=error.message)
        self._sequences[at] = sequence
        return replace(cell, prompt=prompt)

    # ---- answers -----------------------------------------------------------------------------

    def write(self) -> None:
        """Let the model answer in every cell."""
        if "generate" not in self._engine.capabilities and self._asked.answer is not None:
            return  # it says how likely that is
        places: dict[
            Question, list[tuple[int, int]]
        ] = {}  # cells and which sample, by what is asked
        each = self._asked.each
        for at in self._order:
            for number, options in enumerate(each):
                places.setdefault((self._prompt(at), options), []).append((at, number))
        samples: dict[int, dict[int, Sample]] = {at: {} for at in self._order}
        total = len(self._order) * len(each)
        self._progress("generate", 0, total)
        done = 0
        for question, sample in self._answered(places):
            for at, number in places[question]:
                if isinstance(sample, BacklitError):
                    self._tell(at, problem=sample.message)
                    continue
                samples[at][number] = self._judged(at, sample)
                if len(samples[at]) == len(each):
                    self._tell(at, samples=tuple(one for _, one in sorted(samples[at].items())))
            done += len(places[question])
            self._progress("generate", done, total)

    def _answered(
        self, places: Mapping[Question, Sequence[tuple[int, int]]]
    ) -> Iterator[tuple[Question, Sample | BacklitError]]:
        """What is known, and what is written now, or why it can't be."""
        answers = self._known.answers
        missing = [question for question in places if question not in answers]
        for question in places:
            if question in answers:
                yield question, answers[question]
        # Those that are run one by one fail one by one.
        together = [missing] if self._batched else [[question] for question in missing]
        for questions in together if missing else ():
            sequences = [self._sequences[places[question][0][0]] for question in questions]
            each = [options for _, options in questions]
            try:
                for number, step in generate_batch(self._engine, list(sequences), each):
                    sequences[number] = whole = sequences[number].extended(step.tokens)
                    if step.finish_reason is not None:
                        sequences[number] = whole.prompt
                        sample = _sample(whole, step.finish_reason)
                        answers[questions[number]] = sample
                        yield questions[number], sample
                    self._progress.check()
            except BacklitError as error:
                if self._batched or isinstance(error, Cancelled):
                    raise
                yield questions[0], error

    def _judged(self, at: int, sample: Sample) -> Sample:
        """With whether what is looked for is in it; not in the reasoning that it may begin with."""
        if self._asked.find is None:
            return sample
        said = sample.response
        if sample.ids:
            whole = self._engine.append(self._sequences[at], sample.ids)
            block = block_of(whole)
            if block is not None:
                said = whole.text[whole.tokens[block.stop - 1].stop :] if block.closed else ""
        return replace(sample, found=self._asked.finds(said))

    # ---- log-probabilities -------------------------------------------------------------------

    def score_answer(self) -> None:
        """How likely the fixed answer is in every cell."""
        for at in self._order:
            try:
                answer = filled(self._asked.answer or "", self._example(at))
                whole = self._engine.append(self._sequences[at], str(answer))
            except Cancelled:
                raise
            except BacklitError as error:
                self._tell(at, problem=error.message)
            else:
                self._fixed[at] = whole.input_ids[whole.prompt_length :]
        order = [at for at in self._order if at in self._fixed]
        self._each("compare", order, lambda at: [(None, self._sequences[at].input_ids)])

    def take_lines_away(self) -> None:
        """What the answer of every cell loses without each line of its template."""
        self._each("explain", [at for at in self._order if self._answer(at)], self._altered)

    def _each(self, phase: Phase, order: Sequence[int], contexts: Contexts) -> None:
        """Score the contexts of each cell, so many cells at a time, and tell what came of it."""
        self._progress(phase, 0, len(order))
        done = 0
        for chunk in self._chunks(order):
            labels: list[tuple[int, int | None]] = []  # a cell and the line that is gone
            pairs: list[tuple[Ids, Ids]] = []
            for at in chunk:
                self._progress.check()
                for line, context in contexts(at):
                    labels.append((at, line))
                    pairs.append((context, self._answer(at)))
            try:
                scored = self._known.log_probs(self._engine, pairs)
                values = {labels[number]: (value, bound) for number, value, bound in scored}
            except Cancelled:
                raise
            except BacklitError as error:
                for at in chunk:
                    self._tell(at, problem=error.message)
            else:
                for at in chunk:
                    own = {line: value for (cell, line), value in values.items() if cell == at}
                    self._take(at, own, lines=phase == "explain")
            done += len(chunk)
            self._progress(phase, done, len(order))

    def _take(self, at: int, values: Mapping[int | None, Scored], *, lines: bool) -> None:
        """What was scored of a cell: as it is (None), and without each line."""
        if not all(math.isfinite(value) for value, _ in values.values()):
            return self._tell(at, problem=OVERFLOWED)
        if not lines:
            value, is_bound = values[None]
            return self._tell(
                at, answer_log_prob=value, answer_bound="at_most" if is_bound else None
            )
        count = len(lines_of(self._variant(at).template))
        effects = [_lost(values[None], values.get(line)) for line in range(count)]
        bounds = tuple(bound for _, bound in effects)
        return self._tell(
            at,
            effects=tuple(lost for lost, _ in effects),
            effect_bounds=bounds if any(bounds) else None,
        )

    def _altered(self, at: int) -> Iterator[tuple[int | None, Ids]]:
        """The prompt as it is, and without each line that it has, unless nothing would be left."""
        sequence = self._sequences[at]
        ids = sequence.input_ids
        yield None, ids
        lines = spans_of_lines(sequence, self._variant(at).template, self._example(at))
        for line, spans in enumerate(lines):
            without = _without(ids, spans)
            if spans and without:
                yield line, without

    def _answer(self, at: int) -> Ids:
        """The ids whose loss is measured: of the fixed answer, else of the first sample."""
        if self._asked.answer is not None:
            return self._fixed.get(at, ())
        samples = self.cells[at].samples
        return samples[0].ids if samples else ()

    # ---- cells -------------------------------------------------------------------------------

    @property
    def _batched(self) -> bool:
        return "batch" in self._engine.capabilities

    def _chunks(self, order: Sequence[int]) -> Iterator[list[int]]:
        """So many rows of one variant at a time."""
        size = ROWS if self._batched else 1
        for _, rows in groupby(order, key=lambda at: at % len(self._variants)):
            while chunk := list(islice(rows, size)):
                yield chunk

    def _variant(self, at: int) -> Variant:
        return self._variants[at % len(self._variants)]

    def _example(self, at: int) -> Example:
        return self._examples[at // len(self._variants)]

    def _prompt(self, at: int) -> Prompt:
        prompt = self.cells[at].prompt
        assert prompt is not None, "a cell without one has no sequence"
        return prompt

    def _tell(self, at: int, **facts: Any) -> None:
        self.cells[at] = replace(self.cells[at], **facts)
        self._so_far(self.cells[at])


def _sample(whole: TokenSequence, finish_reason: FinishReason) -> Sample:
    tokens = whole.tokens[whole.prompt_length :]
    known = [one.log_prob for one in tokens if one.log_prob is not None]
    return Sample(
        whole.text[len(whole.prompt.text) :],
        tuple(one.id for one in tokens),
        finish_reason,
        sum(known) if len(known) == len(tokens) else None,
    )


def _lost(whole: Scored, without: Scored | None) -> tuple[float | None, Bound | None]:
    """What an answer loses, nats, and what that tells if it is not exact."""
    if without is None:
        return None, None
    (before, is_most), (after, is_most_then) = whole, without
    bounds: list[Bound | None] = ["at_most" if is_most else None]
    bounds.append("at_least" if is_most_then else None)
    return before - after, joined(bounds)


def _without(ids: Ids, spans: Sequence[Span]) -> Ids:
    kept: list[int] = []
    at = 0
    for start, stop in spans:
        kept += ids[at:start]
        at = stop
    return (*kept, *ids[at:])
