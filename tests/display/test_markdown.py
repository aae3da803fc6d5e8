"""A map as Markdown: what it says, and that texts are not Markdown themselves."""

from backlit.display.figure import MapFigure
from backlit.display.markdown import escaped, maps_markdown, table
from backlit.types import ScoredSegment


def figure(*segments: ScoredSegment, remarks: tuple[str, ...] = ()) -> MapFigure:
    return MapFigure(
        model="toy",
        name="occlusion by line",
        meaning="positive supports the target",
        segments=segments,
        target=" cold water",
        rest="",
        remarks=remarks,
    )


def test_the_first_parts_are_a_table() -> None:
    text = maps_markdown(
        [
            figure(
                ScoredSegment(0, 1, "a | pipe\n", "prompt", 0.5),
                ScoredSegment(1, 2, "the cause\n", "prompt", -2.0),
                remarks=("Above all line 2.",),
            )
        ]
    )
    assert text.startswith("### toy: cold water\n\n- Above all line 2.\n\n")
    assert "| 1 | -2.000 | the cause |\n| 2 | +0.500 | a \\| pipe |\n" in text


def test_texts_are_not_markdown() -> None:
    assert escaped("# not *this* <b>\n@someone") == "\\# not \\*this\\* \\<b\\> \\@someone"
    assert escaped("![a_b](http://x)") == "\\!\\[a\\_b\\](http://x)"
    assert escaped("- no item") == "\\- no item"
    assert escaped("1. no item") == "1\\. no item"


def test_a_table_has_as_many_cells_in_every_row() -> None:
    lines = table(["#", "a"], [["1", "x"]]).splitlines()
    assert lines == ["| # | a |", "| ---: | :--- |", "| 1 | x |"]
