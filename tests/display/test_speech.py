"""Every sentence is said in Turkish, too."""

import ast
import string
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import backlit
from backlit.display.speech import (
    counted,
    digits,
    language_of,
    lowered,
    percent,
    say,
    speaking,
    spoken,
)
from backlit.display.turkish import TURKISH
from backlit.display.words import UNITS, times_likely
from backlit.explaining import faithfulness
from backlit.explanation import finding, report
from backlit.methods import methods
from backlit.methods.base import parameters
from backlit.serving.queue import Job, JobQueue
from backlit.types import Granularity

SOURCES = Path(backlit.__file__).parent
ENGLISH_ONLY = {"comma"}  # an apposition's, which Turkish does without


def sentences() -> Iterator[str]:
    """What is said: as it stands in the sources, and what they say by name."""
    for path in SOURCES.rglob("*.py"):
        if "def say(" in path.read_text():
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name("say"), args=[ast.Constant(value=str(said)), *_]):
                    yield said
                case ast.Call(func=ast.Name("counted"), args=[_, ast.Constant(value=str(noun))]):
                    yield noun
    yield from UNITS.values()
    yield from get_args(Granularity)
    yield from finding.OF.values()
    yield from finding.BELIEVED.values()
    yield from faithfulness.ANSWERS.values()
    yield from faithfulness.GUESSES.values()
    yield from faithfulness.CONCLUSIONS.values()
    yield from report.PARTS.values()
    yield report.NOBODY
    yield from ("the prompt", "the answer", "the feedback", "segment")
    yield "; but the rest of the order does too little better than chance to rely on it."
    for method in methods().values():
        yield from (method.facts.description, method.facts.unit)
        if method.facts.reference.startswith("This project"):  # others are papers
            yield method.facts.reference
        for one in parameters(method):
            yield from (one.label, one.description)


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_is_said_in_turkish_and_nothing_else() -> None:
    assert set(sentences()) == set(TURKISH)
    assert len(TURKISH) > 150


@pytest.mark.parametrize("sentence", sorted(TURKISH))
def test_a_sentence_keeps_its_values_its_ends_and_its_mark(sentence: str) -> None:
    said = TURKISH[sentence]
    assert fields(sentence) - fields(said) <= ENGLISH_ONLY
    assert fields(said) <= fields(sentence)
    assert said
    assert said[0].isspace() == sentence[0].isspace()
    assert said.endswith(".") == sentence.endswith(".")


def test_what_is_said_follows_the_language() -> None:
    assert say("Without {parts}", parts="{2}") == "Without {2}"
    with speaking("tr"):
        assert spoken() == "tr"
        assert say("Without {parts}", parts="{2}") == "{2} olmadan"
        assert say("Nobody translated {this}.", this="me") == "Nobody translated me."
        assert times_likely(5.1) == "164 kat daha düşük olasılıklı"
        assert times_likely(-1.0) == "2,7 kat daha yüksek olasılıklı"
    assert spoken() == "en"


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert (digits(12345.678, 1), percent(0.824)) == ("12,345.7", "82%")
    assert (counted(1, "line"), counted(2000, "line")) == ("1 line", "2,000 lines")
    with speaking("tr"):
        assert (digits(12345.678, 1), percent(0.824)) == ("12.345,7", "%82")
        assert (counted(1, "line"), counted(2000, "line")) == ("1 satır", "2.000 satır")


def test_small_letters_are_those_of_the_language() -> None:
    assert lowered("It needs") == "it needs"
    assert lowered("") == ""
    with speaking("tr"):
        assert lowered("İlk") == "ilk"
        assert lowered("Işık") == "ışık"
        assert lowered("Büyük") == "büyük"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("tr", "tr"),
        ("de-DE, tr-TR;q=0.8, en;q=0.5", "tr"),
        ("en-US,tr", "en"),
        ("TR-tr", "tr"),
        ("xx;q=a,,;", "en"),
        (7, "en"),
    ],
)
def test_the_first_known_language_that_a_browser_prefers(header: object, language: str) -> None:
    assert language_of(header) == language


def test_a_job_speaks_the_language_of_whoever_asked() -> None:
    heard = []
    over = threading.Event()
    queue = JobQueue()
    with speaking("tr"):
        queue.submit(Job(lambda job: heard.append(spoken()), lambda ahead: None, lambda e: None))
    queue.submit(Job(lambda job: heard.append(spoken()), lambda ahead: None, lambda e: over.set()))
    assert over.wait(60)
    queue.close()
    assert heard == ["tr", "en"]
