"""A progress bar for whoever waits in a terminal or a notebook."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from backlit.display.screen import in_notebook
from backlit.errors import OptionsError
from backlit.progress import (
    SILENT,
    Callback,
    Phase,
    Progress,
    Quiet,
    Update,
    current,
    following,
)

PHASES: dict[Phase, str] = {
    "start": "Starting",
    "wait": "Waiting for others",
    "check": "Checking",
    "download": "Downloading",
    "unpack": "Unpacking",
    "convert": "Converting",
    "save": "Saving",
    "load": "Loading",
    "compile": "Compiling, once per length",
    "run": "Running",
    "generate": "Generating",
    "explain": "Explaining",
    "check map": "Checking the map",
    "compare": "Comparing",
    "prove": "Taking parts away",
    "trace": "Following the answer back",
    "evaluate": "Evaluating",
}
PATIENCE = 1.0  # seconds: what ends sooner shows no bar

ProgressLike = Progress | Callable[..., None] | bool | None
"""None: a bar if it takes long, or whoever follows already; True: a bar; False: none; or a
`Progress`, or a function `(phase, done, total, scores)` that may raise `Cancelled`."""


class Bar(Progress):
    """Shows each phase as a bar of tqdm: on a terminal's standard error, or in a notebook."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._phase: Phase | None = None
        self._bar: Any = None

    def report(self, update: Update) -> None:
        if update.phase != self._phase or self._bar.total != update.total:
            self.close()
            self._phase = update.phase
            self._bar = _bar(update, self._patience)
        self._bar.update(update.done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = self._phase = None


@contextmanager
def followed(progress: ProgressLike = None, patience: float = PATIENCE) -> Iterator[Progress]:
    """Make what a person gave as `progress` the current one, as a `Progress`."""
    around = current()
    if progress is None and around is not SILENT:
        yield around
    elif progress is None or progress is True:
        bar = Bar(patience)
        try:
            with following(bar):
                yield bar
        finally:
            bar.close()
    else:
        follower = _as_progress(progress, around)
        with following(follower):
            yield follower


def _as_progress(progress: Progress | Callable[..., None] | bool, around: Progress) -> Progress:
    if isinstance(progress, bool):
        return Quiet(around)
    if isinstance(progress, Progress):
        return progress
    if not callable(progress):
        raise OptionsError(
            f"progress can't be of type {type(progress).__name__}.",
            "Give True, False, or a function (phase, done, total, scores).",
        )
    return Callback(progress)


def _bar(update: Update, delay: float) -> Any:
    options: dict[str, Any] = {
        "desc": PHASES[update.phase],
        "initial": update.done,
        "total": update.total,
        "delay": delay,
        "leave": False,
    }
    if update.phase == "download":
        options |= {"unit": "B", "unit_scale": True}
    if in_notebook() and "ipywidgets" in sys.modules:
        from tqdm.notebook import tqdm as notebook_tqdm

        return notebook_tqdm(**options)
    from tqdm import tqdm

    return tqdm(**options, disable=False if in_notebook() else None)
