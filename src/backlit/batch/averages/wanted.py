"""What is to be told of a batch, and which parts its prompts have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from backlit.batch.averages.effect import By, Part, Section
from backlit.batch.averages.scored import Scored
from backlit.batch.job import Job
from backlit.errors import OptionsError, UnknownNameError
from backlit.explaining.asked import Searches
from backlit.explaining.templates import lines_of
from backlit.explanation.cell import Line

Places = Mapping[tuple[int | None, int], Line]
"""Lines of a variant, and the lines of the first variant that they stand for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be told.

    Attributes:
        method: whose maps; None takes the first.
        granularity: at which; None takes the first.
        by: what is a part; None takes sections if there are some, else lines.
        sections: of the first variant's template, or of the rows' own prompts.
        find: what is looked for in answers: a phrase, or a compiled regular expression.
        seed: of the draws.

    Raises:
        OptionsError: by and sections do not go together, or a section is none.
    """

    method: str | None = None
    granularity: str | None = None
    by: By | None = None
    sections: tuple[Section, ...] = ()
    find: str | Searches | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.by not in (None, "line", "role", "section"):
            raise OptionsError(f"There are no parts by {self.by!r}.", "Use line, role or section.")
        if (self.by == "section") > bool(self.sections) or (
            self.sections and self.by not in (None, "section")
        ):
            raise OptionsError(
                "Parts by section and named sections go together.", "Give both, or neither."
            )
        names = [one.name for one in self.sections]
        for one in self.sections:
            if not one.name or names.count(one.name) > 1:
                raise OptionsError(
                    f"Sections have names of their own, and {one.name!r} is not.", "Rename it."
                )
            if not 1 <= one.first <= one.last:
                raise OptionsError(
                    f"The section {one.name} is of the lines {one.first} to {one.last}.",
                    "Lines are counted from 1, the first first.",
                )

    @property
    def parts(self) -> By:
        """What is a part."""
        return self.by or ("section" if self.sections else "line")


def parts_of(job: Job, found: Sequence[Scored], wanted: Wanted) -> list[list[Part]]:
    """Of each variant, the part that each unit belongs to.

    Raises:
        UnknownNameError: a section without a line.
    """
    if wanted.parts == "line":
        return [[Part(unit.line) for unit in one.units] for one in found]
    if wanted.parts == "role":
        return [[Part(label=unit.role) for unit in one.units] for one in found]
    labels: list[list[Part]] = []
    for number, one in enumerate(found):
        places = _places(job, number)
        of_units = [
            places.get((line.message, line.number)) if job.variants else line
            for unit in one.units
            if (line := unit.line) is not None
        ]
        sections = [[each for each in wanted.sections if each.has(line)] for line in of_units]
        for several in sections:
            if len(several) > 1:
                raise OptionsError(
                    f"The sections {several[0].name} and {several[1].name} have a line in common.",
                    "Let them not overlap.",
                )
        labels.append([Part(label=each[0].name if each else None) for each in sections])
    known = {part.label for several in labels for part in several}
    for section in wanted.sections:
        if section.name not in known:
            raise UnknownNameError(
                f"No prompt has a line in the section {section.name}, lines {section.first} to "
                f"{section.last}.",
                "Lines are those of the first variant's template, or of the prompt; of a chat, "
                "say which message.",
            )
    return labels


def _places(job: Job, number: int) -> Places:
    """The lines of a variant that are of the first one: the same, or others in their place."""
    if not job.variants:
        return {}
    first, own = (lines_of(job.variants[which].template) for which in (0, number))
    texts, others = ([(one.message, one.text.strip()) for one in lines] for lines in (first, own))
    places: dict[tuple[int | None, int], Line] = {}
    for kind, i, i_end, j, j_end in SequenceMatcher(
        None, texts, others, autojunk=False
    ).get_opcodes():
        if kind == "equal" or (kind == "replace" and i_end - i == j_end - j):
            for line, other in zip(first[i:i_end], own[j:j_end], strict=True):
                places[other.message, other.number] = line
    return places
