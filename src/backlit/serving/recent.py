"""What was computed lately, by key: the oldest makes room. Safe from any thread."""

import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

from cachetools import LRUCache

T = TypeVar("T")


class Recent(Generic[T]):
    """Values up to a size together, those that were asked for last.

    Args:
        size: of them all.
        size_of: one of them; left out, each counts as one.
    """

    def __init__(self, size: int, size_of: Callable[[T], float] | None = None) -> None:
        self._values: LRUCache[Hashable, T] = LRUCache(size, size_of)
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        """The value, or None if there is none."""
        with self._lock:
            return self._values.get(key)

    def keep(self, key: Hashable, value: T) -> None:
        """Remember it, unless it is larger than all may be together."""
        with self._lock, suppress(ValueError):
            self._values[key] = value
