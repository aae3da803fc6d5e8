"""What holds on average, as tables: cells that text, Markdown and HTML put into theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from backlit.batch.averages.effect import Effect, Measured, VariantSummary, between, number
from backlit.batch.averages.words import in_points, named
from backlit.display.figure import one_line
from backlit.display.markdown import SPECIAL, escaped
from backlit.display.markdown import table as markdown_table
from backlit.display.speech import digits, percent, say
from backlit.explanation.interval import Estimate

LEAST = 0.001  # of a p-value that is told


@dataclass(frozen=True, slots=True)
class Table:
    """Cells of plain text, the rows that stand out, and what the table is of."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: tuple[bool, ...]

    def to_markdown(self) -> str:
        """The table under a heading; what stands out is bold."""
        rows = [
            [f"**{_cell(cell)}**" if strong and cell else _cell(cell) for cell in row]
            for row, strong in zip(self.rows, self.strong, strict=True)
        ]
        header = [_cell(one) for one in self.header]
        return f"### {escaped(self.title)}\n\n{markdown_table(header, rows)}"

    def to_text(self) -> str:
        """The same in columns, a star before what stands out."""
        lines = [self.header, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.header))]
        shown = [self.title]
        for strong, line in zip((False, *self.strong), lines, strict=True):
            cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
            shown.append(f"{'*' if strong else ' '} {'  '.join(cells)}".rstrip())
        return "\n".join(shown)

    def to_html(self) -> str:
        """The same under a heading, without script, style or class; what stands out is bold."""
        header = "".join(f"<th>{escape(cell)}</th>" for cell in self.header)
        rows = ""
        for strong, row in zip(self.strong, self.rows, strict=True):
            cells = (f"<b>{escape(cell)}</b>" if strong else escape(cell) for cell in row)
            rows += f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n"
        return (
            f"<h2>{escape(self.title)}</h2>\n<table>\n<thead><tr>{header}</tr></thead>\n"
            f"<tbody>\n{rows}</tbody>\n</table>\n"
        )


def _cell(text: str) -> str:
    """Text as Markdown, in a cell, where nothing is at the beginning of a line."""
    return SPECIAL.sub(r"\\\1", text)


def effects_table(of: Measured, one: VariantSummary) -> Table:
    """The effects of a variant's parts."""
    has_text = any(effect.part.words for effect in one.effects)
    header = [say("part"), *([say("text")] if has_text else [])]
    header += [say("effect"), percent(0.95), say("by chance"), "p (Holm)", say("rows")]
    header += [say("opposite")] if of.signed else []
    rows = []
    for effect in one.effects:
        words = [effect.part.words] if has_text else []
        rows.append((effect.part.name, *words, *_figures(of, effect)))
    strong = tuple(effect.stands_out for effect in one.effects)
    return Table(_title(of, one), tuple(header), tuple(rows), strong)


def answers_table(variants: Sequence[VariantSummary], find: str | None) -> Table:
    """The answers of each variant: how many there are, and what is in them."""
    header = [say("variant"), say("runs"), say("maps"), say("without such words"), say("failed")]
    if find is not None:
        header += [find, percent(0.95), say("points more than with the first"), percent(0.95)]
    rows = []
    for number_, one in enumerate(variants):
        row = [one_line(one.name or say("all rows")), digits(one.runs), digits(one.mapped)]
        row += [_share(one.unmatched), _share(one.failed)]
        if find is not None:
            found, gained = one.found, one.gained if number_ else None
            row += ["–", "–"] if found is None else [percent(found.value), _interval(found)]
            row += ["–", "–"] if gained is None else [_points(gained), in_points(gained)]
        rows.append(tuple(row))
    return Table(say("answers"), tuple(header), tuple(rows), (False,) * len(rows))


def _title(of: Measured, one: VariantSummary) -> str:
    caption = say("{method} by {unit}", method=of.method, unit=say(of.granularity))
    title = f"{caption}, {of.unit}"
    return title if one.name is None else f"{one_line(one.name)}: {title}"


def _figures(of: Measured, effect: Effect) -> tuple[str, ...]:
    mean = effect.mean
    row = [
        number(mean.value, of.decimals, mean.bound, signed=of.signed),
        between(mean.low, mean.high, of.decimals),
        between(effect.low, effect.high, of.decimals),
        p_value(effect.corrected),
        digits(mean.of),
    ]
    if of.signed:
        count = len(effect.opposite)
        row.append(f"{count} ({named(effect.opposite)})" if count else "0")
    return tuple(row)


def p_value(value: float) -> str:
    """`0.012`, `< 0.001`."""
    return f"< {digits(LEAST, 3)}" if value < LEAST else digits(value, 3)


def _share(one: Estimate) -> str:
    return f"{digits(round(one.value * one.of))} ({percent(one.value)})"


def _interval(one: Estimate) -> str:
    return say("{low} to {high}", low=percent(one.low or 0.0), high=percent(one.high or 0.0))


def _points(one: Estimate) -> str:
    return number(100 * one.value, 0)
