"""`backlit grid`: variants of a prompt over rows, and which of its lines do it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
from backlit.cli.calls import told
from backlit.cli.endpoint import Endpoint, options_for, with_endpoint
from backlit.cli.rows import only as rows_only
from backlit.cli.rows import template_of
from backlit.cli.writing import Output
from backlit.types import GenerationOptions

if TYPE_CHECKING:
    from backlit.engines.metering import Meter
    from backlit.explaining.forecast import Calls
    from backlit.explaining.variants import Making
    from backlit.explanation import Grid


@app.command()
@errors_for_people
@with_endpoint
def grid(
    templates: Annotated[
        list[Path],
        typer.Argument(
            help="Files with a prompt each, in which {name} stands for what a row has under that "
            "name. The first is what the others are compared with."
        ),
    ],
    rows: Annotated[
        str,
        typer.Option(metavar="DATASET", help="The rows: .jsonl, .json, .csv, .parquet or .txt."),
    ],
    only: Annotated[
        str | None,
        typer.Option(metavar="FIRST:LAST", help="Only these rows, counted from 1."),
    ] = None,
    without_each: Annotated[
        Literal["line", "example"] | None,
        typer.Option(help="Also without each of these; blank lines part examples."),
    ] = None,
    reorder: Annotated[
        bool, typer.Option("--reorder", help="Also with the examples in other orders.")
    ] = False,
    principle: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT",
            help="Also with this on top. More than once: each alone, and all together.",
        ),
    ] = None,
    line: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER=TEXT", help="Also with this line changed."),
    ] = None,
    word: Annotated[
        list[str] | None,
        typer.Option(metavar="WORD=OTHER,…", help="Also with other words in the place of one."),
    ] = None,
    find: Annotated[str | None, typer.Option(help="Is this phrase in the answer?")] = None,
    find_pattern: Annotated[
        str | None, typer.Option(metavar="REGEX", help="Does this match in the answer?")
    ] = None,
    answer: Annotated[
        str | None,
        typer.Option(help="How likely is this one? Exactly as it follows the prompt."),
    ] = None,
    effects: Annotated[
        bool, typer.Option(help="Take each line away, and measure what the answer loses.")
    ] = True,
    samples: Annotated[
        int, typer.Option(min=1, help="Answers in each cell; more than 1 want a temperature.")
    ] = 1,
    model: Annotated[str, typer.Option(help="NAME:SOURCE or SOURCE.")] = DEFAULT_MODEL,
    max_new_tokens: Annotated[int, typer.Option(help="Longest response to generate.")] = 128,
    temperature: Annotated[float, typer.Option(help="Of generating; 0 is greedy.")] = 0.0,
    top_p: Annotated[float, typer.Option(help="Of generating: the likeliest share.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the first sample; others follow it.")] = 0,
    stop: Annotated[
        list[str] | None,
        typer.Option(help=r"Generating ends behind it; \n is a new line. More than once."),
    ] = None,
    format_: Annotated[
        Literal["text", "json", "csv"] | None,
        typer.Option("--format", help="That of the file's name if left out, else text."),
    ] = None,
    output: Output = None,
    device: Device = None,
    keras_backend: KerasBackend = None,
    dtype: Dtype = None,
    trust_remote_code: Trust = False,
    endpoint: Endpoint = None,
) -> None:
    """Try variants of a prompt over rows: what is answered, and which lines do it."""
    if find is not None and find_pattern is not None:
        raise typer.BadParameter("Give only one of --find and --find-pattern.")
    from backlit.data import load_dataset
    from backlit.display.bar import followed
    from backlit.explaining.asked import Asked, TypedPattern
    from backlit.explaining.forecast import of_grid
    from backlit.explaining.variants import make_variants
    from backlit.model import load_model

    # Checked before the model is loaded, which takes seconds.
    looked_for = find if find_pattern is None else TypedPattern(find_pattern)
    stops = tuple(text.replace("\\n", "\n") for text in stop or ())
    options = GenerationOptions(max_new_tokens, temperature, top_p, seed, stops)
    examples = rows_only(only, load_dataset(rows, prompts=False).examples)
    stems = [path.stem for path in templates]
    first, *others = [
        template_of(path, path.stem if stems.count(path.stem) == 1 else str(path))
        for path in templates
    ]
    making = _making(without_each, principle or [], line or [], word or [], reorder=reorder)
    variants = [first, *others, *make_variants(first.template, making)]
    with followed(patience=0):
        loaded = load_model(
            model,
            device=device,
            dtype=dtype,
            trust_remote_code=trust_remote_code,
            endpoint=options_for(endpoint, model),
        )

    def foresee(meter: "Meter") -> "Calls":
        asked = Asked(options, samples, answer=answer, effects=effects)
        return of_grid(loaded.engine, meter, variants, examples, asked)

    with told(loaded, foresee), followed(patience=0):
        found = loaded.grid(
            variants,
            examples,
            options=options,
            samples=samples,
            find=looked_for,
            answer=answer,
            effects=effects,
        )
    _write(found, format_, output)


def _making(
    without_each: Literal["line", "example"] | None,
    principles: list[str],
    lines: list[str],
    words: list[str],
    *,
    reorder: bool,
) -> "Making":
    """Which variants of the first template to make."""
    from backlit.explaining.variants import Making

    changed = [_setting("--line", setting) for setting in lines]
    if not all(number.isdecimal() for number, _ in changed):
        raise typer.BadParameter("--line is NUMBER=TEXT, such as 18=Avoid.")
    others: dict[str, list[str]] = {}
    for word, listed in (_setting("--word", setting) for setting in words):
        others.setdefault(word, []).extend(listed.split(","))
    return Making(
        without_each,
        reorder,
        tuple(principles),
        tuple((int(number), text) for number, text in changed),
        {word: tuple(listed) for word, listed in others.items()},
    )


def _setting(option: str, setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not equals:
        raise typer.BadParameter(f"{option} {setting!r} has no =.")
    return name, value


def _write(found: "Grid", form: str | None, output: Path | None) -> None:
    ending = output.suffix.lower().removeprefix(".") if output is not None else ""
    form = form or (ending if ending in ("json", "csv") else "text")
    texts = {"json": found.to_json, "csv": found.to_csv}
    text = texts[form]() if form in texts else f"{found}\n"
    if output is None:
        sys.stdout.write(text)
    else:
        from backlit.explanation.file import write_file

        write_file(output, text)
