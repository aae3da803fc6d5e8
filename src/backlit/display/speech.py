"""Sentences for people, in the language of whoever reads them.

A sentence stands in English where it is made, with names for what differs from case to case; other
languages have it by those same words, as in gettext. What another language lacks stays English.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from backlit.display.turkish import TURKISH

Language = Literal["en", "tr"]

CATALOGUES: Mapping[Language, Mapping[str, str]] = {"en": {}, "tr": TURKISH}

_SWAPPED = str.maketrans(",.", ".,")
_spoken: ContextVar[Language] = ContextVar("language", default="en")


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Say all that is said within in this language."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> Language:
    """The language of now."""
    return _spoken.get()


def language_of(preferences: object) -> Language:
    """The first language that there is of an `Accept-Language` header, such as `tr-TR,en;q=0.5`."""
    for entry in preferences.split(",") if isinstance(preferences, str) else ():
        name = entry.split(";")[0].strip().lower().split("-")[0]
        for language in CATALOGUES:
            if name == language:
                return language
    return "en"


def say(sentence: str, **values: object) -> str:
    """A sentence with its values, in the language of now.

    Args:
        sentence: in English, each value as its name in braces.
        values: put in as they are.
    """
    said = CATALOGUES[_spoken.get()].get(sentence, sentence)
    return said.format(**values) if values else said  # of a plug-in's words, braces stay


def counted(number: int, noun: str) -> str:
    """`1 line`, `2,000 lines`; Turkish nouns stay as they are behind a number."""
    return f"{digits(number)} {say(noun) if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """Several of them: `lines`; in Turkish behind a number, as it is."""
    return say(noun) if _spoken.get() == "tr" else f"{noun}s"


def digits(value: float, decimals: int = 0) -> str:
    """A number with its thousands and decimals apart."""
    text = f"{value:,.{decimals}f}"
    return text if _spoken.get() == "en" else text.translate(_SWAPPED)


def percent(share: float) -> str:
    """A share of one: `82%`."""
    return f"%{share * 100:.0f}" if _spoken.get() == "tr" else f"{share:.0%}"


def lowered(text: str) -> str:
    """With a small first letter."""
    small = {"I": "ı", "İ": "i"} if _spoken.get() == "tr" else {}
    first = text[:1]
    return small.get(first, first.lower()) + text[1:]
