"""A worker on a Ray cluster, and who keeps count of what workers begin: run by `on_ray`."""

import importlib
import json
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from backlit.batch.job import Job
from backlit.batch.messages import Said, saying
from backlit.batch.task import Group
from backlit.batch.worker import STARTS, TRIES, ModelSpec, Outcome, Worker, lost
from backlit.errors import BacklitError, CapabilityError, OptionsError, out_of_memory

GROUP, NEWS = "group", "news"  # the column of what a worker is given, and of what it answers


class RayWorker:
    """A worker as Ray Data calls it: with tables of one row each, which hold a group.

    Errors that end the work are news like others: as exceptions, Ray would wrap them in its own.
    """

    def __init__(self, spec: ModelSpec, job: Job, ledger: Any, expected: str) -> None:
        self._ray = importlib.import_module("ray")
        self._job = job
        self._ledger = ledger
        context = self._ray.get_runtime_context()
        self._id = context.get_actor_id()
        try:
            started = self._told("starts", self._id, context.current_actor)
            if started > STARTS:
                raise CapabilityError(
                    "Workers end before their model is loaded.",
                    "With too little memory, use fewer workers or a smaller model; Ray's logs may "
                    "say more.",
                )
            if (found := version("backlit")) != expected:
                raise OptionsError(
                    f"A machine of the cluster has Backlit {found}, and this one {expected}.",
                    "Install the same on all.",
                )
            self._worker: Worker | BacklitError = Worker(spec.load(), job)
            self._facts = self._worker.facts
            self._told("is_ready", self._id)
        except Exception as error:  # noqa: BLE001  what is not known is raised
            self._worker = _known(error)

    def __call__(self, batch: Any) -> Any:
        """Run a group."""
        import pyarrow

        news = json.dumps(self._news(batch[GROUP][0].as_py())).encode()
        return pyarrow.table({NEWS: pyarrow.array([news], pyarrow.binary())})

    def _news(self, group: bytes) -> list[str]:
        return [saying(one).decode() for one in self._said(group)]

    def _said(self, group: bytes) -> list[Said]:
        """What is known of the model and what came of a group; or what ended the work."""
        if isinstance(self._worker, BacklitError):
            return [self._worker]
        try:
            outcomes = list(self._outcomes(self._worker, Group.from_json(group))) if group else []
        except Exception as error:  # noqa: BLE001  what is not known is raised
            return [_known(error)]
        return [self._facts, *outcomes]

    def _outcomes(self, worker: Worker, group: Group) -> Iterator[Outcome]:
        """Run it; what ended workers again and again is run row by row, and a single row that did
        has failed.
        """
        key = group.tasks[0].run, len(group.tasks)
        if self._told("begins", key) <= TRIES:
            yield worker(group)
        elif len(group.tasks) > 1:
            for task in group.tasks:
                yield from self._outcomes(worker, Group(group.number, (task,)))
        else:
            yield lost(group, self._job)
        self._ledger.ends.remote(key)

    def _told(self, what: str, *of: Any) -> Any:
        return self._ray.get(getattr(self._ledger, what).remote(*of))


class Ledger:
    """What workers have begun and not ended, which outlives them."""

    def __init__(self) -> None:
        self._begun: Counter[tuple[str, int]] = Counter()
        self._started: Counter[str] = Counter()
        self._workers: dict[str, Any] = {}

    def starts(self, worker: str, handle: Any) -> int:
        """A worker loads its model: how many times by now, since it last had it."""
        self._workers[worker] = handle
        self._started[worker] += 1
        return self._started[worker]

    def is_ready(self, worker: str) -> None:
        """It has its model."""
        del self._started[worker]

    def begins(self, key: tuple[str, int]) -> int:
        """A group is run, by whomever: how many times by now."""
        self._begun[key] += 1
        return self._begun[key]

    def ends(self, key: tuple[str, int]) -> None:
        """It was."""
        self._begun.pop(key, None)

    def workers(self) -> list[Any]:
        """All that ever started."""
        return list(self._workers.values())


def _known(error: Exception) -> BacklitError:
    """The error of ours that it is; raised if it is none."""
    known = error if isinstance(error, BacklitError) else out_of_memory(error)
    if known is None:
        raise error
    return known
