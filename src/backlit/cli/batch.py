"""`backlit batch`: every row of a dataset, explained and kept."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
from backlit.cli.batch_progress import Bar, Log, sentence
from backlit.cli.endpoint import Endpoint, options_for, with_endpoint
from backlit.cli.methods import methods_of
from backlit.cli.rows import span_of, template_of
from backlit.types import Aggregate, GenerationOptions, Quantity

if TYPE_CHECKING:
    from backlit.explanation import Variant


@app.command()
@errors_for_people
@with_endpoint
def batch(
    data: Annotated[
        str, typer.Argument(metavar="DATASET", help="A file, or a URL that fsspec knows.")
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Where all is kept: a path, or a URL that fsspec knows.",
        ),
    ],
    only_: Annotated[
        str | None,
        typer.Option("--only", metavar="FIRST:LAST", help="Only these rows, counted from 1."),
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A prompt in which {name} stands for what a row has by that name."
        ),
    ] = None,
    variants: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Several such templates, or changes of one: .jsonl, by names."
        ),
    ] = None,
    answer: Annotated[
        Literal["model", "target"],
        typer.Option(help="Who answers: the model, or each row's target."),
    ] = "model",
    target: Annotated[
        str | None,
        typer.Option(metavar="WORDS", help="The words of each answer to explain, else all of it."),
    ] = None,
    target_pattern: Annotated[
        str | None, typer.Option(metavar="REGEX", help="What matches instead.")
    ] = None,
    last_line: Annotated[
        bool, typer.Option("--last-line", help="The last line of each answer instead.")
    ] = False,
    model: Annotated[str, typer.Option(help="NAME:SOURCE or SOURCE.")] = DEFAULT_MODEL,
    method: Annotated[
        list[str] | None,
        typer.Option(
            help="See `backlit methods`; the first that the model can serve if left out. May be "
            "given more than once."
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Of the method; see `backlit methods`."),
    ] = None,
    granularity: Annotated[
        list[str] | None,
        typer.Option(help="What is scored as one, line if left out. May be given more than once."),
    ] = None,
    pattern: Annotated[
        str | None, typer.Option(help="Regular expression for custom; cuts after each match.")
    ] = None,
    aggregate: Annotated[Aggregate, typer.Option(help="How token scores are joined.")] = "sum",
    measure: Annotated[
        Quantity, typer.Option(help="How likely the target is, or the share that say it.")
    ] = "log_prob",
    samples: Annotated[
        int | None,
        typer.Option(min=1, help="Of a share: answers after each altered prompt; 10 if left out."),
    ] = None,
    matching: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Of a share: answers that match it count."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Check each map.")] = False,
    without_top: Annotated[
        bool,
        typer.Option(
            "--without-top", help="Take the first map's first part away, and see what is said then."
        ),
    ] = False,
    max_new_tokens: Annotated[int, typer.Option(help="Longest response to generate.")] = 128,
    temperature: Annotated[float, typer.Option(help="Of generating; 0 is greedy.")] = 0.0,
    top_p: Annotated[float, typer.Option(help="Of generating: the likeliest share.")] = 1.0,
    seed: Annotated[int | None, typer.Option(help="Of generating: repeats a sample.")] = None,
    stop: Annotated[
        list[str] | None,
        typer.Option(help=r"Generating ends behind it; \n is a new line. More than once."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes; one for each GPU, or one, if left out."),
    ] = None,
    ray: Annotated[
        bool,
        typer.Option(
            "--ray", help="On the Ray cluster that is here or that RAY_ADDRESS names, or a new one."
        ),
    ] = False,
    ray_address: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="On the Ray cluster there, such as HOST:6379."),
    ] = None,
    gpus_per_worker: Annotated[
        float | None,
        typer.Option(min=0, metavar="N", help="On Ray: 1 where there are some, if left out."),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Also do again what failed.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="A line now and then in place of a bar, for logs.")
    ] = False,
    device: Device = None,
    keras_backend: KerasBackend = None,
    dtype: Dtype = None,
    trust_remote_code: Trust = False,
    endpoint: Endpoint = None,
) -> None:
    """Explain every row of a dataset, and keep all of it. Run again, it goes on."""
    from backlit.batch.folder import Folder
    from backlit.batch.functions import dataset_of, job_from, runner_for
    from backlit.batch.running import run_batch
    from backlit.explaining.draws import SAMPLES

    # All of it is checked before a model is loaded, which takes seconds.
    job = job_from(
        variants=_variants(template, variants),
        answer=answer,
        target=target,
        target_pattern=target_pattern,
        last_line=last_line,
        method=methods_of(method, param or []),
        granularity=granularity or ["line"],
        pattern=pattern,
        aggregate=aggregate,
        measure=measure,
        samples=SAMPLES if samples is None else samples,
        matching=matching,
        check=check,
        without_top=without_top,
        options=GenerationOptions(
            max_new_tokens,
            temperature,
            top_p,
            seed,
            tuple(text.replace("\\n", "\n") for text in stop or ()),
        ),
    )
    dataset = dataset_of(data, prompts=not job.variants)
    rows = span_of(only_, len(dataset.examples))
    asked = options_for(endpoint, model)
    given = {"device": device, "dtype": dtype, "endpoint": asked}
    options: dict[str, Any] = {name: one for name, one in given.items() if one is not None}
    options["trust_remote_code"] = trust_remote_code
    runner = runner_for(
        model,
        job,
        options,
        workers,
        ray=ray_address or ray,
        gpus_per_worker=gpus_per_worker,
        apart=True,
    )
    folder = Folder(output)
    view = Log() if quiet else Bar()
    try:
        with closing(view):
            tally = run_batch(
                runner,
                dataset,
                job,
                folder,
                rows=rows,
                retry_failed=retry_failed,
                so_far=view.show,
            )
    except KeyboardInterrupt:
        told = f"Stopped. {sentence(view.last)} Run the same command again to go on."
        typer.echo(told, err=True)
        raise
    if tally.failed == tally.done:
        typer.echo(f"{sentence(view.last)} See their errors in {output}/runs.parquet.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{sentence(view.last)} What holds on average: backlit summary {output}", err=True)


def _variants(template: Path | None, variants: Path | None) -> "tuple[Variant, ...]":
    """The templates that were given; none, and rows have prompts of their own."""
    from backlit.batch.variants_file import read_variants

    first = None if template is None else template_of(template, template.stem)
    if variants is None:
        return () if first is None else (first,)
    if first is None:
        return read_variants(variants)
    return (first, *read_variants(variants, first.template))
