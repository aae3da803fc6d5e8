"""Many contexts as one tree, so that what any of them share is run once.

Contexts and their answers are the paths of a tree of tokens. Its nodes, in depth-first order,
are cut into batches; a batch is one row whose attention mask lets every token see its
ancestors alone. Those that were run before are read from the key-value cache of the path to
the batch's first token, which in that order is all that is ever needed. There is no padding.

A token may also have earlier places of its own path hidden from it: that is how a segment is
knocked out of attention.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from backlit.types import Span

BATCH_TOKENS = 384  # longer batches waste attention on other branches
BATCH_LOGITS = 256  # positions: a large vocabulary needs a megabyte for each


@dataclass(frozen=True, slots=True)
class AnsweredContext:
    """A context and one answer to it; from `hidden[1]` on, places `hidden` are not seen."""

    index: int
    context: Sequence[int]
    answer: Sequence[int]
    offset: int  # of the answer's first log-probability in its context's array
    hidden: Span | None = None


@dataclass(slots=True)
class Batch:
    """Neighbouring nodes `[start, stop)` in depth-first order.

    Attributes:
        path: nodes before `start` that are ancestors of `start`, by depth.
        predictions: `(position in the batch, next id, context's index, place in its array)`.
    """

    start: int
    stop: int
    path: list[int]
    predictions: list[tuple[int, int, int, int]]


@dataclass(slots=True)
class PrefixTree:
    """A tree of tokens: its nodes in depth-first order, as parallel lists.

    Attributes:
        ids: of each node's token.
        parents: -1 where a context begins.
        depths: how many nodes are above.
        hidden: places of the path that a node does not see.
        predictions: `(next id, context's index, place in its array)` for each next id whose
            log-probability is asked for.
    """

    ids: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    hidden: list[Span | None] = field(default_factory=list)
    predictions: list[list[tuple[int, int, int]]] = field(default_factory=list)

    @classmethod
    def of(cls, contexts: Sequence[AnsweredContext]) -> "PrefixTree":
        """Children keep the order of their contexts, so the first context comes first."""
        children: list[dict[tuple[int, Span | None], int]] = [{}]
        predictions: list[list[tuple[int, int, int]]] = [[]]
        for row in contexts:
            node = 0  # the root is no token
            path = [*row.context, *row.answer[:-1]]
            for depth, token_id in enumerate(path):
                hidden = row.hidden if row.hidden and depth >= row.hidden[1] else None
                key = (token_id, hidden)
                if key not in children[node]:
                    children[node][key] = len(children)
                    children.append({})
                    predictions.append([])
                node = children[node][key]
                place = depth - len(row.context) + 1
                if place >= 0:
                    predictions[node].append((row.answer[place], row.index, row.offset + place))
        tree = cls()
        stack = [(node, -1, 0, *key) for key, node in reversed(children[0].items())]
        while stack:
            node, parent, depth, token_id, hidden = stack.pop()
            here = len(tree.ids)
            tree.ids.append(token_id)
            tree.parents.append(parent)
            tree.depths.append(depth)
            tree.hidden.append(hidden)
            tree.predictions.append(predictions[node])
            stack += [(n, here, depth + 1, *key) for key, n in reversed(children[node].items())]
        return tree

    def batches(self) -> Iterator[Batch]:
        """The nodes in batches of bounded size."""
        start = logits = 0
        for node in range(len(self.ids) + 1):
            full = node - start >= BATCH_TOKENS or logits >= BATCH_LOGITS
            if node == len(self.ids) or full:
                predictions = [
                    (n - start, *prediction)
                    for n in range(start, node)
                    for prediction in self.predictions[n]
                ]
                yield Batch(start, node, self._path(start), predictions)
                start, logits = node, 0
            if node < len(self.ids):
                logits += bool(self.predictions[node])

    def seen(self, batch: Batch) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
        """What each token of a batch sees, and how far back it is.

        Returns:
            `(batch, path + batch)` visibility, and distances in places of the path.
        """
        size, before = batch.stop - batch.start, len(batch.path)
        visible = np.zeros((size, before + size), dtype=bool)
        for row, node in enumerate(range(batch.start, batch.stop)):
            parent = self.parents[node]
            if parent >= batch.start:
                visible[row] = visible[parent - batch.start]
            else:  # the parent, if any, is on the path
                visible[row, : self.depths[node]] = True
            visible[row, before + row] = True
        depths = np.array(self.depths[batch.start : batch.stop])  # (batch,)
        key_depths = np.concatenate([np.arange(before), depths])  # (path + batch,)
        for row, hidden in enumerate(self.hidden[batch.start : batch.stop]):
            if hidden is not None:
                visible[row] &= (key_depths < hidden[0]) | (key_depths >= hidden[1])
        return visible, depths[:, None] - key_depths[None]

    def _path(self, node: int) -> list[int]:
        path: list[int] = []
        if node < len(self.ids):
            node = self.parents[node]
            while node >= 0:
                path.append(node)
                node = self.parents[node]
        return path[::-1]
