"""Prompts with a planted cause: some lines decide the answer, and we know which.

Every prompt looks up one thing in a handful of lines of the same form, shuffled, so that
neither the place nor a rare word gives the planted line away. Most show a finished lookup or
two first, then ask:

    needle          a fact among facts of its kind
    flipped_label   an example, worded as the question is, that carries the wrong label
    canary          a rule that says to answer with an odd word
    contradiction   a line against common knowledge
    copied_string   an invented word that stands in one line
    and_pair        two lines that lead from one to the other: the answer takes both
    or_pair         two lines that say the same: either will do

That a model follows the plant is a hope, not a promise: before counting an item, let the
model answer the prompt and `without` its plants.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, Literal

from backlit.errors import OptionsError, UnknownNameError
from backlit.types import Span

LANGUAGES = ("en", "de", "es", "fr")
KINDS = (
    "needle",
    "flipped_label",
    "canary",
    "contradiction",
    "copied_string",
    "and_pair",
    "or_pair",
)

Texts = Mapping[str, Any]  # what planted.json says for a kind in a language


@dataclass(frozen=True, slots=True)
class PlantedPrompt:
    """A prompt, the answer its plants lead to, and where they stand.

    Attributes:
        id: kind, language and number, as in `needle-de-0`.
        kind: one of `KINDS`.
        language: one of `LANGUAGES`.
        prompt: raw text that ends where the answer follows.
        answer: what the plants make a model write.
        plants: character spans of the planted lines, each with its line end.
        needs: `all` if taking any plant away changes the answer, `any` if each alone gives it.
    """

    id: str
    kind: str
    language: str
    prompt: str
    answer: str
    plants: tuple[Span, ...]
    needs: Literal["all", "any"]

    def without(self, *which: int) -> str:
        """The prompt with these plants taken out, or all of them if none is given.

        Raises:
            OptionsError: there is no such plant.
        """
        for index in which:
            if not 0 <= index < len(self.plants):
                raise OptionsError(
                    f"There is no plant {index}.", f"Use 0 to {len(self.plants) - 1}."
                )
        text = self.prompt
        for start, stop in sorted((self.plants[i] for i in set(which)), reverse=True):
            text = text[:start] + text[stop:]
        return text if which else self.without(*range(len(self.plants)))


@dataclass(frozen=True, slots=True)
class Draft:
    """The lines of a prompt: `planted` and `others` are shuffled, `ending` follows."""

    answer: str
    planted: tuple[str, ...]
    others: tuple[str, ...]
    ending: tuple[str, ...]


def planted_prompts(
    seed: int = 0,
    each: int = 2,
    languages: Sequence[str] = LANGUAGES,
    kinds: Sequence[str] = KINDS,
) -> tuple[PlantedPrompt, ...]:
    """Write planted prompts; the same arguments give the same ones everywhere.

    Args:
        seed: another one gives other prompts.
        each: how many of every kind in every language. More leave the first ones as they are.
        languages: of `LANGUAGES`.
        kinds: of `KINDS`.

    Raises:
        OptionsError: `each` is less than 1.
        UnknownNameError: no such language or kind.
    """
    if each < 1:
        raise OptionsError(f"each is {each}.", "Use 1 or more.")
    for what, asked, known in (("language", languages, LANGUAGES), ("kind", kinds, KINDS)):
        for name in asked:
            if name not in known:
                raise UnknownNameError(
                    f"There are no planted prompts of {what} {name!r}.",
                    f"Use one of {', '.join(known)}.",
                )
    return tuple(
        _write(seed, kind, language, number)
        for kind in kinds
        for language in languages
        for number in range(each)
    )


def _write(seed: int, kind: str, language: str, number: int) -> PlantedPrompt:
    rng = Random(f"{seed}/{kind}/{language}/{number}")  # noqa: S311  not a secret
    texts = _texts(language, kind)
    draft = _DRAFTS[kind](rng, texts)
    lines = [*draft.planted, *draft.others]
    order = list(range(len(lines)))
    rng.shuffle(order)
    prompt = texts["intro"] + "\n"
    spans: dict[int, Span] = {}
    for index in order:
        start = len(prompt)
        prompt += lines[index] + "\n"
        spans[index] = (start, len(prompt))
    return PlantedPrompt(
        id=f"{kind}-{language}-{number}",
        kind=kind,
        language=language,
        prompt=prompt + "\n".join(draft.ending),
        answer=draft.answer,
        plants=tuple(sorted(spans[i] for i in range(len(draft.planted)))),
        needs="any" if kind == "or_pair" else "all",
    )


def _needle(rng: Random, texts: Texts) -> Draft:
    return _lookup(texts, rng.sample(texts["places"], 6), _numbers(rng, 6, digits=4))


def _flipped_label(rng: Random, texts: Texts) -> Draft:
    line = texts["line"]
    right, wrong = rng.sample(texts["labels"], 2)
    asked, *same = rng.sample(texts["examples"][right], 3)
    opposite = rng.sample(texts["examples"][wrong], 4)
    return Draft(
        answer=wrong,
        planted=(line.format(key=asked, value=wrong),),
        others=(
            *(line.format(key=text, value=right) for text in same),
            *(line.format(key=text, value=wrong) for text in opposite),
        ),
        ending=(_question(line, asked),),
    )


def _canary(rng: Random, texts: Texts) -> Draft:
    return _lookup(texts, rng.sample(texts["keys"], 6), rng.sample(texts["words"], 6))


def _contradiction(rng: Random, texts: Texts) -> Draft:
    *facts, (_, odd) = rng.sample(texts["facts"], 7)
    values = [odd, *(value for _, value in facts[1:])]
    return _lookup(texts, [key for key, _ in facts], values)


def _copied_string(rng: Random, texts: Texts) -> Draft:
    return _lookup(texts, rng.sample(texts["places"], 6), _invented_words(rng, 6))


def _and_pair(rng: Random, texts: Texts) -> Draft:
    keys, links = rng.sample(texts["keys"], 3), _numbers(rng, 3, digits=3)
    hops = list(zip(links, rng.sample(texts["names"], 3), strict=True))
    both = [texts["both"].format(link=link, value=name) for link, name in hops]
    first = [texts["first"].format(key=k, link=x) for k, x in zip(keys, links, strict=True)]
    then = [texts["then"].format(link=link, value=name) for link, name in hops]
    ask = texts["ask"]
    shown = [ask.format(key=keys[i], value=both[i]) for i in (1, 2)]  # small models need two
    return Draft(
        answer=both[0],
        planted=(first[0], then[0]),
        others=(*first[1:], *then[1:]),
        ending=(*shown, _question(ask, keys[0])),
    )


def _or_pair(rng: Random, texts: Texts) -> Draft:
    keys, values = rng.sample(texts["places"], 4), _numbers(rng, 4, digits=4)
    draft = _lookup(texts, keys, values)
    also = [texts["also"].format(key=keys[i], value=values[i]) for i in (0, 2)]
    return Draft(
        answer=draft.answer,
        planted=(*draft.planted, also[0]),
        others=(*draft.others, also[1]),  # so that standing twice does not give it away
        ending=draft.ending,
    )


def _lookup(texts: Texts, keys: Sequence[str], values: Sequence[str]) -> Draft:
    """A line for each key; the second is looked up as an example, then the first is asked."""
    lines = [texts["line"].format(key=k, value=v) for k, v in zip(keys, values, strict=True)]
    ask = texts["ask"]
    shown = ask.format(key=keys[1], value=values[1])
    return Draft(
        answer=values[0],
        planted=(lines[0],),
        others=tuple(lines[1:]),
        ending=(texts["again"], shown, _question(ask, keys[0])),
    )


def _question(line: str, key: str) -> str:
    """The line up to where its value goes."""
    return line.partition("{value}")[0].rstrip().format(key=key)


def _numbers(rng: Random, count: int, digits: int) -> list[str]:
    return [str(n) for n in rng.sample(range(10 ** (digits - 1), 10**digits), count)]


def _invented_words(rng: Random, count: int) -> list[str]:
    """Words of no language, such as `zendax`, that begin with different letters."""
    parts = ("aeiou", "lmnr", "bdgkptv", "aeiou", "kvxz")
    return [
        first + "".join(rng.choice(part) for part in parts)
        for first in rng.sample("bdfgklmnprtvz", count)
    ]


@cache
def _texts(language: str, kind: str) -> Texts:
    text = files("backlit.evaluation").joinpath("planted.json").read_text(encoding="utf-8")
    texts: Texts = json.loads(text)[language]
    return {"places": texts["places"], **texts[kind]}


_DRAFTS: Mapping[str, Callable[[Random, Texts], Draft]] = {
    "needle": _needle,
    "flipped_label": _flipped_label,
    "canary": _canary,
    "contradiction": _contradiction,
    "copied_string": _copied_string,
    "and_pair": _and_pair,
    "or_pair": _or_pair,
}
