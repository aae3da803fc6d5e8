"""Where a result is shown."""

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from backlit.display import screen
from backlit.engines.toy import ToyEngine
from backlit.model import Model


def test_in_a_terminal_the_map_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    explanation = Model(ToyEngine()).explain("The dog likes", response=" cold", granularity="word")
    explanation.show()
    out = capsys.readouterr().out
    assert "The dog likes cold" in out
    assert "gate_relevance by word" in out


def test_in_a_notebook_it_is_displayed(monkeypatch: pytest.MonkeyPatch) -> None:
    displayed: list[Any] = []
    kernel = SimpleNamespace(kernel=object())
    ipython = SimpleNamespace(get_ipython=lambda: kernel)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=displayed.append))
    assert screen.in_notebook()
    explanation = Model(ToyEngine()).explain("The dog likes", response=" cold")
    explanation.show()
    assert displayed == [explanation]


def test_brackets_in_an_answer_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    explanation = Model(ToyEngine()).explain("[/INST] The dog", response=" likes")
    replace(explanation, attributions=()).show()
    assert "[/INST]" in capsys.readouterr().out
