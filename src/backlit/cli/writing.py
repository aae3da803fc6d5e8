"""Where a command's result goes, and in which form."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from backlit.explanation import Comparison, Explanation

Form = Literal["text", "json", "html", "md", "csv", "svg"]

Format = Annotated[
    Form | None,
    typer.Option(
        "--format",
        help="html is a page to hand on; that of the file's name if left out, else text.",
    ),
]
Output = Annotated[Path | None, typer.Option(help="Write there instead of printing.")]


def write(result: "Explanation | Comparison", form: Form | None, output: Path | None) -> None:
    """Print a result, or write it to a file, whole or not at all.

    Raises:
        DiskError: the file can't be written.
        InputError: a table or a picture without a map.
    """
    text = _text(result, form or _form_of(output))
    if output is None:
        sys.stdout.write(text)
    else:
        from backlit.explanation.file import write_file

        write_file(output, text)


def _text(result: "Explanation | Comparison", form: Form) -> str:
    if form == "text":
        return f"{result}\n"
    if form == "json":
        return result.to_json()
    return result.report().written(form)


def _form_of(output: Path | None) -> Form:
    from backlit.explanation.report import form_of

    if output is None:
        return "text"
    return form_of(output) or ("json" if output.suffix.lower() == ".json" else "text")
