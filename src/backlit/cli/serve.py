"""`backlit serve`: the page."""

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

if TYPE_CHECKING:
    from backlit.data import Dataset

DEFAULT_DATA = "sample_prompts"
SECONDS_FOR_PAGE = 2.0


@app.command()
@errors_for_people
def serve(
    models: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MODEL]...", help="NAME:SOURCE or SOURCE; see `backlit models`."),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:PATH", help="Examples: .jsonl, .json, .csv, .parquet, .txt."),
    ] = None,
    host: Annotated[str, typer.Option(help="What to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="A free one if left out.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    device: Device = None,
    keras_backend: KerasBackend = None,
    dtype: Dtype = None,
    trust_remote_code: Trust = False,
) -> None:
    """Start the page. With no arguments: the default model and the sample prompts."""
    import secrets
    import threading
    import webbrowser
    from functools import partial

    from backlit.data import load_dataset
    from backlit.engines import open_engine
    from backlit.serving.http import LOOPBACK, Serving, bind, create_app
    from backlit.serving.models import ServedModel
    from backlit.serving.service import Service
    from backlit.sources import parse

    opener = partial(open_engine, device=device, dtype=dtype, trust_remote_code=trust_remote_code)
    sources = models or [DEFAULT_MODEL]
    named = [ServedModel(parse(source).name, source, opener) for source in sources]
    datasets: list[Dataset] = [load_dataset(path) for path in data or [DEFAULT_DATA]]
    service = Service(named, datasets)
    try:
        sock = bind(host, port)
    except BaseException:
        service.close()
        raise
    if host not in LOOPBACK:
        typer.secho(
            "Others can reach this page over the network, unencrypted: its token is all that keeps "
            "them out.",
            fg="yellow",
            err=True,
        )
    token = secrets.token_urlsafe(16)
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    shown = f"[{shown}]" if ":" in shown else shown
    url = f"http://{shown}:{sock.getsockname()[1]}/?token={token}"

    def started() -> None:
        typer.echo(f"Backlit is ready: {url}\nPress Ctrl-C to stop.")
        if browser:
            webbrowser.open(url)
        # A page asks for its model once it is drawn, and loading before would slow it down; so
        # what nobody asked for is loaded only after a page has had the time to.
        later = threading.Timer(SECONDS_FOR_PAGE, service.preload)
        later.daemon = True
        later.start()

    try:
        Serving(create_app(service, token, host), sock, started).run()
    finally:
        service.close()
