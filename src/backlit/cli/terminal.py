"""An explanation as a terminal shows it: the text tinted, then the segments ranked."""

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.style import Style
from rich.table import Table
from rich.text import Text

from backlit.display.html import OPPOSES, STEPS, SUPPORTS, caption, ranking, score, words
from backlit.explaining.faithfulness import agreement
from backlit.explanation import Attribution, Explanation
from backlit.progress import Progress as Report

PHASES = {
    "wait": "Waiting for another process",
    "check": "Checking",
    "download": "Downloading",
    "unpack": "Unpacking",
    "convert": "Converting",
    "save": "Saving",
    "load": "Loading",
    "explain": "Explaining",
    "check map": "Checking the map",
    "evaluate": "Evaluating",
}


def render(explanation: Explanation, top: int = 10) -> RenderableType:
    """For each attribution the whole text, tinted, and its `top` segments."""
    return Group(*(_render(explanation, one, top) for one in explanation.attributions))


def _render(explanation: Explanation, attribution: Attribution, top: int) -> RenderableType:
    sequence = explanation.generation.sequence
    target = attribution.target
    ranked = ranking(attribution)
    largest = abs(ranked[0].score) if ranked else 0.0
    text = Text()
    for segment in attribution.segments:
        own = segment.role != "template"
        style = _tint(segment.score / largest) if own and largest else Style(dim=not own)
        text.append(segment.text, style)
    shown = max((t.stop for t in sequence.tokens[: target.start]), default=0)
    end = max((t.stop for t in sequence.tokens[: target.stop]), default=0)
    text.append(sequence.text[shown:end], Style(bold=True, underline=True))
    text.append(sequence.text[end:], Style(dim=True))

    table = Table(box=None, padding=(0, 1), show_header=True, header_style="dim")
    table.add_column("#", justify="right")
    table.add_column("score", justify="right")
    table.add_column("segment", overflow="ellipsis", no_wrap=True)
    for rank, segment in enumerate(ranked[:top], start=1):
        table.add_row(str(rank), score(segment), Text(words(segment)))
    notes = [Text(note, style="bold") for note in attribution.notes]
    return Group(text, Text(), table, Text(f"{caption(attribution)}.", style="dim"), *notes, Text())


def verdicts(explanation: Explanation) -> RenderableType:
    """What was found of each map: a sentence, then the figures beside those of chance."""
    parts: list[RenderableType] = []
    for found in explanation.faithfulness:
        name = explanation.attributions[found.attribution].method
        chance = [sum(one.deletion) / len(one.deletion) for one in found.random]
        kept = [sum(one.insertion) / len(one.insertion) for one in found.random]
        exact = sum(found.leave_one_out.deletion) / len(found.leave_one_out.deletion)
        parts += [
            Text(f"{name}: ", style="bold") + Text(found.sentence, style=""),
            Text(
                f"    comprehensiveness {found.comprehensiveness:.2f} nats (random orders "
                f"{median(chance):.2f}, leave-one-out {exact:.2f}), sufficiency "
                f"{found.sufficiency:.2f} (random {median(kept):.2f}), better than "
                f"{found.percentile:.0f}% of {len(chance)} random orders",
                style="dim",
            ),
        ]
    maps = [one.scores.tolist() for one in explanation.attributions]
    if len(maps) > 1 and len({len(one) for one in maps}) == 1:
        table = Table(box=None, padding=(0, 1), title="Rank correlation", title_justify="left")
        names = [one.method for one in explanation.attributions]
        for name in ("", *names):
            table.add_column(name, justify="right" if name else "left")
        for name, row in zip(names, agreement(maps), strict=True):
            table.add_row(name, *(f"{value:.2f}" for value in row))
        parts += [Text(), table]
    return Group(*parts)


def _tint(share: float) -> Style:
    """A background for a score as a share of the largest, in `STEPS` steps."""
    strength = round(min(1.0, abs(share)) * STEPS) / STEPS
    if strength == 0:
        return Style()
    red, green, blue = (int(c * strength) for c in (SUPPORTS if share > 0 else OPPOSES))
    return Style(bgcolor=f"#{red:02x}{green:02x}{blue:02x}", color="white")


@contextmanager
def progress_bar(console: Console) -> Iterator[Report]:
    """A bar for fetching and loading a model, on a console that should be stderr's."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    plain = (TextColumn("{task.description}"), BarColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Starting", total=None)
        current = ""

        def report(phase: str, done: int, total: int | None) -> None:
            nonlocal current
            if phase != current:
                current = phase
                bar.columns = columns if phase == "download" else plain
                bar.reset(task, description=PHASES.get(phase, phase), total=total)
            bar.update(task, completed=done, total=total)

        yield report
