"""What a grid is made of: variants of a template, their lines, and a cell of each for every row."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

from backlit.display.speech import say
from backlit.display.table import safe_cell
from backlit.types import Bound, FinishReason, Prompt

COLUMNS = (
    "variant",
    "row",
    "sample",
    "response",
    "finish_reason",
    "log_prob",
    "found",
    "answer_log_prob",
    "answer_bound",
    "problem",
)


@dataclass(frozen=True, slots=True)
class Variant:
    """A template by a name, and what it changed of the one it was made from."""

    name: str
    template: Prompt
    change: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a template, which every row's prompt has.

    Attributes:
        number: of the line in its text, from 1.
        text: as it stands in the template, without its end.
        message: of a chat, the message it is in, from 1.
    """

    number: int
    text: str
    message: int | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        if self.message is None:
            return say("line {number}", number=self.number)
        return say("message {message}, line {number}", message=self.message, number=self.number)


@dataclass(frozen=True, slots=True)
class Sample:
    """An answer: its text and ids, why it ended, its log-probability (nats) if that is told, and
    whether what was looked for is in it.
    """

    response: str
    ids: tuple[int, ...]
    finish_reason: FinishReason
    log_prob: float | None = None
    found: bool | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One variant for one row.

    Attributes:
        variant: which, from 0.
        row: which, from 0.
        prompt: the template with what the row says; None if the row lacks something.
        samples: the answers.
        answer_log_prob: of the fixed answer, nats.
        effects: of each line of the variant, nats that the answer loses without it: the fixed
            answer, else the first sample. None for a line that the prompt does not have.
        answer_bound: what `answer_log_prob` tells, if it is not exact.
        effect_bounds: what each of `effects` tells, where some are not exact.
        problem: why there is nothing, or less, in this cell.
    """

    variant: int
    row: int
    prompt: Prompt | None = None
    samples: tuple[Sample, ...] = ()
    answer_log_prob: float | None = None
    effects: tuple[float | None, ...] = ()
    problem: str = ""
    answer_bound: Bound | None = None
    effect_bounds: tuple[Bound | None, ...] | None = None


def cells_csv(cells: Sequence[Cell], names: Sequence[str], rows: Sequence[str]) -> str:
    """A row for each answer, and for each cell without one; variants and rows by their names."""
    out = StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(COLUMNS)
    for cell in cells:
        place = [safe_cell(names[cell.variant]), safe_cell(rows[cell.row])]
        bound = cell.answer_bound or ""
        rest = [_blank(cell.answer_log_prob), bound, safe_cell(cell.problem)]
        for number, one in enumerate(cell.samples, start=1):
            found = "" if one.found is None else str(one.found).lower()
            answer = [safe_cell(one.response), one.finish_reason, _blank(one.log_prob), found]
            writer.writerow([*place, number, *answer, *rest])
        if not cell.samples:
            writer.writerow([*place, "", "", "", "", "", *rest])
    return out.getvalue()


def _blank(value: float | None) -> float | str:
    return "" if value is None else value
