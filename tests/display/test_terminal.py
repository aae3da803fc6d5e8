"""A map in a terminal, and as text without colours."""

from io import StringIO

import pytest
from rich.console import Console

from backlit.display.figure import ranking
from backlit.display.terminal import plain, render
from backlit.engines.toy import ToyEngine
from backlit.explanation import Explanation
from backlit.model import Model
from backlit.types import Message


def shown(explanation: Explanation, *, colour: bool = False) -> str:
    out = StringIO()
    console = Console(
        file=out, width=80, force_terminal=colour, color_system="truecolor" if colour else None
    )
    console.print(render(explanation.figures()))
    return out.getvalue()


@pytest.fixture
def model(toy: ToyEngine) -> Model:
    return Model(toy)


def test_the_whole_text_and_a_ranking(model: Model) -> None:
    explanation = model.explain(
        "The dog likes", response=" cold water.", target="water", granularity="word"
    )
    text = shown(explanation)
    assert text.splitlines()[0].strip() == "The dog likes cold water."
    assert text.index("cold") < text.index("#")
    ranked = ranking(explanation[0].segments)
    assert [abs(s.score) for s in ranked] == sorted((abs(s.score) for s in ranked), reverse=True)
    assert f"{ranked[0].score:+.3f}" in text


def test_both_signs_have_their_colour(model: Model) -> None:
    explanation = model.explain(
        "The dog likes", response=" cold", granularity="word", method="grad_x_input"
    )
    scores = explanation[0].scores
    assert scores.max() > 0 > scores.min()
    assert "48;2;47;127;224" in shown(explanation, colour=True)


def test_what_a_template_added_is_not_ranked(model: Model) -> None:
    explanation = model.explain((Message("user", "The dog likes"),), response=" cold")
    assert {s.role for s in ranking(explanation[0].segments)} == {"user"}
    assert "[user]" in shown(explanation)


def test_markup_in_a_prompt_is_text(model: Model) -> None:
    explanation = model.explain("[bold]x[/bold] [red]", response=" cold", granularity="word")
    assert "[bold]x[/bold] [red]" in shown(explanation)


def test_plain_text_is_the_same_without_colours(model: Model) -> None:
    explanation = model.explain("The dog likes", response=" cold", granularity="word")
    text = plain(explanation.figures())
    assert "\x1b" not in text
    assert text == str(explanation)
    assert text.split() == shown(explanation).split()


def test_nothing_in_a_prompt_commands_the_terminal(model: Model) -> None:
    prompt = "a \x1b[2J\x1b]0;owned\x07 b"
    explanation = model.explain(prompt, response=" cold", granularity="word")
    assert "\x1b" not in str(explanation)
    assert "\x07" not in shown(explanation)
