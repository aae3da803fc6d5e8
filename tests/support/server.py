"""`backlit serve` as a process of its own, as a person starts it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

SECONDS = 60


@dataclass(frozen=True)
class Served:
    """A server that is ready.

    Attributes:
        url: without what lets in.
        link: as it was printed.
        log: what it wrote to standard error, so far.
    """

    url: str
    link: str
    process: "subprocess.Popen[str]"
    log: Path

    @contextmanager
    def entered(self) -> Iterator[httpx2.Client]:
        """A client that came by the link."""
        with httpx2.Client(base_url=self.url, timeout=SECONDS) as client:
            assert client.get(self.link).status_code == 200
            yield client


@contextmanager
def serving(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    log: Path = Path(os.devnull),
    browser: bool = False,
) -> Iterator[Served]:
    """Start a server, wait until it is ready, and stop it. It has no workspace but one of the
    arguments.
    """
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [
                *(sys.executable, "-u", "-m", "backlit", "serve", *arguments),
                *([] if browser else ["--no-browser"]),
                *([] if {"--workspace", "--read-only"} & {*arguments} else ["--no-workspace"]),
            ],
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **(environment or {})},
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, "it ended before it was ready"
            link = line.split()[-1]
            yield Served(link.partition("/?")[0], link, process, log)
        finally:
            process.terminate()
            process.wait(timeout=SECONDS)
