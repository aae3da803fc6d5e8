"""What a page or notebook can ask for, and what it hears back.

`Service.submit` takes a request of `wire.py` and an `emit` callback; events are emitted from
other threads, and a last None says there are no more. All work on models happens on one
thread; what is known already is answered without waiting for it.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib.metadata import version

from pydantic import ValidationError

from backlit.data import Dataset, Example
from backlit.errors import Cancelled, DataError, UnknownNameError
from backlit.methods import methods
from backlit.methods.base import Method, Parameter, parameters
from backlit.progress import Phase, announcing, cancellable
from backlit.segments import GRANULARITIES
from backlit.serving import wire
from backlit.serving.errors import BUG, error_info
from backlit.serving.handlers import answer
from backlit.serving.models import Emit, LoadedModel
from backlit.serving.queue import Job, ModelThread
from backlit.types import GenerationOptions

log = logging.getLogger(__name__)

Request = (
    wire.LoadRequest
    | wire.GenerateRequest
    | wire.RespondRequest
    | wire.ExplainRequest
    | wire.EstimateRequest
    | wire.CheckRequest
    | wire.MuteRequest
    | wire.SegmentRequest
)

REQUESTS: dict[str, type[Request]] = {
    "load": wire.LoadRequest,
    "generate": wire.GenerateRequest,
    "respond": wire.RespondRequest,
    "explain": wire.ExplainRequest,
    "estimate": wire.EstimateRequest,
    "check": wire.CheckRequest,
    "mute": wire.MuteRequest,
    "segment": wire.SegmentRequest,
}
"""What a request is called on the way here."""

CACHED_RESULTS = 512


class Service:
    """Models, datasets, and one thread that does the work.

    Args:
        models: the first is the default. They are loaded when they are asked for.
        datasets: shown to the person.
        thread: of other services with these models; left out, one of its own.
    """

    def __init__(
        self,
        models: Sequence[LoadedModel],
        datasets: Sequence[Dataset],
        thread: ModelThread | None = None,
    ) -> None:
        self._models = {model.info.name: model for model in models}
        self._datasets: list[wire.DatasetInfo] = []
        self.show(datasets)
        self._thread = thread or ModelThread()
        self._owns_thread = thread is None
        self._jobs: set[Job] = set()
        self._results: OrderedDict[str, wire.Event] = OrderedDict()

    def begin(self) -> None:
        """Load the first model, though nobody asked for it yet."""
        for name in list(self._models)[:1]:
            self.submit(wire.LoadRequest(model=name), _ignore)

    def close(self) -> None:
        """Cancel everything that was asked for here."""
        for job in list(self._jobs):
            self._thread.forget(job)
        if self._owns_thread:
            self._thread.close()

    def show(self, datasets: Sequence[Dataset]) -> None:
        """Offer these datasets instead."""
        self._datasets = [_dataset_info(dataset) for dataset in datasets]

    def state(self) -> wire.State:
        """All that a page needs to draw itself."""
        return wire.State(
            version=version("backlit"),
            models=[model.info for model in self._models.values()],
            methods=[_method_info(method) for method in methods().values()],
            datasets=self._datasets,
            granularities=list(GRANULARITIES),
            options=GenerationOptions(),
        )

    def submit(self, request: Request, emit: Emit) -> Callable[[], None]:
        """Begin to answer a request.

        Returns:
            A function that cancels it; nothing is emitted after that but the last None.
        """
        model = self._models.get(request.model)
        if model is None:
            known = ", ".join(self._models)
            error = UnknownNameError(
                f"There is no model {request.model!r} here.", f"Use one of {known}."
            )
            emit(wire.ErrorEvent(error=error_info(error)))
            emit(None)
            return lambda: None
        key = f"{type(request).__name__}:{request.model_dump_json()}"
        cached = self._results.get(key)
        if cached is not None:
            self._results.move_to_end(key)
            if isinstance(cached, wire.AttributionEvent):
                cached = cached.model_copy(update={"cached": True})
            emit(cached)
            emit(None)
            return lambda: None

        def tell(event: wire.Event | None) -> None:
            if not job.cancelled:
                emit(event)

        def phase(name: Phase) -> None:
            job.compiled = True
            tell(wire.PhaseEvent(phase=name))

        def work(job: Job) -> None:
            loaded = model.load(job)
            job.check()
            if isinstance(request, wire.LoadRequest):
                tell(wire.ModelEvent(model=model.info))
                return
            turn = nullcontext() if quick else loaded.turn()
            with cancellable(job.check), announcing(phase), turn:
                event = answer(request, model, job, tell)
            if isinstance(event, wire.AttributionEvent | wire.CheckEvent | wire.MuteEvent):
                self._remember(key, event)
            tell(event)

        def ended(error: BaseException | None) -> None:
            self._jobs.discard(job)
            model.unfollow(tell)
            if error is not None and not isinstance(error, Cancelled):
                info = error_info(error)
                if info.code == BUG:
                    log.error("A bug, in answer to %s:", type(request).__name__, exc_info=error)
                tell(wire.ErrorEvent(error=info))
            emit(None)

        def cancel() -> None:
            self._jobs.discard(job)
            model.unfollow(tell)
            self._thread.forget(job)

        # Cutting and counting need no model: they do not wait behind one.
        quick = isinstance(request, wire.SegmentRequest | wire.EstimateRequest)
        job = Job(work, lambda ahead: tell(wire.QueuedEvent(ahead=ahead)), ended)
        self._jobs.add(job)
        model.follow(tell)
        if quick and model.model is not None:
            threading.Thread(target=job.run, daemon=True).start()
        else:
            self._thread.submit(job)
        return cancel

    def _remember(self, key: str, event: wire.Event) -> None:
        self._results[key] = event
        while len(self._results) > CACHED_RESULTS:
            self._results.popitem(last=False)


def _ignore(event: wire.Event | None) -> None: ...


def _dataset_info(dataset: Dataset) -> wire.DatasetInfo:
    return wire.DatasetInfo(
        name=dataset.name,
        examples=[
            _example_info(example, f"{dataset.name}, example {number}")
            for number, example in enumerate(dataset.examples, start=1)
        ],
    )


def _example_info(example: Example, place: str) -> wire.ExampleInfo:
    try:
        return wire.ExampleInfo(
            id=example.id,
            prompt=example.prompt if isinstance(example.prompt, str) else list(example.prompt),
            target=example.target,
            source=example.source,
            fields=dict(example.fields),
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            f"{place}: {first['loc'][0]}: {first['msg']}.", "Mend the dataset's examples."
        ) from error


def _method_info(method: type[Method]) -> wire.MethodInfo:
    return wire.MethodInfo(
        name=method.name,
        label=method.label,
        description=method.description,
        unit=method.unit,
        reference=method.reference,
        kind=method.kind,
        signed=method.signed,
        complete=method.complete,
        scores_tokens=method.scores_tokens,
        parameters=[_parameter_info(parameter) for parameter in parameters(method)],
    )


def _parameter_info(parameter: Parameter) -> wire.ParameterInfo:
    kinds = {bool: "bool", int: "int", float: "float", str: "text"}
    return wire.ParameterInfo(
        name=parameter.name,
        label=parameter.label,
        description=parameter.description,
        kind="choice" if parameter.choices else kinds[type(parameter.default)],  # type: ignore[arg-type]
        default=parameter.default,
        minimum=parameter.minimum,
        maximum=parameter.maximum,
        choices=list(parameter.choices),
    )
