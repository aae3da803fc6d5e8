"""Workers on a Ray cluster: the same class as in processes, as the actors of a Ray Data pipeline.

Ray runs the groups and hands back what came of them; the files are written here, as ever. So what
Ray does again, as it does when a worker or a node is lost, can't be in the batch twice.
"""

import importlib
import json
import logging
import queue
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, suppress
from importlib.metadata import version
from itertools import islice
from typing import Any

from backlit.batch.cluster import (
    STOP_SECONDS,
    connected,
    disconnect,
    installed,
    pool,
    quiet,
    unwarned,
)
from backlit.batch.job import Job
from backlit.batch.messages import said
from backlit.batch.ray_worker import GROUP, NEWS, Ledger, RayWorker
from backlit.batch.task import Group
from backlit.batch.worker import ModelSpec, Outcome
from backlit.errors import BacklitError, CapabilityError, MissingPackageError, OptionsError
from backlit.progress import current
from backlit.sources import shown

WINDOW = 4096  # groups that are handed over at a time: more would be held in memory at once
POLL_SECONDS = 0.2  # between two looks whether the work should stop

log = logging.getLogger(__name__)


class OnRay:
    """A pool of workers on a cluster.

    Args:
        spec: how each loads its model.
        job: what is done with every row.
        workers: how many; None is one for each GPU, or for each machine of a cluster without.
        address: of the cluster; None is the one that this process or machine belongs to, or that
            RAY_ADDRESS names, or else one of this machine alone, for as long as the work takes.
        gpus: of each worker, which may be a part of one; None is one where there are any.

    Raises:
        MissingPackageError: Ray is not installed.
        OptionsError: fewer than one worker, or less than no GPU.
    """

    def __init__(
        self,
        spec: ModelSpec,
        job: Job,
        workers: int | None = None,
        address: str | None = None,
        gpus: float | None = None,
    ) -> None:
        if workers is not None and workers < 1:
            raise OptionsError(f"workers is {workers}.", "Use 1 or more.")
        if gpus is not None and not gpus >= 0:
            raise OptionsError(f"gpus_per_worker is {gpus}.", "Use 0 or more, such as 1 or 0.5.")
        self._ray = installed()
        self._spec = spec
        self._job = job
        self._workers = workers
        self._address = address
        self.source = shown(spec.source)
        self._gpus = gpus

    def __call__(
        self, groups: Iterator[Group], ready: Callable[[Mapping[str, str]], None]
    ) -> Generator[Outcome, None, None]:
        """See `Runner`."""
        if not (window := list(islice(groups, WINDOW))):
            return
        with quiet(), connected(self._ray, self._address) as is_ours:
            device = self._spec.options.get("device")
            given = pool(self._ray, self._workers, self._gpus, device)
            told: Mapping[str, str] | None = None
            while window:
                with closing(self._run(window, given, is_ours)) as answers:
                    for model, outcomes in answers:
                        if model != told:
                            ready(model)
                            told = model
                        yield from outcomes
                window = list(islice(groups, WINDOW))

    def _run(
        self, groups: list[Group], room: Mapping[str, Any], is_ours: bool
    ) -> Generator[tuple[Mapping[str, str], list[Outcome]], None, None]:
        """What workers say: their model, and what came of a group.

        Raises:
            BacklitError: what ended the work.
        """
        lasting = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1}
        ledger = self._ray.remote(**lasting)(Ledger).remote()
        given = {
            "spec": self._spec,
            "job": self._job,
            "ledger": ledger,
            "expected": version("backlit"),
        }
        with unwarned():
            results = self._dataset(groups).map_batches(
                RayWorker, batch_size=1, batch_format="pyarrow", fn_constructor_kwargs=given, **room
            )
        heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
        listener = threading.Thread(target=_listen, args=(results, heard), daemon=True)
        listener.start()
        over = False
        try:
            while (news := _next(heard)) is not None:
                if isinstance(news, BacklitError):
                    raise news
                if isinstance(news, BaseException):
                    raise _explained(news) from news
                yield news
            over = True
        finally:
            if is_ours and not over:
                disconnect(self._ray, listener)
            elif not is_ours:
                self._end(ledger)
                listener.join(STOP_SECONDS)

    def _end(self, ledger: Any) -> None:
        """End the workers, of which those that ended do no more."""
        with suppress(self._ray.exceptions.RayError):
            for worker in self._ray.get(ledger.workers.remote(), timeout=STOP_SECONDS):
                self._ray.kill(worker)
        self._ray.kill(ledger)

    def _dataset(self, groups: list[Group]) -> Any:
        """A block for each group, so that one is what is run again; the first, which is empty, asks
        for the model alone.
        """
        import pyarrow

        data = importlib.import_module("ray.data")
        context = data.DataContext.get_current().copy()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        asked = [b"", *(group.to_json() for group in groups)]
        with data.DataContext.current(context):
            return data.from_arrow(
                [pyarrow.table({GROUP: pyarrow.array([one], pyarrow.binary())}) for one in asked]
            )


def _listen(results: Any, heard: "queue.SimpleQueue[Any]") -> None:
    """Hand on what workers say, and at last None, or the error that ended it."""
    try:
        # Nothing is fetched ahead: what is done is to be written.
        tables = results.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)
        for table in tables:
            for news in table[NEWS]:
                first, *rest = (said(line.encode()) for line in json.loads(news.as_py()))
                heard.put(first if isinstance(first, BacklitError) else (first, rest))
        heard.put(None)
    except BaseException as error:  # noqa: BLE001  raised by whoever hears it
        heard.put(error)


def _next(heard: "queue.SimpleQueue[Any]") -> Any:
    while True:
        current().check()
        with suppress(queue.Empty):
            return heard.get(timeout=POLL_SECONDS)


def _explained(error: BaseException) -> BacklitError:
    """What people should see of an error that Ray raised."""
    told = str(error)
    if "No module named 'backlit" in told:
        return MissingPackageError(
            "The cluster's machines don't have Backlit.",
            f"Run on each: pip install 'backlit[ray]=={version('backlit')}'",
        )
    log.error("Ray ended the work", exc_info=error)
    last = [line.strip() for line in told.splitlines() if line.strip()][-1:]
    return CapabilityError(
        f"Ray could not go on: {' '.join(last) or type(error).__name__}.",
        "What was done is kept. Run the same again to go on.",
    )
