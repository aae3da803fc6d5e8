"""What a terminal shows of a checked explanation."""

from statistics import mean, median

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from backlit.display.unseen import with_signs
from backlit.explaining.faithfulness import agreement
from backlit.explanation import Attribution, Explanation, Faithfulness


def verdicts(explanation: Explanation) -> RenderableType:
    """What was found of each map: a sentence, then the figures beside those of chance."""
    parts: list[RenderableType] = []
    for attribution in explanation:
        checked = attribution.faithfulness
        if checked is not None:
            parts += [
                Text(f"{with_signs(attribution.method)}: ", style="bold")
                + Text(with_signs(checked.sentence), style=""),
                Text(f"    {_figures(checked, _unit(attribution))}", style="dim"),
            ]
    maps = [one.scores.tolist() for one in explanation]
    if len(maps) > 1 and len({len(one) for one in maps}) == 1:
        table = Table(box=None, padding=(0, 1), title="Rank correlation", title_justify="left")
        names = [with_signs(one.method) for one in explanation]
        for name in ("", *names):
            table.add_column(name, justify="right" if name else "left")
        for name, row in zip(names, agreement(maps), strict=True):
            table.add_row(name, *(f"{value:.2f}" for value in row))
        parts += [Text(), table]
    return Group(*parts)


def _unit(one: Attribution) -> str:
    return "percentage points" if one.share is not None else "nats"


def _figures(checked: Faithfulness, unit: str) -> str:
    by_chance = median(mean(one.deletion) for one in checked.random_orders)
    kept_by_chance = median(mean(one.insertion) for one in checked.random_orders)
    exact = mean(checked.leave_one_out.deletion)
    by_token = checked.percentile_per_token is not None
    return (
        f"comprehensiveness {checked.comprehensiveness:.2f} {unit} (random orders "
        f"{by_chance:.2f}, leave-one-out {exact:.2f}), sufficiency "
        f"{checked.sufficiency:.2f} (random {kept_by_chance:.2f}), better than "
        f"{checked.percentile:.0f}% of {len(checked.random_orders)} random orders"
        + (f", by token {checked.percentile_per_token:.0f}%" if by_token else "")
    )
