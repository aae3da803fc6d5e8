"""`backlit serve`: the page."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backlit.cli.app import (
    DEFAULT_MODEL,
    Device,
    Dtype,
    KerasBackend,
    Trust,
    app,
    errors_for_people,
)
from backlit.cli.endpoint import Endpoint, bound_to, with_endpoint

if TYPE_CHECKING:
    from backlit.data import Dataset
    from backlit.engines.base import Engine
    from backlit.progress import Progress
    from backlit.workspace import Workspace

DEFAULT_DATA = "sample_prompts"
SECONDS_FOR_PAGE = 2.0


@app.command()
@errors_for_people
@with_endpoint
def serve(
    models: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MODEL]...", help="NAME:SOURCE or SOURCE; see `backlit models`."),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:PATH", help="Examples: .jsonl, .json, .csv, .parquet, .txt."),
    ] = None,
    batch: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FOLDER", help="What `backlit batch` wrote. May be given more than once."
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="What to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="A free one if left out.")
    ] = None,
    root_path: Annotated[
        str, typer.Option(metavar="PATH", help="The prefix that a proxy takes off, as /backlit.")
    ] = "",
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name by which a proxy is reached."),
    ] = None,
    workspace: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Keeps runs; BACKLIT_WORKSPACE, or a file in your data folder.",
        ),
    ] = None,
    no_workspace: Annotated[
        bool, typer.Option("--no-workspace", help="Leave what is kept to the browser.")
    ] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Show what the workspace holds; save nothing.")
    ] = False,
    review: Annotated[
        bool,
        typer.Option("--review", help="For colleagues: they read what is kept, and review it."),
    ] = False,
    allow_endpoints: Annotated[
        bool,
        typer.Option(
            "--allow-endpoints",
            help="Let the page connect to any endpoint; else to those of the models alone.",
        ),
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    device: Device = None,
    keras_backend: KerasBackend = None,
    dtype: Dtype = None,
    trust_remote_code: Trust = False,
    endpoint: Endpoint = None,
) -> None:
    """Start the page. With no arguments: the default model and the sample prompts.

    Links to it open one browser each. To share it, set BACKLIT_TOKEN to a secret of your own, which
    also opens it, as ?token= or as a bearer.
    """
    if no_workspace and (workspace is not None or read_only):
        raise typer.BadParameter("--no-workspace leaves no workspace to open.")
    if review and (no_workspace or read_only):
        raise typer.BadParameter("What is reviewed is in a workspace, where reviews are kept.")
    if review and (models or data or batch):
        raise typer.BadParameter(
            "A page for review asks no model, and shows no examples and no batches."
        )
    if review and allow_endpoints:
        raise typer.BadParameter("A page for review asks no model, so it connects to none.")
    import threading
    import webbrowser
    from functools import partial

    from backlit.data import load_dataset
    from backlit.engines import open_engine
    from backlit.errors import ReadOnlyError
    from backlit.serving.access import Access
    from backlit.serving.batches import Batches
    from backlit.serving.http import create_app
    from backlit.serving.listening import FIRST_PORT, LOOPBACK, Serving, bind
    from backlit.serving.models import ServedModel
    from backlit.serving.service import Service
    from backlit.sources import parse

    here = partial(open_engine, device=device, dtype=dtype, trust_remote_code=trust_remote_code)

    def elsewhere(source: str, *, progress: "Progress") -> "Engine":
        options = None if bound is None else bound.of(parse(source))
        return open_engine(source, progress=progress, endpoint=options)

    sources = [] if review else models or [DEFAULT_MODEL]
    parsed = [parse(source) for source in sources]
    bound = bound_to(endpoint, parsed, anywhere=allow_endpoints)
    named = [
        ServedModel(one.name, source, elsewhere if one.endpoint else here)
        for one, source in zip(parsed, sources, strict=True)
    ]
    paths = [] if review else data or [DEFAULT_DATA]
    datasets: list[Dataset] = [load_dataset(path) for path in paths]
    batches = Batches(batch or [])
    # Taken out of the environment, so that no process that is started from here inherits it.
    access = Access(os.environ.pop("BACKLIT_TOKEN", None), used=lambda code: used(code))
    printed = ""
    kept = None if no_workspace else _open_workspace(workspace, read_only, required=review)
    if review and kept is not None and kept.read_only:
        kept.close()
        raise ReadOnlyError(
            f"{kept.path} is protected: no review could be kept in it.", "Let it be written."
        )
    service = Service(
        named,
        datasets,
        workspace=kept,
        review=review,
        connect=elsewhere,
        anywhere=allow_endpoints,
        batches=batches,
    )

    def close() -> None:
        service.close()
        if kept is not None:
            kept.close()

    try:
        sock = bind(host, port)
    except BaseException:
        close()
        raise
    address = _address(host, sock.getsockname()[1])
    if host not in LOOPBACK:
        typer.secho(
            "Others can reach this page over the network, unencrypted: its token is all that keeps "
            "them out.",
            fg="yellow",
            err=True,
        )
        if kept is not None and not kept.read_only and not review:
            typer.secho(
                f"They see and change what is kept in {kept.path}; --read-only, --review and "
                "--no-workspace prevent that.",
                fg="yellow",
                err=True,
            )

    def offer(words: str) -> None:
        nonlocal printed
        printed = access.code()
        typer.echo(f"{words}: {address}/?code={printed}")

    def used(code: str) -> None:
        if code == printed:
            offer("To open it in another browser")

    def started() -> None:
        offer("Backlit is ready")
        if port is None and not address.endswith(f":{FIRST_PORT}"):
            typer.echo(f"Port {FIRST_PORT} is taken; here the page has drafts of its own.")
        typer.echo("Press Ctrl-C to stop.")
        if browser:
            webbrowser.open(f"{address}/?code={access.code()}")
        # A page asks for its model once it is drawn, and loading before would slow it down; so
        # what nobody asked for is loaded only after a page has had the time to.
        later = threading.Timer(SECONDS_FOR_PAGE, service.preload)
        later.daemon = True
        later.start()

    app_ = create_app(service, access, [host, *(allow_host or ())])
    try:
        Serving(app_, sock, started, service.close, root_path.rstrip("/")).run()
    finally:
        close()


def _open_workspace(path: Path | None, read_only: bool, required: bool) -> "Workspace | None":
    """The workspace, and what a person should know of it.

    Raises:
        WorkspaceError: it was asked for or is `required`, and can't be opened. Else, the page
            works without.
    """
    from backlit.errors import WorkspaceError
    from backlit.workspace import Workspace

    def warn(words: str) -> None:
        typer.secho(words, fg="yellow", err=True)

    try:
        kept = Workspace(path, read_only=read_only)
    except WorkspaceError as error:
        if path is not None or read_only or required:
            raise
        warn(f"{error} Until then, the browser keeps what is kept.")
        return None
    for remark in kept.remarks:
        warn(remark)
    return kept


def _address(host: str, port: int) -> str:
    """Where a browser on this machine finds it."""
    from backlit.serving.listening import EVERY_HOST

    shown = "127.0.0.1" if host in EVERY_HOST else host
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
