"""The tree of contexts: every path is there, shared beginnings once, and masks see ancestors."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.engines.huggingface import prefix_tree
from backlit.engines.huggingface.prefix_tree import AnsweredContext, PrefixTree
from backlit.types import Span

IDS = st.lists(st.integers(0, 3), min_size=1, max_size=8)


def path_of(tree: PrefixTree, node: int) -> list[int]:
    path: list[int] = []
    while node >= 0:
        path.append(node)
        node = tree.parents[node]
    return path[::-1]


@settings(max_examples=100, deadline=None)
@given(
    contexts=st.lists(IDS, min_size=1, max_size=8), answers=st.lists(IDS, min_size=1, max_size=2)
)
def test_every_row_is_a_path_and_every_beginning_once(
    contexts: list[list[int]], answers: list[list[int]]
) -> None:
    rows, offset = [], 0
    for answer in answers:
        rows += [AnsweredContext(i, context, answer, offset) for i, context in enumerate(contexts)]
        offset += len(answer)
    tree = PrefixTree.of(rows)
    beginnings = {
        tuple([*r.context, *r.answer[:-1]][:n])
        for r in rows
        for n in range(1, len(r.context) + len(r.answer))
    }
    assert len(tree.ids) == len(beginnings)
    predicted = {}
    for node, asked in enumerate(tree.predictions):
        ids = [tree.ids[n] for n in path_of(tree, node)]
        assert tree.depths[node] == len(ids) - 1
        for next_id, index, place in asked:
            predicted[index, place] = (ids, next_id)
    for row in rows:
        for i, token_id in enumerate(row.answer):
            before = [*row.context, *row.answer[:i]]
            assert predicted[row.index, row.offset + i] == (before, token_id)


@settings(max_examples=60, deadline=None)
@given(
    contexts=st.lists(IDS, min_size=1, max_size=8),
    hidden=st.none() | st.tuples(st.integers(0, 3), st.integers(3, 6)),
    size=st.integers(1, 9),
)
def test_batches_see_ancestors_alone(
    contexts: list[list[int]], hidden: Span | None, size: int
) -> None:
    tree = PrefixTree.of([AnsweredContext(i, c, [0], 0, hidden) for i, c in enumerate(contexts)])
    old, prefix_tree.BATCH_TOKENS = prefix_tree.BATCH_TOKENS, size
    try:
        batches = list(tree.batches())
    finally:
        prefix_tree.BATCH_TOKENS = old
    held: list[int] = []
    seen_nodes = 0
    for batch in batches:
        assert batch.start == seen_nodes
        assert set(batch.path) <= set(held), "a cache without what is needed"
        visible, distance = tree.seen(batch)
        keys = [*batch.path, *range(batch.start, batch.stop)]
        for row, node in enumerate(range(batch.start, batch.stop)):
            path = path_of(tree, node)
            blind = hidden is not None and tree.depths[node] >= hidden[1]
            expected = {
                n
                for n in path
                if not (blind and hidden and hidden[0] <= tree.depths[n] < hidden[1])
            }
            assert {k for k, v in zip(keys, visible[row], strict=True) if v} == expected
            np.testing.assert_array_equal(
                distance[row], [tree.depths[node] - tree.depths[k] for k in keys]
            )
        held = keys
        seen_nodes = batch.stop
    assert seen_nodes == len(tree.ids)


def test_a_batch_holds_few_logits_of_a_large_vocabulary() -> None:
    tree = PrefixTree.of([AnsweredContext(0, [1], [2] * 600, 0)])
    assert all(len(batch.predictions) <= prefix_tree.BATCH_LOGITS for batch in tree.batches())
