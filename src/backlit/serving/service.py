"""What a page or notebook can ask for, and what it hears back.

`Service.submit` takes a request of one of the kinds in `requests/` and an `emit` callback; events
are emitted from other threads, the last of them a result or an error, and then a None. All work on
models happens on one thread; what is known already is answered without waiting for it.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version

from pydantic import ValidationError

from backlit.data import Dataset
from backlit.display.speech import say
from backlit.display.words import UNITS
from backlit.errors import BacklitError, DataError, InputError
from backlit.explanation import Generation
from backlit.methods import methods
from backlit.methods.base import Method, Parameter, parameters
from backlit.segments import AGGREGATES, GRANULARITIES
from backlit.serving import wire
from backlit.serving.batches import Batches
from backlit.serving.call import Call, Emit, key_of
from backlit.serving.errors import error_info
from backlit.serving.keeping import Keeping, is_of_review
from backlit.serving.models import Open, ServedModel
from backlit.serving.offered import Offered
from backlit.serving.plain import answer
from backlit.serving.queue import JobQueue
from backlit.serving.recent import Recent
from backlit.serving.requests import (
    KIND_OF,
    BatchKind,
    Kind,
    ModelKind,
    ModelRequest,
    OfferKind,
    PlainKind,
    Request,
    ShelfKind,
    WorkspaceKind,
    WorkspaceRequest,
)
from backlit.serving.requests.load import LoadRequest
from backlit.serving.shelf import Shelf
from backlit.types import GenerationOptions
from backlit.workspace import Workspace

log = logging.getLogger(__name__)

MAX_RESULT_BYTES = 16_000_000  # of results that are remembered, as JSON
MAX_GENERATIONS = 32
MAX_SENT = 500  # rows of a dataset that a page has from the beginning
MAX_SENT_CHARACTERS = 2_000_000
READERS = 4  # threads for quick requests


class Service:
    """Models, datasets, and one thread that does the work.

    Args:
        models: the first is the default. They are loaded when they are asked for.
        datasets: shown to the person.
        queue: of other services with these models; left out, one of its own.
        workspace: keeps what pages want kept; left out, their browsers do. Whoever opened it
            closes it.
        review: pages read what is kept and review it; whatever else they ask is refused.
        connect: opens a model of a server that a page named; left out, no page may.
        anywhere: pages may name any server; else those of the models.
        batches: shown to the person.

    Raises:
        InputError: two models or two datasets have one name.
    """

    def __init__(
        self,
        models: Sequence[ServedModel],
        datasets: Sequence[Dataset],
        queue: JobQueue | None = None,
        workspace: Workspace | None = None,
        review: bool = False,
        connect: Open | None = None,
        anywhere: bool = False,
        batches: Batches | None = None,
    ) -> None:
        self._batches = batches or Batches(())
        self._offered = Offered(models, connect, anywhere)
        _check_datasets(datasets)
        self._shelf = Shelf(datasets, workspace)
        self._queue = queue or JobQueue()
        self._owns_queue = queue is None
        self._readers = JobQueue("backlit-reader", READERS)
        self._averages = JobQueue("backlit-averages")
        self._keeping = Keeping(workspace, review)
        self._review = review
        self._calls: set[Call] = set()
        self._results: Recent[wire.Event] = Recent(MAX_RESULT_BYTES, _size)
        self._generations: Recent[Generation] = Recent(MAX_GENERATIONS)

    def preload(self) -> None:
        """Load the first model, though nobody asked for it yet."""
        for served in self._offered.all()[:1]:
            self.submit(LoadRequest(model=served.info.name), lambda event: None)

    def close(self) -> None:
        """Cancel everything that was asked for here."""
        for call in list(self._calls):
            call.let_go()
            self._queue.forget(call.job)
        self._readers.close()
        self._averages.close()
        self._keeping.close()
        if self._owns_queue:
            self._queue.close()

    def set_datasets(self, datasets: Sequence[Dataset]) -> None:
        """Offer these datasets instead.

        Raises:
            InputError: two have one name, or one can't be sent to a page.
        """
        _check_datasets(datasets)
        self._shelf.put(datasets)

    def state(self) -> wire.State:
        """All that a page needs to draw itself."""
        return wire.State(
            version=version("backlit"),
            models=[model.info for model in self._offered.all()],
            methods=[_method_info(method) for method in methods().values()],
            datasets=[
                _dataset_info(one, added=self._shelf.is_added(one.name))
                for one in self._shelf.all()
            ],
            granularities=list(GRANULARITIES),
            units={granularity: say(unit) for granularity, unit in UNITS.items()},
            aggregates=list(AGGREGATES),
            options=GenerationOptions(),
            workspace=self._keeping.info(),
            review=self._review,
            connectable=None if self._review else self._offered.connectable(),
            batches=self._batches.names(),
        )

    def submit(self, request: Request, emit: Emit) -> Callable[[], None]:
        """Begin to answer a request. Whatever happens, a result or an error and a None are emitted.

        Returns:
            A function that cancels it: where its end was not told, the error is `Cancelled` then.
        """
        try:
            if self._review and not is_of_review(request):
                raise InputError("This page is for review.", "Start Backlit without --review.")
            kind = KIND_OF[type(request)]
            if isinstance(request, WorkspaceRequest):
                assert isinstance(kind, WorkspaceKind)
                return self._keeping.submit(kind, request, emit)
            if isinstance(kind, ShelfKind):
                return answer(
                    self._readers, kind.name, lambda: kind.run(request, self._shelf), emit
                )
            if isinstance(kind, BatchKind):
                queue = self._averages if kind.slow else self._readers
                return answer(queue, kind.name, lambda: kind.run(request, self._batches), emit)
            if isinstance(kind, PlainKind):
                return answer(self._readers, kind.name, lambda: kind.run(request), emit)
            if isinstance(kind, OfferKind):
                served = kind.served(request, self._offered)
                return self._begin(kind.about(self._offered), request, served, b"", emit)
            assert isinstance(kind, Kind)
            assert isinstance(request, ModelRequest)
            served = self._offered.get(request.model)
            key = key_of(kind, request)
            known = self._results.get(key) if kind.cached else None
            if known is not None:
                return _answered(emit, known.model_copy(update={"cached": True}))
            return self._begin(kind, request, served, key, emit)
        except BacklitError as error:
            return _answered(emit, wire.ErrorEvent(error=error_info(error)))
        except Exception as error:
            log.exception("A request could not be begun:")
            return _answered(emit, wire.ErrorEvent(error=error_info(error)))

    def _begin(
        self, kind: ModelKind, request: Request, served: ServedModel, key: bytes, emit: Emit
    ) -> Callable[[], None]:
        def done(event: wire.Event) -> None:
            if kind.cached:
                self._results.keep(key, event)

        def ended(event: wire.Event | None) -> None:
            if event is None:
                self._calls.discard(call)
            emit(event)

        call = Call(kind, request, served, self._generations, self._shelf, ended, done)
        self._calls.add(call)
        # What reads text waits for no model, once that is loaded.
        queue = self._readers if kind.quick and served.model is not None else self._queue
        try:
            queue.submit(call.job)
        except RuntimeError as error:  # no thread can be started
            call.job.end(error)
        return lambda: self._cancel(call, queue)

    def _cancel(self, call: Call, queue: JobQueue) -> None:
        call.let_go()
        queue.forget(call.job)


def _size(event: wire.Event) -> int:
    return len(event.model_dump_json())


def _answered(emit: Emit, event: wire.Event) -> Callable[[], None]:
    """Say at once what needs no work."""
    emit(event)
    emit(None)
    return lambda: None


def _check_datasets(datasets: Sequence[Dataset]) -> None:
    names = [dataset.name for dataset in datasets]
    for dataset in datasets:
        if names.count(dataset.name) > 1:
            raise InputError(
                f"Two datasets are called {dataset.name!r}.",
                "Name one: name:source instead of source.",
            )
        for number, example in enumerate(dataset.examples, start=1):
            try:
                wire.ExampleInfo.of(example)
            except ValidationError as error:
                first = error.errors()[0]
                raise DataError(
                    f"{dataset.name}, example {number}: {first['loc'][0]}: {first['msg']}.",
                    "Fix the dataset's examples.",
                ) from error


def _dataset_info(dataset: Dataset, *, added: bool) -> wire.DatasetInfo:
    """With as many of its first rows as a list beside the text shows."""
    examples = dataset.examples
    sent, left = [], MAX_SENT_CHARACTERS
    for example in examples[:MAX_SENT]:
        left -= len(str(example.prompt))
        if left < 0:
            break
        sent.append(wire.ExampleInfo.of(example))
    return wire.DatasetInfo(name=dataset.name, count=len(examples), added=added, examples=sent)


def _method_info(method: type[Method]) -> wire.MethodInfo:
    declared = tuple(_parameter_info(parameter) for parameter in parameters(method))
    facts = method.facts
    told = replace(
        facts,
        description=say(facts.description),
        unit=say(facts.unit),
        reference=say(facts.reference),
    )
    return wire.MethodInfo(**asdict(told), parameters=declared)


def _parameter_info(parameter: Parameter) -> wire.ParameterInfo:
    kinds = {bool: "bool", int: "int", float: "float", str: "text"}
    kind = "choice" if parameter.choices else kinds[type(parameter.default)]
    told = replace(parameter, label=say(parameter.label), description=say(parameter.description))
    return wire.ParameterInfo(**asdict(told), kind=kind)  # type: ignore[arg-type]
