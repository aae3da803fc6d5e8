"""`backlit workspace`: what is kept, as a file of its own."""

from pathlib import Path
from typing import Annotated

import typer

from backlit.cli.app import app, errors_for_people

workspace_app = typer.Typer(
    help="Export, import and tidy up what is kept.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(workspace_app, name="workspace")

In = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="BACKLIT_WORKSPACE, or the one in your data folder."),
]


@workspace_app.command("export")
@errors_for_people
def export(
    file: Annotated[Path, typer.Argument(help="JSON lines; must not be there yet.")],
    workspace: In = None,
) -> None:
    """Write all that is kept as JSON lines."""
    from backlit.errors import DataError
    from backlit.workspace import Workspace
    from backlit.workspace.transfer import write_lines

    with Workspace(workspace, read_only=True) as kept:
        try:
            with file.open("x", encoding="utf-8") as lines:
                number = write_lines(kept, lines)
        except FileExistsError:
            raise DataError(f"{file} is there already.", "Name another file.") from None
        except OSError as error:
            raise DataError(f"{file} can't be written: {error.strerror}.") from error
    typer.echo(f"{number} records of {kept.path} written to {file}")


@workspace_app.command("import")
@errors_for_people
def import_(
    file: Annotated[Path, typer.Argument(help="That `export` wrote, or a review of a report.")],
    workspace: In = None,
) -> None:
    """Take in what another workspace exported, or a colleague's review of a report.

    Nothing that is there is replaced.
    """
    from backlit.workspace import Workspace
    from backlit.workspace.transfer import records_in, take_in

    with Workspace(workspace) as kept:
        _tell(kept.remarks)
        taken = take_in(kept, records_in(file))
    typer.echo(
        f"{taken.added} added, {taken.known} were there already, {taken.beside} differed from "
        f"what is there and are kept beside it: {kept.path}"
    )


@workspace_app.command("vacuum")
@errors_for_people
def vacuum(workspace: In = None) -> None:
    """Check the file, and give back the room of what was dropped."""
    from backlit.errors import WorkspaceError
    from backlit.workspace import Workspace

    with Workspace(workspace) as kept:
        _tell(kept.remarks)
        damage = kept.damage()
        if damage:
            raise WorkspaceError(f"{kept.path} is damaged: {damage}.", "Export what can be read.")
        freed = kept.vacuum()
        for collection, number in kept.collections().items():
            typer.echo(f"{collection}: {number}")
    typer.echo(f"{max(0, freed):,} bytes given back: {kept.path}")


def _tell(remarks: tuple[str, ...]) -> None:
    for remark in remarks:
        typer.secho(remark, fg="yellow", err=True)
