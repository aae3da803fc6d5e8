"""Coverage, kept away from threads that are stopped from outside.

Such a stop may hit coverage's own code while it holds its lock; every thread that is traced would
then wait for it for ever.
"""

import sys
import threading


class UntracedThread(threading.Thread):
    """A thread that nobody measures."""

    def run(self) -> None:
        sys.settrace(None)
        super().run()
