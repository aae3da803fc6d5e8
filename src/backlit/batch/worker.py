"""Who runs groups of tasks on a model: in this process, in others, or on a cluster."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from backlit.batch.job import Job
from backlit.batch.parts import packed
from backlit.batch.record import Failure, Record, tokens_of
from backlit.batch.row import explained, lines_of_maps
from backlit.batch.task import Group, Task
from backlit.batch.together import Together
from backlit.engines.base import Engine
from backlit.engines.settings import weights_of
from backlit.errors import BacklitError, BudgetError, Cancelled, out_of_memory
from backlit.explanation import Explanation
from backlit.explanation.cell import Line
from backlit.methods.objective import CHUNK
from backlit.model import Model, load_model
from backlit.progress import current

DIGITS = 4  # of seconds
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
    """What came of a group: its records, packed for a part file, and what is counted of them."""

    group: int
    member: bytes
    runs: int
    failed: int = 0
    unmatched: int = 0
    tokens: int = 0

    @classmethod
    def of(cls, group: int, records: Sequence[Record]) -> "Outcome":
        """The outcome of a group with these records."""
        states = [one.status for one in records]
        failed, unmatched = states.count("failed"), states.count("unmatched")
        return cls(group, packed(records), len(states), failed, unmatched, tokens_of(records))


class Worker:
    """A model, and what is done with every row."""

    def __init__(self, model: Model, job: Job) -> None:
        self.model = model
        self._job = job

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
            BudgetError: a server may be called no more.
        """
        return Outcome.of(group.number, self._records(group.tasks))

    def _records(self, tasks: Sequence[Task]) -> list[Record]:
        """A record for each task; with too little memory for all of them, half of them at a time,
        and a single one in the smallest batches.
        """
        started = time.perf_counter()
        try:
            found = self._run(tasks, CHUNK * len(tasks))
        except Exception as error:
            if out_of_memory(error) is None:
                raise
            if len(tasks) > 1:
                half = len(tasks) // 2
                return self._records(tasks[:half]) + self._records(tasks[half:])
            try:
                found = self._run(tasks, 1)
            except Exception as again:
                known = out_of_memory(again)
                if known is None:
                    raise
                found = [known]
        seconds = round((time.perf_counter() - started) / len(tasks), DIGITS)
        each = zip(tasks, found, strict=True)
        return [self._record(task, outcome, seconds) for task, outcome in each]

    def _run(self, tasks: Sequence[Task], batch_size: int) -> list[Explanation | Exception]:
        """What came of each task.

        Raises:
            Exception: there was not enough memory, or the work should stop.
        """
        engine = self.model.engine
        works = [partial(self._explained, task, batch_size) for task in tasks]
        results: Sequence[Explanation | BaseException]
        if "batch" in engine.capabilities and len(tasks) > 1:
            results = Together(engine, works).run()
        else:
            results = [self._alone(work) for work in works]
        found: list[Explanation | Exception] = []
        for one in results:
            if isinstance(one, BaseException) and not _is_of_a_row(one):
                raise one
            found.append(cast(Explanation | Exception, one))
        return found

    def _alone(self, work: "partial[Explanation]") -> Explanation | BaseException:
        current().check()
        try:
            return work(self.model.engine)
        except Exception as error:  # noqa: BLE001  looked at by whoever asked
            return error

    def _explained(self, task: Task, batch_size: int, engine: Engine) -> Explanation:
        """On a model of its own, so that nothing of a row is kept."""
        return explained(Model(engine, batch_size), task, self._job)

    def _record(self, task: Task, outcome: Explanation | Exception, seconds: float) -> Record:
        if isinstance(outcome, Exception):
            return record_of(task, self._job, seconds, failure=_failure(task, outcome))
        lines = lines_of_maps(outcome, task, self._job)
        return record_of(task, self._job, seconds, explanation=outcome, lines=lines)


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
        status="failed" if explanation is None else "done" if lines else "unmatched",
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


def _is_of_a_row(error: BaseException) -> bool:
    """Whether it says something of one row, and the others may go on."""
    stops = isinstance(error, Cancelled | BudgetError) or not isinstance(error, Exception)
    return not stops and out_of_memory(error) is None


def _failure(task: Task, error: Exception) -> Failure:
    if isinstance(error, BacklitError):
        return Failure(error.code, error.message, error.hint)
    log.error("The row %s failed", task.example.id, exc_info=error)
    told = " ".join(f"{error}".split())
    return Failure(type(error).__name__, f"It failed unexpectedly: {told}", "This is a bug.")
