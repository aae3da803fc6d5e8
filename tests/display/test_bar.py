"""Progress for people: a bar where it takes long, and whatever they gave instead."""

import io
import sys
from typing import Any, get_args

import pytest

from backlit.display.bar import PHASES, Bar, followed
from backlit.errors import Cancelled
from backlit.progress import SILENT, Callback, Phase, Progress, current, following


def test_every_phase_has_words() -> None:
    assert set(PHASES) == set(get_args(Phase))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_shows_phase_and_count(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)  # here: capturing sets it anew for each phase
    bar = Bar(patience=0)
    bar("download", 1_000_000, 10_000_000)
    bar("convert", 0, 10)
    bar("convert", 5, 10)
    bar.close()
    text = terminal.getvalue()
    assert "Downloading" in text
    assert "1.00M/10.0M" in text
    assert "Converting" in text
    assert text.endswith("\r")  # nothing stays behind


def test_what_ends_soon_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with followed() as progress:
        progress("explain", 1, 2)
        progress("explain", 2, 2)
    assert terminal.getvalue().strip() == ""


def test_without_a_terminal_there_is_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with followed(True, patience=0) as progress:
        progress("explain", 1, 2)
    assert stream.getvalue() == ""


def test_a_function_is_told_and_may_stop() -> None:
    calls: list[tuple[Any, ...]] = []

    def report(*call: object) -> None:
        calls.append(call)
        if len(calls) == 2:
            raise Cancelled

    with followed(report) as progress:
        assert current() is progress
        progress("explain", 1, 2, [(0, 1, 0.5)])
        with pytest.raises(Cancelled):
            progress("explain", 2, 2)
    assert calls[0] == ("explain", 1, 2, [(0, 1, 0.5)])
    assert current() is SILENT


def test_who_follows_already_goes_on_following() -> None:
    outer = Callback(lambda *call: None)
    with following(outer), followed() as progress:
        assert progress is outer


def test_false_tells_nobody_and_still_stops() -> None:
    class Stopped(Progress):
        def check(self) -> None:
            raise Cancelled

    with following(Stopped()), followed(False) as progress, pytest.raises(Cancelled):
        progress("explain", 1, 2)
