"""What is known of a run: one line of JSON in a part file."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from backlit.explanation import Explanation
from backlit.explanation.cell import Line
from backlit.types import RunStatus

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed: the error's name, what happened, and what to do."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A run, as it came out.

    Attributes:
        run: its name.
        row: the id of its row.
        position: of the row in its dataset, from 0.
        content: digest of what was asked, and answered if that was given.
        status: what came of it.
        seconds: what it took; of runs that were run together, their mean.
        variant: the variant's name.
        variant_number: which it is, from 0.
        source: where the row's prompt came from.
        failure: why there is nothing, or less.
        explanation: the answer and its maps; without maps if the answer has no such part.
        lines: of each map, the template's line that each segment is of, or the prompt's own;
            None of what is of no line, such as a template's own marks or the answer.
    """

    run: str
    row: str
    position: int
    content: str
    status: RunStatus
    seconds: float
    variant: str | None = None
    variant_number: int | None = None
    source: str | None = None
    failure: Failure | None = None
    explanation: Explanation | None = None
    lines: tuple[tuple[Line | None, ...], ...] = ()

    def to_json(self) -> bytes:
        """The record on one line."""
        return _adapter().dump_json(self) + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> "Record":
        """What `to_json` wrote."""
        return _adapter().validate_json(data)


def tokens_of(records: Sequence[Record]) -> int:
    """How many tokens their prompts and answers have."""
    known = (one.explanation for one in records if one.explanation is not None)
    return sum(len(one.generation.sequence.tokens) for one in known)


@cache
def _adapter() -> "TypeAdapter[Record]":
    from pydantic import TypeAdapter  # slow to import

    return TypeAdapter(Record)
