"""A grid: variants of a prompt over rows, what was answered in each cell, which lines did it."""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from backlit.display.figure import count_of, one_line
from backlit.display.speech import say
from backlit.display.words import SAME, times_likely
from backlit.explanation.cell import Cell, Line, Variant, cells_csv
from backlit.explanation.file import write_file
from backlit.explanation.interval import Estimate, in_nats, mean_of, share_of
from backlit.explanation.proof import MAX_WORDS
from backlit.types import MIN_TEMPERATURE, SIGNS, GenerationOptions, opposite

SHOWN = 40  # characters of an answer in a table
STRONGEST = 5  # lines that are told of a variant


@dataclass(frozen=True, slots=True, repr=False)
class Grid:
    """Cells of variants and rows; the first variant is what others are compared with.

    Attributes:
        model: that answered.
        variants: in order.
        rows: ids of the examples, in order.
        lines: of each variant's template, but for blank ones.
        cells: every variant's for the first row, then for the second, and so on.
        options: how the model wrote.
        find: what was looked for in answers: a phrase, or a regular expression in slashes.
        answer: the fixed answer, a template too.
    """

    model: str
    variants: tuple[Variant, ...]
    rows: tuple[str, ...]
    lines: tuple[tuple[Line, ...], ...]
    cells: tuple[Cell, ...]
    options: GenerationOptions
    find: str | None = None
    answer: str | None = None

    def cell(self, variant: int, row: int) -> Cell:
        """One cell."""
        return self.cells[row * len(self.variants) + variant]

    def of(self, variant: int) -> tuple[Cell, ...]:
        """The cells of a variant, in the order of rows."""
        return self.cells[variant :: len(self.variants)]

    # ---- over rows ---------------------------------------------------------------------------

    def found(self, variant: int) -> Estimate | None:
        """In which share of the answers what was looked for is."""
        flags = [
            sample.found
            for _, cell in self._pairs(variant)
            for sample in cell.samples
            if sample.found is not None
        ]
        return share_of(sum(flags), len(flags)) if flags else None

    def changed(self, variant: int) -> Estimate | None:
        """In which share of the rows the answer is other than the first variant's; None where
        answers are sampled, as those differ by chance.
        """
        if self.options.heat >= MIN_TEMPERATURE:
            return None
        pairs = [
            a.samples[0].response.strip() != b.samples[0].response.strip()
            for a, b in self._pairs(variant)
            if a.samples and b.samples
        ]
        return share_of(sum(pairs), len(pairs)) if pairs else None

    def gained(self, variant: int) -> Estimate | None:
        """How much likelier the fixed answer is than with the first variant: nats, over rows."""
        gains, bounds = [], []
        for a, b in self._pairs(variant):
            if a.answer_log_prob is not None and b.answer_log_prob is not None:
                gains.append(b.answer_log_prob - a.answer_log_prob)
                bounds += [b.answer_bound, opposite(a.answer_bound)]
        return mean_of(gains, bounds) if gains else None

    def answer_log_prob(self, variant: int) -> Estimate | None:
        """Of the fixed answer: nats, over rows."""
        cells = [cell for _, cell in self._pairs(variant)]
        values = [one.answer_log_prob for one in cells if one.answer_log_prob is not None]
        bounds = [one.answer_bound for one in cells]
        return mean_of(values, bounds) if values else None

    def effects(self, variant: int) -> tuple[tuple[Line, Estimate], ...]:
        """What the answer loses without each line of a variant, nats over rows; the most first."""
        found = []
        cells = [cell for _, cell in self._pairs(variant) if cell.effects]
        columns = zip(*(cell.effects for cell in cells), strict=True)
        for number, (line, column) in enumerate(zip(self.lines[variant], columns, strict=False)):
            values = [value for value in column if value is not None]
            bounds = [one.effect_bounds[number] for one in cells if one.effect_bounds]
            if values:
                found.append((line, mean_of(values, bounds)))
        return tuple(sorted(found, key=lambda one: -one[1].value))

    def _pairs(self, variant: int) -> Iterator[tuple[Cell, Cell]]:
        """A row's cell of the first variant and of this one; rows with the same prompts count once,
        as they say the same.
        """
        seen = set()
        for pair in zip(self.of(0), self.of(variant), strict=True):
            prompts = (pair[0].prompt, pair[1].prompt)
            if None in prompts or prompts not in seen:
                yield pair
            seen.add(prompts)

    # ---- in words and files ------------------------------------------------------------------

    def sentence(self, variant: int) -> str:
        """What a variant did, and which of its lines did the most. Every figure was measured."""
        one = self.variants[variant]
        clauses = [self._changed(variant), self._found(variant), self._gained(variant)]
        clauses.append(self._did(variant))
        change = f" ({one_line(one.change)})" if one.change else ""
        told = "; ".join(clause for clause in clauses if clause)
        return f"{one_line(one.name)}{change}: {told or say('nothing was measured')}."

    def _changed(self, variant: int) -> str | None:
        changed = self.changed(variant) if variant else None
        if changed is None:
            return None
        count, of = round(changed.value * changed.of), changed.of
        first = one_line(self.variants[0].name)
        if count == 0:
            return say("all answers are those of {first}", first=first)
        if count == 1:
            return say("1 of {of} answers is other than those of {first}", of=of, first=first)
        return say(
            "{count} of {of} answers are other than those of {first}",
            count=count,
            of=of,
            first=first,
        )

    def _found(self, variant: int) -> str | None:
        found = self.found(variant)
        if found is None:
            return None
        low, high = (f"{100 * (end or 0):.0f}" for end in (found.low, found.high))
        return say(
            "{find} is in {count} of {of} answers ({low} to {high} %)",
            find=self.find,
            count=round(found.value * found.of),
            of=found.of,
            low=low,
            high=high,
        )

    def _gained(self, variant: int) -> str | None:
        gained = self.gained(variant) if variant else None
        if gained is None:
            return None
        likely = times_likely(-gained.value, opposite(gained.bound))
        told = say("the fixed answer is {change} ({nats})", change=likely, nats=in_nats(gained))
        if gained.sure or gained.of == 1:
            return told
        return say("{told}, which may be chance", told=told)

    def _did(self, variant: int) -> str | None:
        """Which line did the most: of those that are new, if there are some."""
        new = self.new_lines(variant)
        rest = [line.text for line in self.lines[variant] if line not in new]
        if len(new) == 1 and self.gained(variant) and rest == [one.text for one in self.lines[0]]:
            return None  # what came of that line was told
        last = self.lines[variant][-1:]  # it asks: without it there is nothing to answer
        told = [
            (line, one)
            for line, one in self.effects(variant)
            if (line in new if new else line not in last)
        ]
        if not told:
            return None
        clear = math.log1p(SAME)
        sure = [
            (line, one)
            for line, one in told
            if one.value > clear and (one.sure or (one.of == 1 and one.bound in (None, "at_least")))
        ]
        if not sure and any(one.bound in ("at_least", "about") for _, one in told):
            return None  # some may
        if not sure:
            return say("of its new lines, none clearly makes the answer likelier") if new else None
        line, effect = sure[0]
        name = f"{line.name}, “{one_line(line.text, MAX_WORDS)}”"
        loses = say(
            "without it the answer is {change} ({nats})",
            change=times_likely(effect.value, effect.bound),
            nats=in_nats(effect),
        )
        if len(new) == 1:
            return f"{name}: {loses}"
        if new:
            return say("of what is new, {name} does the most: {loses}", name=name, loses=loses)
        return say("{name} does the most: {loses}", name=name, loses=loses)

    def new_lines(self, variant: int) -> tuple[Line, ...]:
        """The lines of a variant whose text the first one does not have."""
        known = {line.text.strip() for line in self.lines[0]}
        return tuple(one for one in self.lines[variant] if one.text.strip() not in known)

    @property
    def sentences(self) -> list[str]:
        """What each variant did."""
        return [self.sentence(index) for index in range(len(self.variants))]

    def save(self, path: str | Path) -> None:
        """Write it, whole or not at all: as a table of all answers (`.csv`), else as JSON.

        Raises:
            DiskError: the file can't be written.
        """
        is_table = Path(path).suffix.lower() == ".csv"
        write_file(path, self.to_csv() if is_table else self.to_json())

    def to_csv(self) -> str:
        """A row for each answer, and for each cell without one."""
        return cells_csv(self.cells, [one.name for one in self.variants], self.rows)

    def to_json(self) -> str:
        """Everything, and what was found over rows, as JSON."""
        shown = {
            "model": self.model,
            "options": asdict(self.options),
            "find": self.find,
            "answer": self.answer,
            "rows": self.rows,
            "variants": [self._shown(index) for index in range(len(self.variants))],
            "cells": [asdict(cell) for cell in self.cells],
        }
        return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"

    def _shown(self, index: int) -> dict[str, object]:
        def plain(one: Estimate | None) -> dict[str, object] | None:
            return None if one is None else asdict(one)

        return {
            **asdict(self.variants[index]),
            "found": plain(self.found(index)),
            "changed": plain(self.changed(index)),
            "answer_log_prob": plain(self.answer_log_prob(index)),
            "gained": plain(self.gained(index)),
            "effects": [
                {"line": asdict(line), **asdict(effect)} for line, effect in self.effects(index)
            ],
            "sentence": self.sentence(index),
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield from self.sentences
        names = [one_line(one.name) for one in self.variants]
        for index in range(len(names)):
            effects, new = self.effects(index), self.new_lines(index)
            if effects:
                yield f"\n{names[index]}: what the answer loses without a line, nats over rows"
            for line, effect in effects[:STRONGEST]:
                mark = "+" if index and line in new else " "
                words = one_line(line.text, MAX_WORDS)
                yield f"  {in_nats(effect):>28} {mark} {line.name}: {words}"
        width = max(map(len, names))
        for index, row in enumerate(self.rows):
            yield f"\n{one_line(row)}"
            for cell in self.cells[index * len(self.variants) : (index + 1) * len(self.variants)]:
                yield f"  {names[cell.variant]:<{width}}  {_answers(cell)}"

    def __repr__(self) -> str:
        size = f"{count_of(len(self.variants), 'variant')} x {count_of(len(self.rows), 'row')}"
        return f"<Grid of {size}, {self.model}>"


def _answers(cell: Cell) -> str:
    if cell.problem and not cell.samples:
        return one_line(cell.problem)
    texts = [f"“{one_line(one.response, SHOWN)}”" for one in cell.samples]
    marks = ["" if one.found is None else " +" if one.found else " -" for one in cell.samples]
    shown = [f"{text}{mark}" for text, mark in zip(texts, marks, strict=True)]
    if cell.answer_log_prob is not None:
        sign = "" if cell.answer_bound is None else f"{SIGNS[cell.answer_bound]} "
        shown.append(f"log p(answer) {sign}{cell.answer_log_prob:.2f}")
    return "  ".join(shown)
