"""Filling a grid's cells: the prompts, the answers, and what these lose without each line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from backlit.data.base import Example
from backlit.engines.base import Engine
from backlit.engines.batches import generate_batch
from backlit.engines.text import check_length
from backlit.errors import BacklitError, Cancelled, OptionsError
from backlit.explaining.blocks import block_of
from backlit.explaining.remembered import Ids, Remembered
from backlit.explaining.templates import filled, spans_of_lines
from backlit.explanation.cell import Cell, Sample, Variant
from backlit.progress import Progress
from backlit.types import FinishReason, GenerationOptions, Prompt, Span, TokenSequence

MAX_SAMPLES = 100  # of a cell
ROWS = 8  # whose altered prompts are scored together

SoFar = Callable[[Cell], None]
Question = tuple[Prompt, GenerationOptions]


class Searches(Protocol):
    """A compiled regular expression, or what is like one."""

    @property
    def pattern(self) -> str: ...

    def search(self, string: str, /) -> object | None: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of every cell.

    Attributes:
        options: how the model writes.
        samples: how many answers; more than one wants a temperature.
        find: what is looked for in them: a phrase, or a compiled regular expression.
        answer: how likely is this one? A template; text exactly as it follows the prompt.
        effects: whether the template's lines are taken away in turn.

    Raises:
        OptionsError: too many samples, or several that would all be the same.
    """

    options: GenerationOptions
    samples: int = 1
    find: str | Searches | None = None
    answer: str | None = None
    effects: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.samples <= MAX_SAMPLES:
            raise OptionsError(f"samples is {self.samples}.", f"Use 1 to {MAX_SAMPLES}.")
        if self.samples > 1 and self.options.temperature == 0:
            raise OptionsError(
                "At temperature 0 all samples are the same.", "Use a temperature, such as 0.7."
            )

    def finds(self, text: str) -> bool | None:
        """Whether what is looked for is in a text; None if nothing is."""
        if self.find is None:
            return None
        return self.find in text if isinstance(self.find, str) else bool(self.find.search(text))

    @property
    def found(self) -> str | None:
        """What people call what is looked for."""
        if self.find is None or isinstance(self.find, str):
            return None if self.find is None else f"“{self.find}”"
        return f"/{self.find.pattern}/"

    @property
    def each(self) -> list[GenerationOptions]:
        """How each sample is written: with a seed of its own, so that it can be repeated."""
        if self.options.temperature == 0:
            return [replace(self.options, seed=None)]
        first = self.options.seed or 0
        return [replace(self.options, seed=first + number) for number in range(self.samples)]


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
        for at in self._order:
            for number, options in enumerate(self._asked.each):
                places.setdefault((self._prompt(at), options), []).append((at, number))
        samples: dict[int, dict[int, Sample]] = {at: {} for at in self._order}
        total = len(self._order) * self._asked.samples
        self._progress("generate", 0, total)
        done = 0
        for question, sample in self._answered(places):
            for at, number in places[question]:
                found = self._asked.finds(self._said(at, sample))
                samples[at][number] = replace(sample, found=found)
                if len(samples[at]) == self._asked.samples:
                    each = tuple(one for _, one in sorted(samples[at].items()))
                    self._tell(at, samples=each)
            done += len(places[question])
            self._progress("generate", done, total)

    def _answered(
        self, places: Mapping[Question, Sequence[tuple[int, int]]]
    ) -> Iterator[tuple[Question, Sample]]:
        """What is known, and what is written now."""
        answers = self._known.answers
        missing = [question for question in places if question not in answers]
        for question in places:
            if question in answers:
                yield question, answers[question]
        sequences = [self._sequences[places[question][0][0]] for question in missing]
        each = [options for _, options in missing]
        for number, step in generate_batch(self._engine, list(sequences), each):
            sequences[number] = whole = sequences[number].extended(step.tokens)
            if step.finish_reason is not None:
                answers[missing[number]] = sample = _sample(whole, step.finish_reason)
                yield missing[number], sample
            self._progress.check()

    def _said(self, at: int, sample: Sample) -> str:
        """A response without the reasoning that it may begin with."""
        if not sample.ids:
            return sample.response
        whole = self._engine.append(self._sequences[at], sample.ids)
        block = block_of(whole)
        if block is None:
            return sample.response
        return whole.text[whole.tokens[block.stop - 1].stop :] if block.closed else ""

    # ---- log-probabilities -------------------------------------------------------------------

    def score_answer(self) -> None:
        """How likely the fixed answer is in every cell."""
        for at in self._order:
            try:
                answer = filled(self._asked.answer or "", self._example(at))
                whole = self._engine.append(self._sequences[at], str(answer))
            except BacklitError as error:
                self._tell(at, problem=error.message)
            else:
                self._fixed[at] = whole.input_ids[whole.prompt_length :]
        order = list(self._fixed)
        pairs = [(self._sequences[at].input_ids, self._fixed[at]) for at in order]
        self._progress("compare", 0, len(order))
        scored = self._known.log_probs(self._engine, pairs)
        for done, (number, value) in enumerate(scored, start=1):
            self._tell(order[number], answer_log_prob=value)
            self._progress("compare", done, len(order))

    def take_lines_away(self) -> None:
        """What the answer of every cell loses without each line of its template."""
        order = [at for at in self._order if self._answer(at)]
        self._progress("explain", 0, len(order))
        done = 0
        for chunk in self._chunks(order):
            labels: list[tuple[int, int | None]] = []  # a cell and the line that is gone
            pairs: list[tuple[Ids, Ids]] = []
            lines = {at: self._lines(at) for at in chunk}
            for at in chunk:
                for line, context in self._altered(at, lines[at]):
                    labels.append((at, line))
                    pairs.append((context, self._answer(at)))
            scored = self._known.log_probs(self._engine, pairs)
            values = {labels[number]: value for number, value in scored}
            for at in chunk:
                without = [values.get((at, line)) for line in range(len(lines[at]))]
                lost = (None if one is None else values[at, None] - one for one in without)
                self._tell(at, effects=tuple(lost))
                done += 1
                self._progress("explain", done, len(order))

    def _altered(
        self, at: int, lines: Sequence[Sequence[Span]]
    ) -> Iterator[tuple[int | None, Ids]]:
        """The prompt as it is, and without each line that it has, unless nothing would be left."""
        sequence = self._sequences[at]
        yield None, sequence.input_ids
        for line, spans in enumerate(lines):
            without = sequence.without(spans).input_ids
            if spans and without:
                yield line, without

    def _lines(self, at: int) -> tuple[tuple[Span, ...], ...]:
        return spans_of_lines(self._sequences[at], self._variant(at).template, self._example(at))

    def _answer(self, at: int) -> Ids:
        """The ids whose loss is measured: of the fixed answer, else of the first sample."""
        if self._asked.answer is not None:
            return self._fixed.get(at, ())
        samples = self.cells[at].samples
        return samples[0].ids if samples else ()

    # ---- cells -------------------------------------------------------------------------------

    @property
    def _order(self) -> list[int]:
        """The cells that have a prompt, variant by variant: rows of one begin alike."""
        return sorted(self._sequences, key=lambda at: (at % len(self._variants), at))

    def _chunks(self, order: Sequence[int]) -> Iterator[list[int]]:
        """So many rows of one variant at a time."""
        for number in range(len(self._variants)):
            rows = [at for at in order if at % len(self._variants) == number]
            for start in range(0, len(rows), ROWS):
                yield rows[start : start + ROWS]

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
