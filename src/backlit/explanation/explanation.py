"""The one result, and its form in a file."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from backlit.display import html, text
from backlit.display.figure import MapFigure, short
from backlit.errors import DataError, UnknownNameError
from backlit.explanation.attribution import Attribution
from backlit.explanation.figures import figure_of
from backlit.explanation.file import write_file
from backlit.explanation.finding import finding
from backlit.explanation.generation import Generation
from backlit.explanation.report import (
    Part,
    Report,
    ReportedRun,
    form_of,
    parts_of,
)
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
        """Write it, whole or not at all, in the form that the file's name ends in.

        `.html` is a page to hand on, which opens anywhere and loads nothing; `.md` is text, `.csv`
        a table of the segments, `.svg` a picture; all else is JSON, for `load_explanation`.

        Raises:
            DiskError: the file can't be written.
            InputError: a table or a picture without a map, or a picture too large.
        """
        form = form_of(path)
        write_file(path, self.report().written(form) if form else self.to_json())

    def report(
        self,
        *,
        example: str | None = None,
        scope: Scope = "both",
        note: str = "",
        without: Collection[Part] = (),
    ) -> Report:
        """What is handed on, with a note, and without some parts: see `backlit.explanation.report`.

        Args:
            example: how the example is called that the prompt came from.
            scope: which parts its finding is about, as in `finding`.
            note: what there is to say of it.
            without: `prompt`, whose words become blocks, `model`, `settings` or `check`.

        Raises:
            OptionsError: no such part, or no such scope.
        """
        parts = parts_of(without)
        return Report.of((self.reported(example, scope, parts),), note, parts)

    def reported(
        self,
        example: str | None = None,
        scope: Scope = "both",
        without: Collection[Part] = (),
        name: str = "",
    ) -> ReportedRun:
        """It as one run of a report; `name` stands for that of a model which is left out."""
        maps, metadata = self.attributions, self.metadata
        return ReportedRun.of(self.generation, maps, metadata, example, scope, without, name)

    def show(self) -> None:
        """Show the maps: in a notebook as HTML, in a terminal tinted, elsewhere as text."""
        from backlit.display.screen import show

        show(self, self.figures())

    def figures(self) -> list[MapFigure]:
        """What is shown of each map."""
        return [figure_of(self.generation, one) for one in self.attributions]

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
