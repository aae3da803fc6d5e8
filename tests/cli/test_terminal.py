"""What `backlit check` prints."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from backlit.cli.terminal import verdicts
from backlit.engines.toy import ToyEngine
from backlit.explanation import Explanation
from backlit.model import Model

PROMPT = "The cat likes warm milk. The bird likes ripe berries. The dog likes"


def shown(explanation: Explanation) -> str:
    out = StringIO()
    Console(file=out, width=200).print(verdicts(explanation))
    return out.getvalue()


@pytest.fixture(scope="module")
def checked() -> Explanation:
    model = Model(ToyEngine())
    methods = ["occlusion", "grad_l2"]
    explanation = model.explain(PROMPT, response=" cold water", method=methods, granularity="word")
    return model.check(explanation)


def test_each_map_has_its_sentence_and_figures(checked: Explanation) -> None:
    lines = shown(checked).splitlines()
    for attribution, line, figures in zip(checked, lines[::2], lines[1::2], strict=False):
        assert attribution.faithfulness is not None
        assert line.rstrip() == f"{attribution.method}: {attribution.faithfulness.sentence}"
        assert f"{attribution.faithfulness.comprehensiveness:.2f} nats" in figures
        assert f"of {len(attribution.faithfulness.random_orders)} random orders" in figures
        assert "by token" in figures


def test_maps_of_the_same_segments_are_compared(checked: Explanation) -> None:
    text = shown(checked)
    assert "Rank correlation" in text
    assert "1.00" in text
    alone = replace(checked, attributions=checked.attributions[:1])
    assert "Rank correlation" not in shown(alone)


def test_a_map_that_was_not_checked_has_none(checked: Explanation) -> None:
    first, second = checked.attributions
    text = shown(replace(checked, attributions=(replace(first, faithfulness=None), second)))
    assert "grad_l2: " in text
    assert "occlusion: " not in text


def test_a_terminal_is_sent_no_commands(checked: Explanation) -> None:
    evil = "\x1b]0;pwned\x07\x1b[2J"
    attributions = tuple(
        replace(
            one,
            method=evil,
            faithfulness=one.faithfulness and replace(one.faithfulness, sentence=evil),
        )
        for one in checked
    )
    altered = replace(checked, attributions=attributions)
    assert not {"\x1b", "\x07"} & set(shown(altered) + str(altered))
