"""`backlit explain`: which segments of a prompt led to its response."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from backlit.cli.calls import answered, of_explaining, told
from backlit.cli.endpoint import Endpoint, options_for, with_endpoint
from backlit.cli.methods import methods_of
from backlit.cli.prompts import prompt_of, read
from backlit.cli.writing import Format, Output, write
from backlit.types import Aggregate, GenerationOptions, Granularity, Quantity

if TYPE_CHECKING:
    from backlit.engines.metering import Meter
    from backlit.explaining.forecast import Calls
    from backlit.explaining.targets import TargetLike

DEFAULT_BUDGET = 256
TOKENS = re.compile(r"(\d+):(\d+)")


def _renamed(new: str) -> Any:
    """An option's earlier name: it says the new one."""

    def refuse(param: typer.CallbackParam, value: str | None) -> str | None:
        if value is not None:
            raise typer.BadParameter(f"It is called {new} now.")
        return value

    return typer.Option(hidden=True, callback=refuse)


@app.command()
@errors_for_people
@with_endpoint
def explain(
    prompt: Annotated[str | None, typer.Option(help="The prompt.")] = None,
    prompt_file: Annotated[
        Path | None, typer.Option(help="A file with the prompt; - is stdin.")
    ] = None,
    messages: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help='A chat as the prompt: JSON, [{"role": …, "content": …}, …].'
        ),
    ] = None,
    response: Annotated[
        str | None, typer.Option(help="What was or is to be answered; generated if left out.")
    ] = None,
    response_file: Annotated[Path | None, typer.Option(help="A file with the response.")] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="WORDS", help="The words of the response to explain; all if left out."
        ),
    ] = None,
    target_tokens: Annotated[
        str | None,
        typer.Option(
            metavar="START:STOP", help="Their tokens instead, numbered with those of the prompt."
        ),
    ] = None,
    target_pattern: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="A regular expression that matches them instead."),
    ] = None,
    foil: Annotated[
        str | None, typer.Option(help="Why the target rather than these words?")
    ] = None,
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
    granularity: Annotated[Granularity, typer.Option(help="What is scored as one.")] = "line",
    pattern: Annotated[
        str | None, typer.Option(help="Regular expression for custom; cuts after each match.")
    ] = None,
    aggregate: Annotated[Aggregate, typer.Option(help="How token scores are joined.")] = "sum",
    coarse_to_fine: Annotated[
        bool,
        typer.Option("--coarse-to-fine", help="Reach the granularity only where it matters."),
    ] = False,
    budget: Annotated[
        int, typer.Option(min=1, help="Segments measured at most, coarse to fine.")
    ] = DEFAULT_BUDGET,
    prove: Annotated[
        bool,
        typer.Option("--prove", help="Take the first segments away, and tell what that does."),
    ] = False,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORDS", help="Take these away instead. More than once: all together."
        ),
    ] = None,
    think_again: Annotated[
        int,
        typer.Option(
            metavar="SAMPLES",
            min=0,
            help="Without them, also let the model write what stands before the target anew: "
            "1 is greedy, more are samples.",
        ),
    ] = 0,
    trace: Annotated[
        bool,
        typer.Option("--trace", help="Follow the answer back through its own earlier sentences."),
    ] = False,
    measure: Annotated[
        Quantity,
        typer.Option(
            help="What is measured: how likely the target is, or the share of answers that say it, "
            "which needs nothing but answers."
        ),
    ] = "log_prob",
    samples: Annotated[
        int | None,
        typer.Option(min=1, help="Of a share: answers after each altered prompt; 10 if left out."),
    ] = None,
    matching: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX",
            help="Of a share: answers that match it count, not those with the target's words.",
        ),
    ] = None,
    max_new_tokens: Annotated[int, typer.Option(help="Longest response to generate.")] = 128,
    temperature: Annotated[float, typer.Option(help="Of generating; 0 is greedy.")] = 0.0,
    top_p: Annotated[float, typer.Option(help="Of generating: the likeliest share.")] = 1.0,
    seed: Annotated[int | None, typer.Option(help="Of generating: repeats a sample.")] = None,
    stop: Annotated[
        list[str] | None,
        typer.Option(help=r"Generating ends behind it; \n is a new line. More than once."),
    ] = None,
    format_: Format = None,
    output: Output = None,
    device: Device = None,
    keras_backend: KerasBackend = None,
    dtype: Dtype = None,
    trust_remote_code: Trust = False,
    endpoint: Endpoint = None,
    select: Annotated[str | None, _renamed("--target")] = None,
    target_file: Annotated[str | None, _renamed("--response-file")] = None,
) -> None:
    """Explain one response: which segments of the prompt led to it."""
    if sum(one is not None for one in (prompt, prompt_file, messages)) != 1:
        raise typer.BadParameter("Give one of --prompt, --prompt-file and --messages.")
    if response is not None and response_file is not None:
        raise typer.BadParameter("Give only one of --response and --response-file.")
    if sum(one is not None for one in (target, target_tokens, target_pattern)) > 1:
        raise typer.BadParameter("Give only one of --target, --target-tokens and --target-pattern.")
    if (granularity == "custom") != (pattern is not None):
        raise typer.BadParameter("--pattern and --granularity custom go together.")
    if think_again and not (prove or without):
        raise typer.BadParameter("--think-again goes with --prove or --without.")
    if measure != "share" and (samples is not None or matching is not None):
        raise typer.BadParameter("--samples and --matching go with --measure share.")
    if measure == "share" and (foil is not None or trace or think_again):
        raise typer.BadParameter("--measure share goes without --foil, --trace and --think-again.")
    from backlit import pipeline
    from backlit.display.bar import followed
    from backlit.explaining.attribution import Segmenting
    from backlit.explaining.draws import SAMPLES, drawing_of
    from backlit.explanation import Generation
    from backlit.model import load_model

    # Checked before the model is loaded, which takes seconds.
    methods = methods_of(method, param or [])
    options = GenerationOptions(
        max_new_tokens,
        temperature,
        top_p,
        seed,
        tuple(text.replace("\\n", "\n") for text in stop or ()),
    )
    count = SAMPLES if samples is None else samples
    drawing = drawing_of(options, measure, count, matching)
    selected = _target(target, target_tokens, target_pattern)
    text = prompt_of(prompt, prompt_file, messages)
    answer = read(response_file) if response_file is not None else response
    segmenting = Segmenting(granularity, pattern, aggregate, budget if coarse_to_fine else None)
    with followed(patience=0):
        loaded = load_model(
            model,
            device=device,
            dtype=dtype,
            trust_remote_code=trust_remote_code,
            endpoint=options_for(endpoint, model),
        )
        given = answered(loaded, text, answer, options)

    def foresee(meter: "Meter") -> "Calls | None":
        assert isinstance(given, Generation), "a server has answered"
        return of_explaining(
            loaded,
            meter,
            given,
            methods,
            segmenting,
            target=selected,
            foil=foil,
            drawing=drawing,
            proofs=1 if without else pipeline.TOP * prove,
            think_again=think_again,
            trace=trace,
        )

    with told(loaded, foresee, "to connect and to answer"), followed(patience=0):
        explanation = loaded.explain(
            given,
            response=None if isinstance(given, Generation) else answer,
            target=selected,
            foil=foil,
            method=methods,
            granularity=granularity,
            pattern=pattern,
            aggregate=aggregate,
            budget=segmenting.budget,
            measure=measure,
            samples=count,
            matching=matching,
            options=options,
        )
        if prove or without:
            explanation = loaded.prove(explanation, without=without, think_again=think_again)
        if trace:
            explanation = loaded.trace(explanation)
    if output is None and format_ in (None, "text"):
        explanation.show()
    else:
        write(explanation, format_, output)


def _target(words: str | None, tokens: str | None, pattern: str | None) -> "TargetLike":
    if pattern is not None:
        try:
            return re.compile(pattern)
        except re.error as error:
            raise typer.BadParameter(f"--target-pattern: {error}.") from error
    if tokens is None:
        return words
    span = TOKENS.fullmatch(tokens)
    if span is None:
        raise typer.BadParameter("--target-tokens is START:STOP, such as 12:15.")
    return int(span[1]), int(span[2])
