"""A map as comma-separated values."""

import csv
from io import StringIO

from backlit.display.figure import MapFigure
from backlit.display.table import COLUMNS, maps_csv
from backlit.types import ScoredSegment

SEGMENTS = (
    ScoredSegment(0, 3, '=HYPERLINK("http://x")\n', "prompt", 0.5, standard_error=0.25),
    ScoredSegment(3, 5, 'a "quote", and\na line', "=1+1", -1.5, level="word", bound="at_most"),
)
FIGURE = MapFigure("toy", "lime by line", "", SEGMENTS, "@cold", "", ())


def test_each_segment_is_a_row() -> None:
    header, first, second = csv.reader(StringIO(maps_csv([FIGURE]), newline=""))
    assert tuple(header) == COLUMNS
    assert first[3:11] == ["0", "3", "prompt", "0.5", "0.25", "", "", ""]
    assert second[3:] == [
        "3",
        "5",
        "'=1+1",
        "-1.5",
        "",
        "",
        "",
        "at_most",
        "word",
        'a "quote", and\na line',
    ]


def test_no_text_is_a_formula() -> None:
    _, first, _ = csv.reader(StringIO(maps_csv([FIGURE])))
    assert first[2] == "'@cold"
    assert first[-1] == '\'=HYPERLINK("http://x")\n'
