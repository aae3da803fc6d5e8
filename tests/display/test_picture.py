"""A map as a drawing."""

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.display.figure import MapFigure
from backlit.display.picture import MAX_LENGTH, maps_svg
from backlit.errors import InputError
from backlit.types import ScoredSegment

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*texts: str) -> ElementTree.Element:
    segments = tuple(
        ScoredSegment(i, i + 1, text, "prompt", (-1.0) ** i * (i + 1))
        for i, text in enumerate(texts)
    )
    return ElementTree.fromstring(maps_svg([figure(*segments)]))


def figure(*segments: ScoredSegment) -> MapFigure:
    return MapFigure("toy", "occlusion", "", segments, "end", "", ())


def words_of(drawing: ElementTree.Element) -> str:
    return "".join(element.text or "" for element in drawing.iter(f"{SVG}text"))


def test_texts_are_there_and_tinted() -> None:
    drawing = drawn("The cat ", "likes milk ")
    assert "likes\xa0milk" in words_of(drawing)
    fills = {element.get("fill") for element in drawing.iter(f"{SVG}rect")}
    assert len(fills) >= 3  # the ground, one for each sign


def test_it_loads_no_font() -> None:
    assert "@font-face" not in maps_svg([figure()])


def test_a_cell_of_a_notebook_is_not_drawn_into(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich import console

    monkeypatch.setattr(console, "_is_jupyter", lambda: True)
    shown: list[object] = []
    monkeypatch.setattr("rich.jupyter.display", lambda *args: shown.append(args))
    maps_svg([figure(ScoredSegment(0, 1, "text", "prompt", 1.0))])
    assert shown == []


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(InputError, match="too many for a picture"):
        maps_svg([figure(ScoredSegment(0, 1, "x" * (MAX_LENGTH + 1), "prompt", 1.0))])


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1))
def test_any_text_can_be_drawn(text: str) -> None:
    assert drawn(text).tag == f"{SVG}svg"
