"""Child processes that never outlive the work they are for."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def child(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    stdout: int | IO[bytes],
    stderr: IO[bytes],
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process running in `folder`; killed when the block is left by an exception.

    Its standard input is a pipe that closes when this process dies, so that a child that
    watches it can end too.
    """
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=stdout, stderr=stderr
    ) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise
