"""A worker in a process of its own: run by `processes`.

    python -c "from backlit.batch.child import main; main()"

Reads pickles from its standard input: a `(ModelSpec, Job)`, then groups in JSON. Writes a line to
its standard output, and then pickles: the model's metadata, or the error why it can't be had; then,
for each group, an `Outcome`, or the error that ends the work. It ends when its standard input
closes, which it does when the process that started it dies.
"""

import ctypes
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from contextlib import suppress
from typing import IO, Any

PR_SET_PDEATHSIG = 1  # prctl(2)
BEGIN = b"backlit.batch\n"  # of answers; what Python's own start printed comes before


def main() -> None:
    """Load the model and run what comes, until there is no more."""
    _end_with_parent()
    # Libraries print; from here on only we may write where answers are read.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    answers.write(BEGIN)
    asked: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, asked), daemon=True).start()
    _serve(asked, answers)


def _listen(questions: IO[bytes], asked: "queue.Queue[Any]") -> None:
    """Hand on what comes; end the process with whoever asks."""
    try:
        while True:
            asked.put(pickle.load(questions))  # noqa: S301  of our own parent
    except (EOFError, pickle.UnpicklingError):
        os._exit(0)


def _serve(asked: "queue.Queue[Any]", answers: IO[bytes]) -> None:
    from backlit.batch.task import Group
    from backlit.batch.worker import Worker
    from backlit.errors import BacklitError, out_of_memory

    def tell(answer: object) -> None:
        pickle.dump(answer, answers)
        answers.flush()

    spec, job = asked.get()
    try:
        worker = Worker(spec.load(), job)
        tell(worker.facts)
        while True:
            tell(worker(Group.from_json(asked.get())))
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
