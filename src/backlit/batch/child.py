"""A worker in a process of its own: run by `processes`.

    python -c "from backlit.batch.child import main; main()"

Reads lines from its standard input: what to do, then groups. Writes lines to its standard output:
that it begins; what is known of the model, or why it can't be had; then what came of each group, or
what ends the work. It ends when its standard input closes, which it does when the process that
started it dies.
"""

import ctypes
import os
import queue
import signal
import sys
import threading
import traceback
from contextlib import suppress
from typing import IO

PR_SET_PDEATHSIG = 1  # prctl(2)
BEGIN = b"backlit.batch\n"  # of answers; what Python's own start printed comes before


def main() -> None:
    """Load the model and run what comes, until there is no more."""
    _end_with_parent()
    # Libraries print; from here on only we may write where answers are read.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    answers.write(BEGIN)
    heard: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, heard), daemon=True).start()
    _serve(heard, answers)


def _listen(questions: IO[bytes], heard: "queue.Queue[bytes]") -> None:
    """Hand on what comes; end the process with whoever asks."""
    for line in questions:
        heard.put(line)
    os._exit(0)


def _serve(heard: "queue.Queue[bytes]", answers: IO[bytes]) -> None:
    from backlit.batch.messages import Said, asked, saying
    from backlit.batch.task import Group
    from backlit.batch.worker import Worker
    from backlit.errors import BacklitError, out_of_memory

    def tell(news: Said) -> None:
        answers.write(saying(news))
        answers.flush()

    try:
        spec, job = asked(heard.get())
        worker = Worker(spec.load(), job)
        tell(worker.facts)
        while True:
            tell(worker(Group.from_json(heard.get())))
    except Exception as error:  # noqa: BLE001  told, or printed
        known = error if isinstance(error, BacklitError) else out_of_memory(error)
        if known is None:
            traceback.print_exc()
            os._exit(1)
        tell(known)
        os._exit(1)  # past the thread that listens


def _end_with_parent() -> None:
    """On Linux, also while something holds the interpreter, so that nobody listens."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
