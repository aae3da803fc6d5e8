"""The one result, and its form in a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from backlit.errors import DataError, DiskError
from backlit.types import Attribution, Faithfulness, Generation

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA_VERSION = 2


@dataclass(frozen=True, slots=True)
class Explanation:
    """The one result: for file, HTTP, notebook, batch and export."""

    generation: Generation
    attributions: tuple[Attribution, ...]
    faithfulness: tuple[Faithfulness, ...] = ()
    metadata: Mapping[str, str | float] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> str:
        """The explanation as JSON; `from_json` reads it."""
        return _adapter().dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, data: bytes | str) -> "Explanation":
        """The explanation that `to_json` wrote.

        Raises:
            DataError: not JSON, not an explanation, or of a schema newer than this version.
        """
        from pydantic import ValidationError

        try:
            explanation = _adapter().validate_json(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise DataError(
                f"This is not an explanation: {where + ': ' if where else ''}{first['msg']}.",
                "Load a file that Explanation.save or `backlit explain --format json` wrote.",
            ) from error
        if explanation.schema_version > SCHEMA_VERSION:
            raise DataError(
                f"The explanation has schema {explanation.schema_version}; "
                f"this version reads up to {SCHEMA_VERSION}.",
                "Upgrade Backlit.",
            )
        return explanation

    def save(self, path: str | Path) -> None:
        """Write it as JSON, whole or not at all.

        Raises:
            DiskError: the file can't be written.
        """
        path = Path(path)
        half = path.with_name(f".{path.name}.part")
        try:
            half.write_text(self.to_json(), encoding="utf-8")
            half.replace(path)
        except OSError as error:
            raise DiskError(
                f"{path} could not be written: {error.strerror}.",
                "Check that the folder exists, may be written to and has room.",
            ) from error

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows."""
        from backlit.display.html import explanation_html, explanation_text

        return {"text/html": explanation_html(self), "text/plain": explanation_text(self)}


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
