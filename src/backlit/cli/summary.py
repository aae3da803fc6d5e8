"""`backlit summary`: what holds on average over a batch."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from backlit.cli.app import app, errors_for_people

if TYPE_CHECKING:
    from backlit.batch.averages.summary import Form


@app.command()
@errors_for_people
def summary(
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="What `backlit batch` wrote, also as it runs.")
    ],
    find: Annotated[
        str | None, typer.Option(help="In which share of the answers is this phrase?")
    ] = None,
    find_pattern: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="In which share of the answers does this match?"),
    ] = None,
    by: Annotated[
        Literal["line", "role", "section"] | None,
        typer.Option(help="What is a part of the prompt; line, or section if some are named."),
    ] = None,
    section: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FIRST:LAST",
            help="Lines by a name, as they are numbered in the first variant's template; of a "
            "chat NAME=MESSAGE:FIRST:LAST. May be given more than once.",
        ),
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="Whose maps; the batch's first if left out.")
    ] = None,
    granularity: Annotated[
        str | None, typer.Option(help="At which; the batch's first if left out.")
    ] = None,
    format_: Annotated[
        Literal["text", "md", "json", "svg", "html"] | None,
        typer.Option("--format", help="That of the file's name if left out, else text."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write there instead of printing.")
    ] = None,
) -> None:
    """Tell what holds on average: which part of the prompt did it, with intervals."""
    if find is not None and find_pattern is not None:
        raise typer.BadParameter("Give only one of --find and --find-pattern.")
    sections = dict(map(_section, section or []))
    if len(sections) < len(section or []):
        raise typer.BadParameter("Two sections have one name.", param_hint="--section")
    from backlit.batch import load_batch
    from backlit.batch.averages.summary import form_of
    from backlit.explaining.asked import TypedPattern

    looked_for = find if find_pattern is None else TypedPattern(find_pattern)
    found = load_batch(folder).summary(
        method=method, granularity=granularity, by=by, sections=sections, find=looked_for
    )
    form: Form = format_ or (form_of(output) if output is not None else None) or "text"
    if output is None:
        sys.stdout.write(found.written(form))
    else:
        from backlit.explanation.file import write_file

        write_file(output, found.written(form))


def _section(setting: str) -> tuple[str, tuple[int, ...]]:
    """`NAME=FIRST:LAST` as a name and numbers."""
    match = re.fullmatch(r"(.+?)=(\d{1,9}(?::\d{1,9}){1,2})", setting.strip())
    if match is None:
        raise typer.BadParameter(
            f"{setting!r} is no NAME=FIRST:LAST, such as examples=1:19.", param_hint="--section"
        )
    return match[1], tuple(map(int, match[2].split(":")))
