"""What there is to do: a task for each row and variant, and groups of them that are run together.

How tasks are grouped depends on the rows alone, never on what is done already: what a model says of
a prompt may differ in its last digits with what it is run together with, and a batch that went on
should say the same as one that never stopped.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING

from backlit.data.base import Example
from backlit.errors import DataError
from backlit.explaining.templates import filled
from backlit.explanation.cell import Variant
from backlit.types import Prompt

if TYPE_CHECKING:
    from pydantic import TypeAdapter

WINDOW = 256  # tasks among which those of like length are put together
ROWS = 8  # of a group: more share more, and more is lost with a job that is killed
CHARACTERS = 64_000  # of a group's prompts


@dataclass(frozen=True, slots=True)
class Task:
    """One row, and one variant if there are some.

    Attributes:
        run: names it in files and on the page: a digest of row and variant.
        position: of the row in its dataset, from 0.
        variant: which, from 0; None without variants.
        example: the row.
        prompt: what the model is asked; None if that can't be made.
        problem: why not.
        content: digest of prompt and given answer, which tells a row that changed.
    """

    run: str
    position: int
    variant: int | None
    example: Example
    prompt: Prompt | None
    problem: str
    content: str


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks that are run together, and kept together."""

    number: int
    tasks: tuple[Task, ...]

    def to_json(self) -> bytes:
        """The group for another process."""
        return _adapter().dump_json(self)

    @classmethod
    def from_json(cls, data: bytes) -> "Group":
        """What `to_json` wrote."""
        return _adapter().validate_json(data)


def tasks_of(
    examples: Sequence[Example],
    variants: Sequence[Variant],
    rows: range | None = None,
    *,
    targets: bool = False,
) -> Iterator[Task]:
    """A task for every row, of each variant if there are some.

    Args:
        examples: all rows.
        variants: what they fill in.
        rows: their numbers, from 0, if not all of them are meant.
        targets: whether their own targets are explained.
    """
    for position in range(len(examples)) if rows is None else rows:
        example = examples[position]
        given = example.target if targets else None
        if not variants:
            yield _task(position, example, given, None, None)
        for number, variant in enumerate(variants):
            yield _task(position, example, given, number, variant)


def groups_of(tasks: Iterable[Task]) -> Iterator[Group]:
    """Tasks of like length and one variant, a bounded number of them, in a bounded window."""
    remaining, number = iter(tasks), 0
    while window := list(islice(remaining, WINDOW)):
        window.sort(key=lambda one: (one.variant or 0, _size(one), one.position))
        at = 0
        while at < len(window):
            stop, size = at, 0
            while (
                stop < len(window)
                and stop - at < ROWS
                and window[stop].variant == window[at].variant
                and (stop == at or size + _size(window[stop]) <= CHARACTERS)
            ):
                size += _size(window[stop])
                stop += 1
            yield Group(number, tuple(window[at:stop]))
            at, number = stop, number + 1


def run_of(row: str, variant: str | None) -> str:
    """How a run is named: the same for the same row and variant, in every batch."""
    return _digest([row, variant])


def _task(
    position: int,
    example: Example,
    given: str | None,
    number: int | None,
    variant: Variant | None,
) -> Task:
    prompt: Prompt | None = example.prompt
    problem = ""
    if variant is not None:
        try:
            prompt = filled(variant.template, example)
        except DataError as error:
            prompt, problem = None, error.message
    name = None if variant is None else variant.name
    told = prompt if isinstance(prompt, str | None) else [asdict(one) for one in prompt]
    content = _digest([told, problem, given])
    return Task(run_of(example.id, name), position, number, example, prompt, problem, content)


def _size(task: Task) -> int:
    """Characters of its prompt."""
    prompt = task.prompt or ""
    return len(prompt) if isinstance(prompt, str) else sum(len(one.content) for one in prompt)


def _digest(value: object) -> str:
    return blake2b(json.dumps(value).encode(), digest_size=12).hexdigest()


@cache
def _adapter() -> "TypeAdapter[Group]":
    from pydantic import TypeAdapter

    return TypeAdapter(Group)
