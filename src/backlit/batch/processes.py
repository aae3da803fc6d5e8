"""Workers in processes of their own on this machine, one for each device."""

import os
import queue
import subprocess
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from backlit.batch.child import BEGIN
from backlit.batch.job import Job
from backlit.batch.messages import asking, said
from backlit.batch.task import Group
from backlit.batch.worker import STARTS, TRIES, ModelSpec, Outcome, lost
from backlit.errors import BacklitError, CapabilityError, OptionsError
from backlit.progress import current
from backlit.sources import shown

IN_HAND = 2  # groups of a worker: the one that runs, and the next
POLL_SECONDS = 0.2  # between two looks whether the work should stop


@dataclass(eq=False, slots=True)
class _Child:
    """A worker's process, and the groups that it was given and has not answered."""

    process: "subprocess.Popen[bytes]"
    number: int
    ready: bool = False
    groups: deque[Group] = field(default_factory=deque)

    def send(self, line: bytes) -> None:
        """Hand something over; one that is dead is found to be by its silence."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(line)
            self.process.stdin.flush()


class Processes:
    """A worker for each device.

    Args:
        spec: how each loads its model.
        job: what is done with every row.
        devices: of each worker; None is left to the model.
    """

    def __init__(self, spec: ModelSpec, job: Job, devices: Sequence[str | None]) -> None:
        self._spec = spec
        self._job = job
        self._devices = devices
        self.source = shown(spec.source)
        self._events: queue.Queue[tuple[_Child, Any]] = queue.Queue()
        self._children: set[_Child] = set()
        self._waiting: deque[Group] = deque()  # given back by workers that died
        self._tries: Counter[tuple[str, int]] = Counter()
        self._starts = 0

    def __call__(
        self, groups: Iterator[Group], ready: Callable[[Mapping[str, str]], None]
    ) -> Generator[Outcome, None, None]:
        """See `Runner`."""
        try:
            first = next(groups, None)
            if first is None:
                return
            self._waiting.append(first)
            for number in range(len(self._devices)):
                self._start(number)
            yield from self._outcomes(groups, ready)
        finally:
            for child in list(self._children):
                self._end(child)

    def _outcomes(
        self, groups: Iterator[Group], ready: Callable[[Mapping[str, str]], None]
    ) -> Iterator[Outcome]:
        over = False
        while not (over and not self._waiting and not any(c.groups for c in self._children)):
            child, news = self._next()
            if isinstance(news, BacklitError):
                raise news
            if news is None:
                yield from self._died(child)
            elif isinstance(news, Outcome):
                child.groups.popleft()
                yield news
            else:
                ready(news)
                child.ready = True
                self._starts = 0
            for one in self._children:
                while one.ready and len(one.groups) < IN_HAND:
                    group = self._waiting.popleft() if self._waiting else next(groups, None)
                    if group is None:
                        over = True
                        break
                    one.groups.append(group)
                    one.send(group.to_json() + b"\n")

    def _next(self) -> tuple[_Child, Any]:
        """What a worker says next; None once it is dead."""
        while True:
            current().check()
            with suppress(queue.Empty):
                child, news = self._events.get(timeout=POLL_SECONDS)
                if child in self._children:
                    return child, news

    # ---- workers -----------------------------------------------------------------------------

    def _start(self, number: int) -> None:
        spec, device = self._spec, self._devices[number]
        if device is not None:
            spec = replace(spec, options={**spec.options, "device": device})
        environment = {**os.environ, **_threads(len(self._devices))}
        process = subprocess.Popen(
            [sys.executable, "-c", "from backlit.batch.child import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # a Ctrl-C in a terminal is for us
        )
        child = _Child(process, number)
        self._children.add(child)
        threading.Thread(target=self._listen, args=(child,), daemon=True).start()
        child.send(asking(spec, self._job))

    def _listen(self, child: _Child) -> None:
        assert child.process.stdout is not None
        with suppress(ValueError, OSError):  # it died within a line, or was ended
            while child.process.stdout.readline() not in (BEGIN, b""):
                pass
            for line in child.process.stdout:
                self._events.put((child, said(line)))
        self._events.put((child, None))

    def _end(self, child: _Child) -> None:
        self._children.discard(child)
        child.process.kill()
        child.process.wait()
        for pipe in (child.process.stdin, child.process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _died(self, child: _Child) -> Iterator[Outcome]:
        """Start another worker in its place, and give what it had to whoever is free; what kills
        workers again and again is run row by row, and a single row that does has failed.
        """
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(POLL_SECONDS)
        self._end(child)
        code = child.process.returncode
        if not child.ready:
            self._starts += 1
            if self._starts >= STARTS:
                raise CapabilityError(
                    f"Workers end before their model is loaded ({_reason(code)}).",
                    "Their errors stand above, if they told any; with too little memory, use fewer "
                    "workers or a smaller model.",
                )
        self._waiting.extendleft(reversed(list(child.groups)[1:]))
        if child.groups:
            group = child.groups[0]
            key = group.tasks[0].run, len(group.tasks)
            self._tries[key] += 1
            if self._tries[key] < TRIES:
                self._waiting.appendleft(group)
            elif len(group.tasks) > 1:
                alone = [Group(group.number, (task,)) for task in group.tasks]
                self._waiting.extendleft(reversed(alone))
            else:
                yield lost(group, self._job, _reason(code))
        self._start(child.number)


def devices_of(workers: int | None, device: str | None) -> list[str | None]:
    """The device of each worker: those that are asked for, one for each GPU, or one worker.

    Raises:
        OptionsError: fewer than one.
    """
    if workers is not None and workers < 1:
        raise OptionsError(f"workers is {workers}.", "Use 1 or more.")
    count = 0
    if device in (None, "cuda") and Path("/dev/nvidiactl").exists():
        import torch  # slow to import, where nobody has a GPU

        count = torch.cuda.device_count()
    if count < 2:
        return [device] * (workers or 1)
    return [f"cuda:{number % count}" for number in range(workers or count)]


def _reason(code: int) -> str:
    if code == -9:
        return "killed by signal 9, as systems do when memory runs out"
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


def _threads(workers: int) -> dict[str, str]:
    """The variables by which workers share the processor's cores, rather than wait for them."""
    if workers == 1 or "OMP_NUM_THREADS" in os.environ:
        return {}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    share = str(max(1, (cores or 1) // workers))
    return {"OMP_NUM_THREADS": share, "OPENBLAS_NUM_THREADS": share, "MKL_NUM_THREADS": share}
