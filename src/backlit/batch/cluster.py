"""A Ray cluster: the connection to it, and how much of it there is for workers."""

import importlib
import logging
import os
import re
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from backlit.errors import MissingPackageError, OfflineError, OptionsError

CONNECT_SECONDS = 5.0
STOP_SECONDS = 5.0  # for Ray to let go

_SILENCE = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
_HOST = re.compile(r"(ray://)?(?P<host>[^/]+):(?P<port>\d+)")


def installed() -> Any:
    """Ray, with all that Ray Data needs.

    Raises:
        MissingPackageError: it is not installed.
    """
    with unwarned():
        try:
            importlib.import_module("ray.data")
            return importlib.import_module("ray")
        except ImportError as error:
            raise MissingPackageError(
                "Work on a cluster needs Ray, which is not installed.",
                "Run: pip install 'backlit[ray]'",
            ) from error


@contextmanager
def connected(ray: Any, address: str | None) -> Iterator[bool]:
    """A connection to the cluster, and whether it is made here: then it is closed in the end, and
    with it end the workers, and a cluster that was started.

    Raises:
        OfflineError: nothing answers there.
    """
    if ray.is_initialized():
        yield False
        return
    named = address or os.environ.get("RAY_ADDRESS", "")
    try:
        if found := _HOST.fullmatch(named):  # which Ray itself looks for for a minute
            socket.create_connection((found["host"], int(found["port"])), CONNECT_SECONDS).close()
        with unwarned(), _mute():  # it tells that it was told to be quiet
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
    except Exception as error:  # Ray raises nothing more precise where a node does not start
        if not named:
            raise OfflineError(
                f"Ray can't be started: {str(error).rstrip('.')}.",
                "Correct that, or do it without Ray.",
            ) from error
        raise OfflineError(
            f"There is no Ray cluster at {named}.",
            "Start one (ray start --head), or leave the address out for this machine alone.",
        ) from error
    try:
        yield True
    finally:
        ray.shutdown()


def disconnect(ray: Any, listener: threading.Thread) -> None:
    """End the connection while a thread still waits for results."""
    hook: Any = importlib.import_module("ray._private.auto_init_hook")
    connects = getattr(hook, "enable_auto_connect", True)
    hook.enable_auto_connect = False  # or that thread would start another cluster
    ray.shutdown()
    listener.join(STOP_SECONDS)
    if not listener.is_alive():
        hook.enable_auto_connect = connects


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Ray from telling of itself while we work: bars, hints, and statistics that it sends."""
    with ExitStack() as stack:
        for name, value in _SILENCE.items():
            if name not in os.environ:
                os.environ[name] = value
                stack.callback(os.environ.pop, name, None)
        for logger in map(logging.getLogger, ("ray", "ray.data")):
            stack.callback(logger.setLevel, logger.level)
            logger.setLevel(logging.CRITICAL)
        yield


@contextmanager
def unwarned() -> Iterator[None]:
    """Leave out warnings of what Ray's own modules do with each other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _mute() -> Iterator[None]:
    """Leave out what native code says on standard error."""
    known = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(known, 2)
        os.close(known)
        os.close(nowhere)


def pool(ray: Any, workers: int | None, gpus: float | None, device: str | None) -> dict[str, Any]:
    """How many workers there are, and what each has.

    Raises:
        OptionsError: the cluster has no room for them.
    """
    nodes = [one["Resources"] for one in ray.nodes() if one["Alive"]]
    nodes = [one for one in nodes if one.get("CPU", 0) >= 1]
    if gpus is None:
        on_gpu = device in (None, "cuda")
        gpus = 1 if on_gpu and any(one.get("GPU") for one in nodes) else 0
    room = [
        min(int(one["CPU"]), int(one.get("GPU", 0) / gpus)) if gpus else int(one["CPU"])
        for one in nodes
    ]
    workers = workers or (sum(room) if gpus else len(room)) or 1
    if workers > sum(room):
        needs = f"one CPU and {gpus:g} of a GPU" if gpus else "one CPU"
        raise OptionsError(
            f"The cluster has room for {sum(room)} workers that each need {needs}, not for "
            f"{workers}.",
            "Use fewer workers or a smaller share of a GPU, or start more nodes first.",
        )
    # Ray gives a worker as many threads as CPUs: without GPUs, all there are.
    cpus = 1
    if not gpus:
        cpus = next(
            each for each in range(max(room), 0, -1) if sum(one // each for one in room) >= workers
        )
    strategy = importlib.import_module("ray.data").ActorPoolStrategy
    # One group at a time, so that one alone is begun when a worker dies.
    compute = strategy(size=workers, max_tasks_in_flight_per_actor=1)
    return {"compute": compute, "num_cpus": cpus, "num_gpus": gpus}
