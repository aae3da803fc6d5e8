"""What a terminal shows of an explanation."""

from io import StringIO

import pytest
from rich.console import Console

from backlit.cli.terminal import progress_bar, render
from backlit.display.html import ranking
from backlit.engines.toy import ToyEngine
from backlit.pipeline import Model, explain
from backlit.types import Message


def shown(explanation: object, *, colour: bool = False) -> str:
    out = StringIO()
    console = Console(
        file=out, width=80, force_terminal=colour, color_system="truecolor" if colour else None
    )
    console.print(render(explanation))  # type: ignore[arg-type]
    return out.getvalue()


@pytest.fixture
def model(toy: ToyEngine) -> Model:
    return Model(toy)


def test_the_whole_text_and_a_ranking(model: Model) -> None:
    explanation = explain(
        model, "The dog likes", target=" cold water.", select="water", granularity="word"
    )
    text = shown(explanation)
    assert text.splitlines()[0].strip() == "The dog likes cold water."
    assert text.index("cold") < text.index("#")
    ranked = ranking(explanation.attributions[0])
    assert [abs(s.score) for s in ranked] == sorted((abs(s.score) for s in ranked), reverse=True)
    assert f"{ranked[0].score:+.3f}" in text


def test_both_signs_have_their_colour(model: Model) -> None:
    explanation = explain(
        model, "The dog likes", target=" cold", granularity="word", method="grad_x_input"
    )
    scores = explanation.attributions[0].scores
    assert scores.max() > 0 > scores.min()
    assert "48;2;47;127;224" in shown(explanation, colour=True)


def test_what_a_template_added_is_not_ranked(model: Model) -> None:
    explanation = explain(model, (Message("user", "The dog likes"),), target=" cold")
    assert {s.role for s in ranking(explanation.attributions[0])} == {"user"}
    assert "[user]" in shown(explanation)


def test_markup_in_a_prompt_is_text(model: Model) -> None:
    explanation = explain(model, "[bold]x[/bold] [red]", target=" cold", granularity="word")
    assert "[bold]x[/bold] [red]" in shown(explanation)


def test_progress_has_words_for_every_phase() -> None:
    out = StringIO()
    console = Console(file=out, width=80, force_terminal=True)
    with progress_bar(console) as report:
        report("download", 1, 10)
        report("convert", 0, None)
        report("load", 0, None)
    assert "Loading" in out.getvalue()
