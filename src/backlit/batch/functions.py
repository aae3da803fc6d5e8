"""`explain_dataset`: what `explain` does, for every row of a dataset."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any, cast

from backlit.batch.batch import Batch, load_batch
from backlit.batch.folder import Folder
from backlit.batch.job import AnswerFrom, Job, NamedMethod, Selection
from backlit.batch.on_ray import OnRay
from backlit.batch.processes import Processes, devices_of
from backlit.batch.running import Runner, Tally, run_batch
from backlit.batch.task import Group
from backlit.batch.worker import ModelSpec, Outcome, Worker
from backlit.data import load_dataset
from backlit.data.base import Dataset, Example, ExampleList
from backlit.data.readers import as_datasets
from backlit.data.rows import Row, examples_from
from backlit.display.bar import ProgressLike, followed
from backlit.errors import OptionsError
from backlit.explaining.draws import SAMPLES
from backlit.explaining.grids import VariantsLike, as_variants
from backlit.methods import Method, make_method
from backlit.methods.base import params_of
from backlit.model import load_model
from backlit.sources import parse, shown
from backlit.types import Aggregate, Granularity, OptionsLike, ParameterValue, Quantity, as_options


def explain_dataset(
    model: Any,
    data: str | PathLike[str] | Dataset | Sequence[Mapping[str, Any] | Example],
    output: str | Path,
    *,
    variants: VariantsLike = (),
    answer: AnswerFrom = "model",
    target: str | None = None,
    target_pattern: str | None = None,
    last_line: bool = False,
    method: str | Method | Sequence[str | Method] | None = None,
    granularity: Granularity | Sequence[Granularity] = "line",
    pattern: str | None = None,
    aggregate: Aggregate = "sum",
    measure: Quantity = "log_prob",
    samples: int = SAMPLES,
    matching: str | None = None,
    check: bool = False,
    without_top: bool = False,
    options: OptionsLike = None,
    model_options: Mapping[str, Any] | None = None,
    workers: int | None = None,
    ray: bool | str = False,
    gpus_per_worker: float | None = None,
    retry_failed: bool = False,
    so_far: Callable[[Tally], None] = lambda tally: None,
    progress: ProgressLike = None,
    **params: ParameterValue,
) -> Batch:
    """Which parts of each row's prompt led to (a part of) its answer?

    What is done is kept in a folder as it is done; called again, what is missing is done. Rows that
    begin alike are run together, so that what they share is run once.

    Args:
        model: a model, its name, or what `load_model` takes.
        data: a dataset, its address, or rows in memory.
        output: the folder, a path or a URL that fsspec knows; nothing else may be in it.
        variants: templates that every row fills in, as for `Model.grid`; left out, rows have
            prompts of their own.
        answer: `model` writes the answers, or `target` takes each row's own.
        target: the words of each answer to explain; of several places, the first.
        target_pattern: a regular expression for them instead; of several matches, the first.
        last_line: the last line of each answer instead. Of an answer without such a part there is
            no map, which is counted.
        method: as for `explain`; each makes a map at each granularity.
        granularity: what is scored as one, or several of them.
        pattern: of the granularity `custom`.
        aggregate: as for `explain`.
        measure: as for `explain`.
        samples: as for `explain`.
        matching: as for `explain`.
        check: also check each map, where it has parts enough.
        without_top: also take the first segment of each first map away, and see what the model
            says then.
        options: how to write answers.
        model_options: what `load_model` is told of a model that is given by its name.
        workers: processes, each with a model of its own, for a model that is given by its name;
            left out, one for each GPU if there are several, else this process.
        ray: whether workers run on a Ray cluster, or its address; True is the cluster that this
            process or machine belongs to or that `RAY_ADDRESS` names, else one that is started here
            and ends with the work. `workers` left out, one for each GPU, or for each machine.
        gpus_per_worker: on a Ray cluster, which may be a part of one; left out, 1 where there are.
        retry_failed: also do rows again that failed.
        so_far: told how far it is, whenever runs were written.
        progress: as for `explain`; the phase is `explain`, steps are runs.
        **params: the parameters of a single method.

    Returns:
        The batch, as `load_batch` opens it.

    Raises:
        InputError: what can't be done as asked, a folder of another batch, or rows that changed.
        DiskError: the folder can't be written; what was, stays.
        SourceError: the model can't be had.
        MissingPackageError: Ray, or what reaches the folder, is not installed.
    """
    job = job_from(
        variants=variants,
        answer=answer,
        target=target,
        target_pattern=target_pattern,
        last_line=last_line,
        method=method,
        params=params,
        granularity=granularity,
        pattern=pattern,
        aggregate=aggregate,
        measure=measure,
        samples=samples,
        matching=matching,
        check=check,
        without_top=without_top,
        options=options,
    )
    dataset = dataset_of(data, prompts=not job.variants)
    folder = Folder(output)
    with followed(progress) as follower:

        def told(tally: Tally) -> None:
            follower("explain", tally.done, tally.total)
            so_far(tally)

        runner = runner_for(
            model, job, model_options or {}, workers, ray=ray, gpus_per_worker=gpus_per_worker
        )
        run_batch(runner, dataset, job, folder, retry_failed=retry_failed, so_far=told)
    return load_batch(output)


def job_from(
    *,
    variants: VariantsLike = (),
    answer: AnswerFrom = "model",
    target: str | None = None,
    target_pattern: str | None = None,
    last_line: bool = False,
    method: str | Method | Sequence[str | Method] | None = None,
    params: Mapping[str, ParameterValue] | None = None,
    granularity: str | Sequence[str] = "line",
    options: OptionsLike = None,
    **rest: Any,
) -> Job:
    """A job from what people give; for what it is, see `explain_dataset`.

    Raises:
        InputError: what does not exist, is out of range or does not go together.
    """
    several = (granularity,) if isinstance(granularity, str) else tuple(granularity)
    return Job(
        variants=tuple(as_variants(variants)) if variants else (),
        answer=answer,
        options=as_options(options),
        select=Selection(target, target_pattern, last_line),
        methods=_named(method, params or {}),
        granularities=cast(tuple[Granularity, ...], several),
        **rest,
    )


def dataset_of(
    data: str | PathLike[str] | Dataset | Sequence[Mapping[str, Any] | Example], *, prompts: bool
) -> Dataset:
    """The dataset that is meant.

    Args:
        data: as people may give it.
        prompts: whether every row must have one.

    Raises:
        DataError: it can't be read.
    """
    if isinstance(data, str | PathLike):
        return load_dataset(fspath(data), prompts=prompts)
    if prompts or hasattr(data, "examples"):
        return as_datasets([data])[0]
    rows = [Row(f"row {number}", row) for number, row in enumerate(data, start=1)]
    return ExampleList("data", examples_from(rows, "data", "data", prompts=False))


def runner_for(
    model: Any,
    job: Job,
    options: Mapping[str, Any],
    workers: int | None = None,
    *,
    ray: bool | str = False,
    gpus_per_worker: float | None = None,
    apart: bool = False,
) -> Runner:
    """Who runs a batch: this process, several others, or a Ray cluster.

    Args:
        model: or its name, or what `load_model` takes.
        job: what is done with every row.
        options: of `load_model`.
        workers: how many; None is one for each GPU.
        ray: whether they are on a cluster, or its address.
        gpus_per_worker: of a cluster.
        apart: a single worker is a process of its own, too, which may die; not where a server does
            the work.

    Raises:
        OptionsError: others, for a model that can't be loaded in them; GPUs for none of a cluster.
        MissingPackageError: Ray is not installed.
    """
    if gpus_per_worker is not None and not ray:
        raise OptionsError("gpus_per_worker is for a Ray cluster.", "Leave it out, or use Ray.")
    if isinstance(model, str):
        spec = ModelSpec(model, options)
        if ray:
            address = ray if isinstance(ray, str) else None
            return OnRay(spec, job, workers, address, gpus_per_worker)
        if workers is None and parse(model).endpoint:
            return Here(model, job, options)
        devices = devices_of(workers, options.get("device"))
        if apart or workers is not None or len(devices) > 1:
            return Processes(spec, job, devices)
    elif workers is not None or ray:
        raise OptionsError(
            "A model that is loaded already can't be handed to other processes.",
            "Give its name, or leave workers and ray out.",
        )
    return Here(model, job, options)


class Here:
    """A worker in this process; the model is loaded once there is something to run.

    Args:
        model: or its name, or what `load_model` takes.
        job: what is done with every row.
        options: of `load_model`.
    """

    def __init__(self, model: Any, job: Job, options: Mapping[str, Any]) -> None:
        self._model = model
        self._job = job
        self._options = options
        self.source = shown(model) if isinstance(model, str) else load_model(model).name

    def __call__(
        self, groups: Iterator[Group], ready: Callable[[Mapping[str, str]], None]
    ) -> Generator[Outcome, None, None]:
        """See `Runner`."""
        first = next(groups, None)
        if first is None:
            return
        model = load_model(self._model, **self._options)
        worker = Worker(model, self._job)
        ready(worker.facts)
        with model.turn():
            yield worker(first)
            yield from map(worker, groups)


def _named(
    method: str | Method | Sequence[str | Method] | None, params: Mapping[str, ParameterValue]
) -> tuple[NamedMethod, ...]:
    """The methods by their names, with all of their parameters.

    Raises:
        UnknownNameError: no such method.
        OptionsError: no such parameter, or parameters for several.
    """
    several: list[Any] = [method] if isinstance(method, str) or method is None else _listed(method)
    if params and (len(several) > 1 or not isinstance(several[0], str)):
        raise OptionsError(
            f"It is not said whose {', '.join(params)} is meant.",
            "Give a single method by its name, or method objects.",
        )
    made = [make_method(one, **params) if isinstance(one, str) else one for one in several if one]
    return tuple(NamedMethod(one.facts.name, dict(params_of(one))) for one in made)


def _listed(method: Method | Sequence[str | Method]) -> list[Any]:
    return list(method) if isinstance(method, Sequence) else [method]
