"""What a grid is made of: variants of a template, their lines, and a cell of each for every row."""

from dataclasses import dataclass

from backlit.types import FinishReason, Prompt


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
        place = f"line {self.number}"
        return place if self.message is None else f"message {self.message}, {place}"


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
        problem: why there is nothing, or less, in this cell.
    """

    variant: int
    row: int
    prompt: Prompt | None = None
    samples: tuple[Sample, ...] = ()
    answer_log_prob: float | None = None
    effects: tuple[float | None, ...] = ()
    problem: str = ""
