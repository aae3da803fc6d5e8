"""Who runs groups of tasks on a model: in this process, in others, or on a cluster."""

import gc
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from backlit.batch.job import Job
from backlit.batch.parts import packed
from backlit.batch.record import Failure, Record, tokens_of
from backlit.batch.row import answered, explained, lines_of_maps
from backlit.batch.task import Group, Task
from backlit.batch.together import Together
from backlit.engines.base import Engine
from backlit.engines.metering import meter_of
from backlit.engines.settings import weights_of
from backlit.errors import BacklitError, BudgetError, Cancelled, out_of_memory
from backlit.explanation import Explanation
from backlit.explanation.cell import Line
from backlit.methods.objective import CHUNK
from backlit.model import Model, load_model
from backlit.progress import current

DIGITS = 4  # of seconds
TROUBLES = {
    "EndpointError",
    "OfflineError",
    "GatedError",
}  # which are rather a server's than a row's
TRIES = 2  # of a group with which its worker dies
STARTS = 3  # of workers that die before their model is loaded

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What `load_model` is told, for a process that loads a model itself.

    Attributes:
        source: as people name it.
        options: of `load_model`, JSON-ready; those of an endpoint as a mapping.
    """

    source: str
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def load(self) -> Model:
        """The model."""
        return load_model(self.source, **self.options, progress=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a group: its records, packed for a part file, and what is counted of them.

    Attributes:
        group: its number.
        member: the records.
        runs: how many there are.
        failed: of these.
        unmatched: of these.
        tokens: of prompts and answers.
        calls: of a server's model; of a worker's first group, those to connect, too.
        ends: why nothing more can be run; what was is in it.
        trouble: what a server said, if all failed by that.
    """

    group: int
    member: bytes
    runs: int
    failed: int = 0
    unmatched: int = 0
    tokens: int = 0
    calls: int = 0
    ends: Failure | None = None
    trouble: str = ""

    @classmethod
    def of(cls, group: int, records: Sequence[Record]) -> "Outcome":
        """The outcome of a group with these records."""
        states = [one.status for one in records]
        failed, unmatched = states.count("failed"), states.count("unmatched")
        codes = {one.failure.code if one.failure is not None else "" for one in records}
        failure = records[0].failure if records and codes <= TROUBLES else None
        return cls(
            group,
            packed(records),
            len(states),
            failed,
            unmatched,
            tokens_of(records),
            trouble="" if failure is None else failure.message,
        )


class Worker:
    """A model, and what is done with every row."""

    def __init__(self, model: Model, job: Job) -> None:
        self.model = model
        self._job = job
        self._counted = 0  # calls

    @property
    def facts(self) -> dict[str, str]:
        """What is known of the model, and a digest of its weights if they can be had."""
        weights = weights_of(self.model.engine)
        known = {} if weights is None else {"weights": weights}
        return {**self.model.engine.metadata, **known}

    def __call__(self, group: Group) -> Outcome:
        """Run a group.

        Raises:
            Cancelled: the work should stop.
        """
        found = self._came(group.tasks)
        done = [one for one in found if not isinstance(one.error, BudgetError)]
        spent = next((one.error for one in found if isinstance(one.error, BudgetError)), None)
        outcome = Outcome.of(group.number, [self._record(one) for one in done])
        outcome = replace(outcome, calls=self._new_calls())
        if spent is None:
            return outcome
        return replace(outcome, ends=Failure(spent.code, spent.message, spent.hint))

    def _new_calls(self) -> int:
        """How often a server's model was called since this was asked."""
        meter = meter_of(self.model.engine)
        before, self._counted = self._counted, 0 if meter is None else meter.counter.calls
        return self._counted - before

    def _came(self, tasks: Sequence[Task]) -> list["_Came"]:
        """What came of each task; with too little memory for all of them, of half of them at a
        time, and of a single one in the smallest batches.
        """
        started = time.perf_counter()
        found = self._run(tasks, CHUNK * len(tasks))
        if found is None:
            gc.collect()  # errors and their frames hold each other, and what fills the memory
        if found is None and len(tasks) > 1:
            half = len(tasks) // 2
            return [*self._came(tasks[:half]), *self._came(tasks[half:])]
        if found is None:
            found = self._run(tasks, 1)
        if found is None:
            found = [_Came(tasks[0], error=out_of_memory(MemoryError()))]
        seconds = round((time.perf_counter() - started) / len(tasks), DIGITS)
        return [replace(one, seconds=seconds) for one in found]

    def _run(self, tasks: Sequence[Task], batch_size: int) -> list["_Came"] | None:
        """What came of each task; None if there was not enough memory.

        Raises:
            Exception: the work should stop.
        """
        engine = self.model.engine
        works = [partial(self._explained, task, batch_size) for task in tasks]
        results: Sequence[_Came | BaseException]
        try:
            if "batch" in engine.capabilities and len(tasks) > 1:
                results = Together(engine, works).run()
            else:
                results = [self._alone(work) for work in works]
        except Exception as error:
            if out_of_memory(error) is None:
                raise
            return None
        found: list[_Came] = []
        for task, one in zip(tasks, results, strict=True):
            if isinstance(one, _Came):
                found.append(one)
            elif isinstance(one, Cancelled) or not isinstance(one, Exception):
                raise one
            elif out_of_memory(one) is not None:
                return None
            else:
                found.append(_Came(task, error=one))
        return found

    def _alone(self, work: "partial[_Came]") -> "_Came | BaseException":
        current().check()
        try:
            return work(self.model.engine)
        except Exception as error:  # noqa: BLE001  looked at by whoever asked
            return error

    def _explained(self, task: Task, batch_size: int, engine: Engine) -> "_Came":
        """On a model of its own, so that nothing of a row is kept."""
        model = Model(engine, batch_size)
        generation = answered(model, task, self._job)
        try:
            return _Came(task, explained(model, generation, self._job))
        except (Cancelled, BudgetError):
            raise
        except Exception as error:
            if out_of_memory(error) is not None:
                raise
            return _Came(task, Explanation(generation, (), engine.metadata), error)

    def _record(self, one: "_Came") -> Record:
        task, whole = one.task, one.explanation
        failure = None if one.error is None else _failure(task, one.error)
        lines = lines_of_maps(whole, task, self._job) if whole is not None else ()
        return record_of(
            task, self._job, one.seconds, failure=failure, explanation=whole, lines=lines
        )


@dataclass(frozen=True, slots=True)
class _Came:
    """What came of a task: its answer with its maps, as far as it came, and what ended it."""

    task: Task
    explanation: Explanation | None = None
    error: Exception | None = None
    seconds: float = 0.0


def record_of(
    task: Task,
    job: Job,
    seconds: float = 0.0,
    *,
    failure: Failure | None = None,
    explanation: Explanation | None = None,
    lines: Sequence[Sequence[Line | None]] = (),
) -> Record:
    """The record of a task, with what came of it."""
    return Record(
        run=task.run,
        row=task.example.id,
        position=task.position,
        content=task.content,
        status="failed" if failure is not None else "done" if lines else "unmatched",
        seconds=seconds,
        variant=None if task.variant is None else job.variants[task.variant].name,
        variant_number=task.variant,
        source=task.example.source,
        failure=failure,
        explanation=explanation,
        lines=tuple(map(tuple, lines)),
    )


def lost(group: Group, job: Job, why: str = "") -> Outcome:
    """The outcome of a row that ended its worker again and again."""
    failure = Failure(
        "CapabilityError",
        f"Its worker ended {TRIES} times while it ran this row{why and f' ({why})'}.",
        "With too little memory, shorten the prompt or use fewer workers.",
    )
    return Outcome.of(group.number, [record_of(one, job, failure=failure) for one in group.tasks])


def _failure(task: Task, error: Exception) -> Failure:
    if isinstance(error, BacklitError):
        return Failure(error.code, error.message, error.hint)
    log.error("The row %s failed", task.example.id, exc_info=error)
    told = " ".join(f"{error}".split())
    return Failure(type(error).__name__, f"It failed unexpectedly: {told}", "This is a bug.")
