"""What was computed lately, by key: the oldest makes room. Safe from any thread."""

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

from cachetools import LRUCache

T = TypeVar("T")


class Recent(Generic[T]):
    """At most so many values, those that were asked for last."""

    def __init__(self, size: int) -> None:
        self._values: LRUCache[Hashable, T] = LRUCache(size)
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        """The value, or None if there is none."""
        with self._lock:
            return self._values.get(key)

    def keep(self, key: Hashable, value: T) -> None:
        """Remember it."""
        with self._lock:
            self._values[key] = value
