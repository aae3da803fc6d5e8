"""A batch against its rows one by one, two workers against one, and what ten thousand rows keep."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from backlit import load_dataset, load_model
from backlit.batch import explain_dataset
from backlit.batch.folder import Folder
from backlit.batch.functions import job_from, runner_for
from backlit.batch.running import Tally, run_batch
from backlit.data.base import Example, ExampleList
from backlit.explaining.templates import filled
from benchmarks.grid import DISHES
from benchmarks.timing import Line, median, seconds

ROWS = 40
WRITTEN = 24  # new tokens of an answer
MANY = 10_000
ROUNDS = 5
FIRST = 500  # rows after which memory should grow no more
TASTES = ("salt", "olives")


def run(name: str) -> Iterator[Line]:
    """All three."""
    with tempfile.TemporaryDirectory() as place:
        yield together(name, Path(place))
        yield two_workers(Path(place))
        yield memory(Path(place))


def together(name: str, place: Path) -> Line:
    """Rows that share few-shot examples, by occlusion of lines: a batch / as many single calls."""
    example = next(e for e in load_dataset("sample_prompts").examples if e.id == "fewshot-mistake")
    assert isinstance(example.prompt, str)
    *before, _, _, _ = example.prompt.splitlines()
    template = "\n".join([*before, "Dislikes: {dislikes}", "Dish: {dish}", "Analysis:"])
    fields = [{"dish": dish, "dislikes": taste} for dish in DISHES for taste in TASTES][:ROWS]
    examples = [Example(f"{n}", "", fields=one) for n, one in enumerate(fields)]
    options = {"max_new_tokens": WRITTEN, "stop": "\n\n"}
    model = load_model(name, device="cpu")

    def one_by_one() -> None:
        fresh = load_model(model.engine)
        for one in examples:
            fresh.explain(filled(template, one), method="occlusion", options=options)

    def batch() -> None:
        data = ExampleList("rows", tuple(examples))
        explain_dataset(
            model, data, place / "rows", variants=template, method="occlusion", options=options
        )

    what = f"{name}: a batch of {ROWS} rows of one template / one by one"
    return Line(what, seconds(batch) / seconds(one_by_one), 0.5)


def two_workers(place: Path) -> Line:
    """The time of a row on two workers, as a part of that on one, once their models are there."""
    words = "the cat likes warm milk and the dog likes cold water and ripe berries. " * 4
    rows = [Example(f"r{n}", f"{n} {words}\nSo the bird likes") for n in range(320)]
    job = job_from(method="occlusion", granularity="word", options={"max_new_tokens": 8})

    def per_row(workers: int, turn: int) -> float:
        tallies: list[Tally] = []
        runner = runner_for("toy", job, {}, workers)
        data, folder = ExampleList("rows", tuple(rows)), Folder(place / f"{workers}-{turn}")
        run_batch(runner, data, job, folder, so_far=tallies.append)
        return tallies[-1].seconds / tallies[-1].new

    found = [per_row(2, turn) / per_row(1, turn) for turn in range(ROUNDS)]
    return median("toy: a row on two workers / on one", found, bound=1 / 1.7, unit="x")


def memory(place: Path) -> Line:
    """How far this process grows from the first rows to the last, tables and all."""
    process = psutil.Process()
    sizes: list[float] = []

    def so_far(tally: Tally) -> None:
        if tally.new >= FIRST:
            sizes.append(process.memory_info().rss / 1e6)

    rows = [Example(f"r{n}", f"{n} The cat likes milk.\nThe dog likes") for n in range(MANY)]
    explain_dataset(
        "toy",
        ExampleList("rows", tuple(rows)),
        place / "many",
        method="occlusion",
        options={"max_new_tokens": 3},
        so_far=so_far,
    )
    grown = max(*sizes, process.memory_info().rss / 1e6) - sizes[0]
    return Line(f"toy: growth over {MANY:,} rows after the first {FIRST}", grown, 50, "MB")
