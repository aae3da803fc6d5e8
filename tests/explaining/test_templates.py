"""Templates: what a row fills in, and what stays text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.data.base import Example
from backlit.engines.base import Engine
from backlit.engines.toy import ToyEngine
from backlit.errors import DataError
from backlit.explaining.templates import filled, lines_of, spans_of_lines, variables
from backlit.explanation import Line
from backlit.segments import segment
from backlit.types import Message, Prompt
from tests.support import tiny

ROW = Example("row 1", "A prompt", "A target", fields={"dish": "soup", "price": 12, "tags": ["a"]})


def test_variables_are_names_in_braces() -> None:
    told = '{dish} and {"json": {x}} {dish} {} {2} {ünlü_1} {菜}'
    assert variables(told) == ("dish", "x", "ünlü_1", "菜")
    assert variables((Message("user", "{a}"), Message("user", "{b}{a}"))) == ("a", "b")


def test_a_row_fills_them_in() -> None:
    assert filled("{dish}: {price} ({prompt}, {target})", ROW) == "soup: 12 (A prompt, A target)"
    assert filled((Message("user", "{dish}?"),), ROW) == (Message("user", "soup?"),)


def test_what_is_filled_in_is_text() -> None:
    row = Example("row", "p", fields={"a": "{b} \\1", "b": "no"})
    assert filled("{a}", row) == "{b} \\1"


@pytest.mark.parametrize(
    ("template", "says"),
    [("{disch}", "{disch}. Its row has prompt, target"), ("{tags}", "list for")],
)
def test_what_a_row_lacks_is_told(template: str, says: str) -> None:
    with pytest.raises(DataError) as caught:
        filled(template, ROW)
    assert "row 1" in caught.value.message
    assert says in f"{caught.value.message} {caught.value.hint}"


@given(st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"])))
def test_other_text_stays(text: str) -> None:
    assert filled(text, ROW) == text


# ---- lines -------------------------------------------------------------------------------------

TEXT = "Likes: {likes}\n\nDish: {dish}\nAnalysis:"
CHAT = (
    Message("system", "user\nBe brief."),
    Message("user", "Likes: {likes}\n"),
    Message("assistant", "Yes."),
    Message("user", "  Dish: {dish}\n\nYes.  "),
)


def texts(engine: Engine, template: Prompt, example: Example) -> list[list[str]]:
    """What the prompt has of each line of a template."""
    sequence = engine.tokenize(filled(template, example))
    spans = spans_of_lines(sequence, template, example)
    return [
        [sequence.text[sequence.tokens[a].start : sequence.tokens[b - 1].stop] for a, b in line]
        for line in spans
    ]


def stripped(found: list[list[str]]) -> list[str]:
    return ["|".join(text.strip() for text in line) for line in found]


@pytest.mark.parametrize("engine", [ToyEngine(), tiny.engine()], ids=["toy", "llama"])
def test_lines_are_found_in_a_filled_text(engine: Engine) -> None:
    assert lines_of(TEXT) == (
        Line(1, "Likes: {likes}"),
        Line(3, "Dish: {dish}"),
        Line(4, "Analysis:"),
    )
    row = Example("1", "", fields={"likes": "soup", "dish": "warm milk"})
    assert stripped(texts(engine, TEXT, row)) == ["Likes: soup", "Dish: warm milk", "Analysis:"]
    several = Example("2", "", fields={"likes": "soup\n\nand tea", "dish": "milk"})
    assert stripped(texts(engine, TEXT, several))[0] == "Likes: soup|and tea"
    empty = Example("3", "", fields={"likes": "soup", "x": ""})
    assert texts(engine, "{likes}\n{x}\nend", empty)[1] == []


@pytest.mark.parametrize("engine", [ToyEngine(), tiny.engine()], ids=["toy", "llama"])
def test_lines_are_found_in_a_filled_chat(engine: Engine) -> None:
    """A template of the model may trim contents, and write what a content says, such as a role."""
    assert lines_of(CHAT)[0] == Line(1, "user", message=1)
    row = Example("1", "", fields={"likes": "soup", "dish": "milk"})
    expected = ["user", "Be brief.", "Likes: soup", "Yes.", "Dish: milk", "Yes."]
    assert stripped(texts(engine, CHAT, row)) == expected


@pytest.mark.parametrize("engine", [ToyEngine(), tiny.engine()], ids=["toy", "llama"])
def test_a_message_with_nothing_but_blanks_has_no_lines(engine: Engine) -> None:
    chat = (
        Message("system", "You are kind."),
        Message("user", "                 {x}\n"),
        Message("user", "Hello\nYou are kind."),
    )
    expected = ["You are kind.", "", "Hello", "You are kind."]
    assert stripped(texts(engine, chat, Example("1", "", fields={"x": ""}))) == expected
    full = ["You are kind.", "tea", "Hello", "You are kind."]
    assert stripped(texts(engine, chat, Example("1", "", fields={"x": "tea"}))) == full


def test_what_ends_a_line_for_python_alone_ends_none_here() -> None:
    template = "a\x0cb\u2028c\r\nd\re"
    assert [line.text for line in lines_of(template)] == ["a\x0cb\u2028c", "d", "e"]
    assert len(texts(ToyEngine(), template, ROW)) == 3


@pytest.mark.parametrize("value", ["x" * 10_000, 10**5000], ids=["text", "number"])
def test_what_is_too_long_is_refused_before_it_is_joined(value: object) -> None:
    with pytest.raises(DataError):
        filled("{x}" * 1_000, Example("1", "", fields={"x": value}))


LINE = st.text(
    st.characters(exclude_characters="{}", categories=["L", "N", "P", "Zs"]), max_size=12
)


@given(st.lists(LINE, min_size=1, max_size=8), st.lists(LINE, min_size=1, max_size=3))
def test_every_visible_line_of_a_prompt_is_of_one_line_of_its_template(
    lines: list[str], value: list[str]
) -> None:
    engine = ToyEngine()
    template = "\n".join(["start", *lines, "<{x}>", *lines])
    example = Example("1", "", fields={"x": "\n".join(value)})
    sequence = engine.tokenize(filled(template, example))
    found = spans_of_lines(sequence, template, example)
    assert len(found) == len(lines_of(template))
    spans = [span for line in found for span in line]
    visible = [one for one in segment(sequence, "line") if one.text.strip()]
    assert spans == [(one.start, one.stop) for one in visible]
