"""A result as a table of its segments: comma-separated values, for spreadsheets."""

import csv
from collections.abc import Sequence
from io import StringIO

from backlit.display.figure import MapFigure

COLUMNS = (
    "model",
    "map",
    "target",
    "start",
    "stop",
    "role",
    "score",
    "standard_error",
    "low",
    "high",
    "bound",
    "level",
    "text",
)
FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # what spreadsheets run, where a cell begins with it


def maps_csv(figures: Sequence[MapFigure]) -> str:
    """One row for each segment of each map, in the order of the text; spans are of tokens."""
    out = StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(COLUMNS)
    for figure in figures:
        of = [safe_cell(text) for text in (figure.model, figure.name, figure.target)]
        for one in figure.segments:
            error = "" if one.standard_error is None else one.standard_error
            place = [one.start, one.stop, safe_cell(one.role)]
            low, high = one.interval or ("", "")
            rest = [one.bound or "", one.level or "", safe_cell(one.text)]
            writer.writerow([*of, *place, one.score, error, low, high, *rest])
    return out.getvalue()


def safe_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe says so."""
    return f"'{text}" if text.startswith(FORMULA) else text
