"""A batch's tables to what holds on average over its rows."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backlit.batch.averages.averaged import averaged
from backlit.batch.averages.effect import Effect, Measured, VariantSummary
from backlit.batch.averages.resampling import bootstrap
from backlit.batch.averages.scored import scored
from backlit.batch.averages.summary import Summary
from backlit.batch.averages.wanted import Wanted, parts_of
from backlit.batch.averages.words import notes
from backlit.batch.job import Job
from backlit.display.figure import count_of
from backlit.display.speech import say
from backlit.errors import DataError, UnknownNameError
from backlit.explaining.asked import Asked
from backlit.explaining.templates import lines_of
from backlit.explanation import Explanation
from backlit.explanation.interval import Estimate, newcombe, share_of
from backlit.methods import methods
from backlit.types import Granularity, Quantity, Verdict


def summarize(
    job: Job,
    manifest: Mapping[str, Any],
    runs: pa.Table,
    scores: pa.Table,
    read: Callable[[str], Explanation],
    wanted: Wanted,
) -> Summary:
    """What holds on average.

    Args:
        job: what was done with every row.
        manifest: of the batch.
        runs: its table of runs.
        scores: its table of scores.
        read: a run by its name.
        wanted: what is to be told.

    Raises:
        DataError: there is no map.
        UnknownNameError: no such method, granularity or section.
        PatternError: the pattern took too long.
    """
    of, maps, model = _measured(runs, scores, read, wanted)
    asked = Asked(job.options, find=wanted.find)
    names: list[str | None] = [one.name for one in job.variants] or [None]
    tables = [_of_variant(runs, name) for name in names]
    by_line = wanted.parts != "role"
    found = []
    for number, table in enumerate(tables):
        ids = dict(zip(table["run"].to_pylist(), table["row"].to_pylist(), strict=True))
        texts = None
        if job.variants:
            lines = lines_of(job.variants[number].template)
            texts = {(one.message, one.number): one.text for one in lines}
        found.append(scored(maps, ids, texts, by_line=by_line))
    effects = averaged(of, found, parts_of(job, found, wanted), job, wanted.seed)
    answers = [_answers(table, asked) for table in tables]
    variants = tuple(
        _variant(
            of,
            names[number],
            tables[number],
            effects[number],
            len(found[number].rows),
            (answers[0], answers[number]),
            wanted.seed,
        )
        for number in range(len(names))
    )
    told = notes(of, variants, wanted.parts, answers=any(one.left_out for one in found))
    return Summary(
        model,
        manifest["data"].get("name", ""),
        of,
        wanted.parts,
        variants,
        asked.found,
        tuple(told),
    )


def _measured(
    runs: pa.Table, scores: pa.Table, read: Callable[[str], Explanation], wanted: Wanted
) -> tuple[Measured, pa.Table, str]:
    """Which maps are meant, their scores, and the model that answered."""
    if scores.num_rows == 0:
        states = Counter(runs["status"].to_pylist())
        raise DataError(
            f"There is no map in this batch: of {count_of(runs.num_rows, 'run')}, "
            f"{states['failed']} failed, and {states['unmatched']} have nothing of what was to be "
            "explained.",
            "Look at the errors and answers in runs.parquet.",
        )
    columns = {name: scores[name].cast(pa.string()) for name in ("method", "granularity")}
    for name in ("method", "granularity"):
        asked, known = getattr(wanted, name), pc.unique(columns[name]).to_pylist()
        if asked is not None and asked not in known:
            raise UnknownNameError(
                f"There is no map of this batch by the {name} {asked!r}.",
                f"Use one of {', '.join(known)}.",
            )
    method = wanted.method or columns["method"][0].as_py()
    of_method = pc.equal(columns["method"], method)
    cut = wanted.granularity or columns["granularity"].filter(of_method)[0].as_py()
    maps = scores.filter(pc.and_(of_method, pc.equal(columns["granularity"], cut)))
    measure: Quantity = maps["measure"][0].as_py()
    explanation = read(maps["run"][0].as_py())
    signed = next(one.signed for one in explanation if one.method == method)
    facts = methods().get(method)  # of a plug-in that is not here, nothing is known
    unit = say("percentage points") if measure == "share" else ""
    unit = unit or (say(facts.facts.unit) if facts else say("score"))
    # of several segments, the sum is not what all of them cost together
    alone = (cut, wanted.parts) == ("line", "line")
    lost = method == "occlusion" and measure == "log_prob" and alone
    return (
        Measured(method, cast(Granularity, cut), measure, unit, signed, lost),
        maps,
        explanation.generation.model,
    )


def _of_variant(runs: pa.Table, name: str | None) -> pa.Table:
    return runs if name is None else runs.filter(pc.equal(runs["variant"].cast(pa.string()), name))


# ---- answers ---------------------------------------------------------------------------------


def _answers(table: pa.Table, asked: Asked) -> dict[str, bool]:
    """Of each row that was answered, whether what is looked for is in it."""
    if asked.find is None:
        return {}
    columns = (table[name].to_pylist() for name in ("row", "answer"))
    return {
        row: bool(asked.finds(answer))
        for row, answer in zip(*columns, strict=True)
        if answer is not None
    }


def _variant(
    of: Measured,
    name: str | None,
    table: pa.Table,
    effects: tuple[Effect, ...],
    mapped: int,
    answers: tuple[dict[str, bool], dict[str, bool]],
    seed: int,
) -> VariantSummary:
    """All that is told of a variant; `answers` are the first variant's, and its own."""
    states, runs = Counter(table["status"].to_pylist()), table.num_rows
    first, own = answers
    return VariantSummary(
        name,
        runs,
        mapped,
        share_of(states["unmatched"], runs),
        share_of(states["failed"], runs),
        effects,
        share_of(sum(own.values()), len(own)) if own else None,
        _gained(first, own, seed),
        _verdicts(of, table),
    )


def _gained(first: dict[str, bool], own: dict[str, bool], seed: int) -> Estimate | None:
    """What a share is more than another one, over rows that have both: rows are drawn anew, so that
    a row's two answers stay together. Where all rows differ alike that tells of no others, and
    Newcombe's interval is taken, which is that of answers apart and rather too wide.
    """
    both = [row for row in own if row in first]
    if not both:
        return None
    changes = np.array([[float(own[row]) - float(first[row])] for row in both])
    value, of = float(changes.mean()), len(both)
    if np.ptp(changes) == 0:
        counts = sum(own[row] for row in both), sum(first[row] for row in both)
        low, high = newcombe(counts[0], of, counts[1], of)
    else:
        low, high = bootstrap(changes, (seed,))[0].tolist()
    return Estimate(value, low, high, of)


def _verdicts(of: Measured, table: pa.Table) -> dict[Verdict, int] | None:
    """How many maps hold up, are weak, or are no better than chance; None without checks."""
    told = [
        one["verdict"]
        for several in table["verdicts"].to_pylist()
        for one in several or ()
        if (one["method"], one["granularity"]) == (of.method, of.granularity) and one["verdict"]
    ]
    return dict(Counter(told)) or None
