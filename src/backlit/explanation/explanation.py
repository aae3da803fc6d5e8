"""The one result, and its form in a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from backlit.display import html, text, unseen
from backlit.display.figure import MapFigure, ranking, short
from backlit.errors import DataError, UnknownNameError
from backlit.explanation.attribution import Attribution
from backlit.explanation.file import write_file
from backlit.explanation.finding import finding
from backlit.explanation.generation import Generation
from backlit.explanation.schema import SCHEMA_VERSION, upgraded
from backlit.explanation.validation import contradictions
from backlit.types import Scope

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """A generation and the maps of it: what `explain` returns, a file holds, and a page is sent.

    `explanation[0]` is its first map, `explanation["occlusion"]` that of a method;
    `print(explanation)` shows all of them as text.
    """

    generation: Generation
    attributions: tuple[Attribution, ...]
    metadata: Mapping[str, str | float] = field(default_factory=dict, hash=False)
    schema_version: int = SCHEMA_VERSION

    def __len__(self) -> int:
        return len(self.attributions)

    def __bool__(self) -> bool:
        """True, also without a map: there is an answer."""
        return True

    def __getitem__(self, key: int | str) -> Attribution:
        """A map by its place, or by the name of its method.

        Raises:
            UnknownNameError: no map is of that method.
        """
        if not isinstance(key, str):
            return self.attributions[key]
        names = [one.method for one in self.attributions]
        if key not in names:
            raise UnknownNameError(
                f"There is no map of {key!r} in this explanation.",
                f"It has {', '.join(names) or 'none'}.",
            )
        return self.attributions[names.index(key)]

    def __iter__(self) -> Iterator[Attribution]:
        return iter(self.attributions)

    def finding(self, key: int | str = 0, scope: Scope = "both") -> str | None:
        """What was found, in words: what led to the target of a map, and what happens without it.

        None before parts of that scope were taken away: see `prove`. All figures are measured ones.

        Raises:
            UnknownNameError: no map is of that method.
            OptionsError: no such scope.
        """
        return finding(self.generation, self[key], scope)

    def to_json(self) -> str:
        """The explanation as JSON; `from_json` reads it."""
        return _adapter().dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, data: bytes | str) -> "Explanation":
        """The explanation that `to_json` wrote, with this version or the one before it.

        Raises:
            DataError: not JSON, not an explanation, of a schema that this version can't read, or
                one that contradicts itself.
        """
        from pydantic import ValidationError
        from pydantic_core import from_json

        advice = "Load a file that Explanation.save or `backlit explain --format json` wrote."
        try:
            value = from_json(data)  # refuses half characters, which could not be saved
        except ValueError as error:
            raise DataError(f"This is not an explanation: {error}.", advice) from error
        if isinstance(value, dict):
            value = upgraded(value)
        try:
            explanation = _adapter().validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise DataError(
                f"This is not an explanation: {where + ': ' if where else ''}{first['msg']}.",
                advice,
            ) from error
        for found in contradictions(explanation.generation, explanation.attributions):
            raise DataError(f"This explanation contradicts itself: {found}.", advice)
        return explanation

    def save(self, path: str | Path) -> None:
        """Write it as JSON, whole or not at all.

        Raises:
            DiskError: the file can't be written.
        """
        write_file(path, self.to_json())

    def show(self) -> None:
        """Show the maps: in a notebook as HTML, in a terminal tinted, elsewhere as text."""
        from backlit.display.screen import show

        show(self, self.figures())

    def figures(self) -> list[MapFigure]:
        """What is shown of each map."""
        return [self._figure(one) for one in self.attributions]

    def _figure(self, one: Attribution) -> MapFigure:
        generation = self.generation
        checked = one.faithfulness
        found = finding(generation, one)
        return MapFigure(
            model=generation.model,
            name=one.caption(),
            meaning=one.meaning(),
            segments=one.segments,
            target=generation.text_of(one.target),
            rest=generation.sequence.text[generation.characters(one.target)[1] :],
            remarks=(
                *((found,) if found else ()),
                *one.notes,
                *unseen.remarks(ranking(one.segments), one.segments),
                *(proof.sentence(generation.sequence) for proof in one.proofs),
                *(one.trace.sentences() if one.trace else ()),
                *((checked.sentence,) if checked else ()),
            ),
        )

    def __str__(self) -> str:
        from backlit.display.terminal import plain

        return plain(self.figures()) if self.attributions else str(self.generation)

    def __repr__(self) -> str:
        maps = ", ".join(one.caption() for one in self.attributions) or "no map"
        figure = self.generation.figure()
        shown = f"{short(figure.prompt)} -> {short(figure.response)}"
        return f"<Explanation of {self.generation.model}: {shown}; {maps}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows."""
        if not self.attributions:
            return self.generation._repr_mimebundle_()
        figures = self.figures()
        return {"text/html": html.maps_html(figures), "text/plain": text.maps_text(figures)}


def load_explanation(path: str | Path) -> Explanation:
    """Read what `Explanation.save` wrote.

    Raises:
        DataError: no such file, or not an explanation.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(
            f"{path} could not be read: {error.strerror}.", "Check the path."
        ) from error
    return Explanation.from_json(data)


@cache
def _adapter() -> "TypeAdapter[Explanation]":
    from pydantic import TypeAdapter  # not at the top: `import backlit` stays quick

    return TypeAdapter(Explanation)
