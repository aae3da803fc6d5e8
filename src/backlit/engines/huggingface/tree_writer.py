"""Writing many responses side by side with a transformers model.

Prompts are run as one tree, so what they begin with alike is run once; then each step runs one
token of every response that is not done, all in one row, whose mask lets each see its own prompt
and response alone.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import DynamicCache

from backlit.engines.base import FloatArray, GenerationStep
from backlit.engines.batches import alike
from backlit.engines.huggingface.model import CausalModel
from backlit.engines.huggingface.prefix_tree import AnsweredContext, PrefixTree
from backlit.engines.writing import Draft

MAX_NODES = 4_096  # of one tree: what each sees of it is a matrix
MAX_DRAFTS = 16  # at once; more take hardly less time, and the first of them come later

Flags = npt.NDArray[np.bool_]


def write_together(
    model: CausalModel, drafts: Sequence[Draft]
) -> Iterator[tuple[int, GenerationStep]]:
    """What each draft says, with its index; of a model whose cache may be read through a mask."""
    return _Grove(model, drafts).write()


def groups(prompts: Sequence[Sequence[int]], written: Sequence[int]) -> Iterator[list[int]]:
    """Which prompts to answer at once, in order: so many that their tree stays small.

    Args:
        prompts: ids of each.
        written: how many tokens each answer may have.
    """
    group: list[int] = []
    size = 0
    for index, ids in enumerate(prompts):
        new = len(ids) - (alike(prompts[group[-1]], ids) if group else 0)
        if group and (len(group) == MAX_DRAFTS or size + new + written[index] > MAX_NODES):
            yield group
            group, size, new = [], 0, len(ids)
        group.append(index)
        size += new + written[index]
    if group:
        yield group


class _Grove:
    """Drafts on one cache.

    Args:
        model: which writes.
        drafts: what is written.
    """

    def __init__(self, model: CausalModel, drafts: Sequence[Draft]) -> None:
        self._model = model
        self._drafts = drafts
        self._cache: Any = DynamicCache()
        self._depths = np.zeros(0, dtype=np.int64)  # of each place in the cache: (cached,)

    def write(self) -> Iterator[tuple[int, GenerationStep]]:
        logits, seen = self._read()
        active = list(range(len(self._drafts)))
        while True:
            going = []
            for i, row in zip(active, logits, strict=True):
                step = self._drafts[i].write(row)
                if step.tokens or step.finish_reason:
                    yield i, step
                if not step.finish_reason:
                    going.append(i)
            if not going:
                return
            kept = [active.index(i) for i in going]
            active, seen = going, seen[kept]
            # each sees what it saw, and itself
            seen = np.concatenate([seen, np.eye(len(active), dtype=bool)], axis=1)
            ids = [self._drafts[i].last for i in active]
            depths = seen.sum(axis=1) - 1
            logits = self._run(ids, depths, seen, list(range(len(active))))

    def _read(self) -> tuple[FloatArray, Flags]:
        """Run the prompts: logits behind each `(drafts, vocab)`, and what it sees `(drafts, n)`."""
        rows = [
            AnsweredContext(i, draft.prompt.input_ids, (0,), 0)  # an answer, to find the place
            for i, draft in enumerate(self._drafts)
        ]
        tree = PrefixTree.of(rows)
        count = len(tree.ids)
        visible = np.zeros((count, count), dtype=bool)  # (node, node)
        for node, parent in enumerate(tree.parents):
            if parent >= 0:
                visible[node] = visible[parent]
            visible[node, node] = True
        depths = np.array(tree.depths)  # (nodes,)
        logits: dict[int, FloatArray] = {}
        seen = np.zeros((len(self._drafts), count), dtype=bool)
        for batch in tree.batches():
            part = slice(batch.start, batch.stop)
            places = sorted({place for place, *_ in batch.predictions})
            behind = self._run(
                tree.ids[part], depths[part], visible[part, : batch.stop], places or [0]
            )
            for place, _, index, _ in batch.predictions:
                logits[index] = behind[places.index(place)]
                seen[index] = visible[batch.start + place]
        return np.stack([logits[i] for i in range(len(self._drafts))]), seen

    @torch.inference_mode()
    def _run(
        self, ids: Sequence[int], depths: npt.NDArray[np.int64], seen: Flags, places: list[int]
    ) -> FloatArray:
        """Run tokens `(new,)` that see `(new, cached + new)`: logits `(places, vocab)`."""
        model = self._model
        self._depths = np.concatenate([self._depths, depths])
        distance = depths[:, None] - self._depths  # (new, cached + new)
        logits = model.logits(
            torch.tensor(places, device=model.device),
            input_ids=model.tensor([list(ids)]),
            attention_mask=model.additive_masks(
                torch.from_numpy(seen)[None], torch.from_numpy(distance)[None]
            ),
            position_ids=model.tensor([depths.tolist()]),
            past_key_values=self._cache,
            use_cache=True,
        )[0]
        found: FloatArray = logits.cpu().numpy()
        return found
