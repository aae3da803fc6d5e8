"""What an evaluation found, as Markdown."""

from collections.abc import Iterator, Sequence

import numpy as np

from backlit.evaluation.ranking import CHANCE, TRACED, Evaluation, MethodRanking, Score
from backlit.explanation.interval import wilson

COLUMNS = (
    "granularity",
    "method",
    "cases",
    "plant first",
    "mean reciprocal rank",
    "both of a pair",
    "nats lost per token",
    "percentile of random orders",
    "passes",
    "seconds",
)


def table(evaluation: Evaluation) -> Iterator[str]:
    """The evaluation as lines of Markdown: all methods, then the kinds of prompts."""
    counted, dropped = evaluation.counted, evaluation.dropped
    total = counted.total() + dropped.total()
    yield f"**{evaluation.model}**: {counted.total()} of {total} prompts count. Methods of many"
    yield f"passes and what deletion costs were measured on {evaluation.measured} of them."
    yield ""
    yield from _rows(COLUMNS, [_row(ranking) for ranking in evaluation.rankings])
    yield ""
    yield from _by_kind(evaluation)


def _row(ranking: MethodRanking) -> list[str]:
    name = ranking.method if ranking.method == CHANCE else f"`{ranking.method}`"
    row = [ranking.granularity, name]
    scores = ranking.of()
    if not scores:
        why = next(iter(ranking.refused), "no case")
        return [*row, "0", why, *["-"] * (len(COLUMNS) - 4)]
    return [
        *row,
        "-" if ranking.method == CHANCE else str(len(scores)),
        _share(*ranking.firsts(), surely=ranking.method != CHANCE),
        f"{ranking.reciprocal_rank:.2f}",
        _both(scores),
        _mean([s.lost_per_token for s in scores], "{:.2f}"),
        _mean([s.percentile for s in scores], "{:.0f}"),
        _median([s.passes for s in scores], "{:.0f}"),
        _median([s.seconds for s in scores], "{:.1f}"),
    ]


def _by_kind(evaluation: Evaluation) -> Iterator[str]:
    """How often the plant came first in each kind, by the methods that were run on all cases."""
    whole = [
        row
        for row in evaluation.rankings
        if row.method != CHANCE and len(row.scores) == evaluation.counted.total()
    ]
    kinds = sorted(evaluation.counted.keys() | evaluation.dropped.keys())
    heads = [f"`{row.method}`" + _where(row, evaluation) for row in whole]
    rows = []
    for kind in kinds:
        looked = evaluation.counted[kind] + evaluation.dropped[kind]
        cells = [_of(row, kind) for row in whole]
        rows.append([kind, f"{evaluation.counted[kind]} of {looked}", *cells])
    yield from _rows(["kind", "count", *heads], rows)
    if evaluation.traced.scores:
        right, of = evaluation.traced.firsts(TRACED)
        yield ""
        yield f"`{evaluation.traced.method}` carried on through the note: plant first in"
        yield f"{_share(right, of)} of {of} `{TRACED}` prompts."


def _where(row: MethodRanking, evaluation: Evaluation) -> str:
    several = len({one.granularity for one in evaluation.rankings}) > 1
    return f" by {row.granularity}" if several else ""


def _of(row: MethodRanking, kind: str) -> str:
    right, of = row.firsts(kind)
    return f"{right} of {of}" if of else "-"


def _share(right: int, of: int, *, surely: bool = True) -> str:
    """A share, with Wilson's 95% interval."""
    low, high = wilson(right, of)
    return f"{right / of:.0%}" + (f" ({low:.0%}-{high:.0%})" if surely else "")


def _both(scores: Sequence[Score]) -> str:
    pairs = [s.both for s in scores if s.both is not None]
    return f"{np.mean(pairs):.0%} of {len(pairs)}" if pairs else "-"


def _mean(values: Sequence[float | None], form: str) -> str:
    known = [value for value in values if value is not None]
    return form.format(np.mean(known)) if known else "-"


def _median(values: Sequence[float], form: str) -> str:
    return form.format(np.median(values)) if any(values) else "-"


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
