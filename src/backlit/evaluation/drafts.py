"""The lines of planted prompts: for each kind, which lead to the answer and which stand beside."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

Texts = Mapping[str, Any]  # what planted.json says for a kind in a language


@dataclass(frozen=True, slots=True)
class Draft:
    """The lines of a prompt: behind `intro`, `planted` and `others` are shuffled; then `ending`.

    The answer is to be written so many times.
    """

    intro: str
    answer: str
    planted: tuple[str, ...]
    others: tuple[str, ...]
    ending: tuple[str, ...]
    times: int = 1


def draft(rng: Random, kind: str, language: str) -> Draft:
    """The lines of a prompt of this kind."""
    return _DRAFTS[kind](rng, language)


def _needle(rng: Random, language: str) -> Draft:
    texts = _texts(language, "needle")
    return _lookup(texts, rng.sample(texts["places"], 6), _numbers(rng, 6, digits=4))


def _flipped_label(rng: Random, language: str) -> Draft:
    texts = _texts(language, "flipped_label")
    line = texts["line"]
    right, wrong = rng.sample(texts["labels"], 2)
    asked, *same = rng.sample(texts["examples"][right], 3)
    opposite = rng.sample(texts["examples"][wrong], 4)
    return Draft(
        texts["intro"],
        answer=wrong,
        planted=(line.format(key=asked, value=wrong),),
        others=(
            *(line.format(key=text, value=right) for text in same),
            *(line.format(key=text, value=wrong) for text in opposite),
        ),
        ending=(_question(line, asked),),
    )


def _canary(rng: Random, language: str) -> Draft:
    texts = _texts(language, "canary")
    return _lookup(texts, rng.sample(texts["keys"], 6), rng.sample(texts["words"], 6))


def _contradiction(rng: Random, language: str) -> Draft:
    texts = _texts(language, "contradiction")
    *facts, (_, odd) = rng.sample(texts["facts"], 7)
    values = [odd, *(value for _, value in facts[1:])]
    return _lookup(texts, [key for key, _ in facts], values)


def _copied_string(rng: Random, language: str) -> Draft:
    texts = _texts(language, "copied_string")
    return _lookup(texts, rng.sample(texts["places"], 6), _invented_words(rng, 6))


def _and_pair(rng: Random, language: str) -> Draft:
    texts = _texts(language, "and_pair")
    keys, links = rng.sample(texts["keys"], 3), _numbers(rng, 3, digits=3)
    hops = list(zip(links, rng.sample(texts["names"], 3), strict=True))
    both = [texts["both"].format(link=link, value=name) for link, name in hops]
    first = [texts["first"].format(key=k, link=x) for k, x in zip(keys, links, strict=True)]
    then = [texts["then"].format(link=link, value=name) for link, name in hops]
    ask = texts["ask"]
    shown = [ask.format(key=keys[i], value=both[i]) for i in (1, 2)]  # small models need two
    return Draft(
        texts["intro"],
        answer=both[0],
        planted=(first[0], then[0]),
        others=(*first[1:], *then[1:]),
        ending=(*shown, _question(ask, keys[0])),
    )


def _or_pair(rng: Random, language: str) -> Draft:
    """Three of six lines stand twice, so that standing twice does not give the plant away."""
    texts = _texts(language, "or_pair")
    drafted = _lookup(texts, rng.sample(texts["places"], 6), _numbers(rng, 6, digits=4))
    return Draft(
        texts["intro"],
        answer=drafted.answer,
        planted=2 * drafted.planted,
        others=(*drafted.others, *drafted.others[1:3]),
        ending=drafted.ending,
    )


def _other_target(rng: Random, language: str) -> Draft:
    """The question is about the first line, the answer stands in the third."""
    asked = rng.choice((_needle, _canary, _copied_string))(rng, language)
    plant = asked.others[1]
    value = plant.rstrip(".").split()[-1]
    others = (*asked.planted, *(line for line in asked.others if line != plant))
    return Draft(asked.intro, value, (plant,), others, asked.ending)


def _long(rng: Random, language: str) -> Draft:
    """A code among all codes, secret words, rules, colours, buses and sentences there are."""
    needle, secret = _texts(language, "needle"), _texts(language, "copied_string")
    rules, colours = _texts(language, "canary"), _texts(language, "contradiction")
    buses, sorted_ = _texts(language, "and_pair"), _texts(language, "flipped_label")
    count = len(needle["places"])
    places = rng.sample(needle["places"], count)
    drafted = _lookup(needle, places, _numbers(rng, count, digits=4))
    words = _invented_words(rng, count)
    links = _numbers(rng, len(buses["keys"]), digits=3)
    others = [
        *drafted.others,
        *_lines(secret["line"], secret["places"], words),
        *_lines(rules["line"], rules["keys"], rng.sample(rules["words"], len(rules["keys"]))),
        *(colours["line"].format(key=key, value=value) for key, value in colours["facts"]),
        *(buses["first"].format(key=k, link=x) for k, x in zip(buses["keys"], links, strict=True)),
        *(
            buses["then"].format(link=link, value=name)
            for link, name in zip(links, rng.sample(buses["names"], len(links)), strict=True)
        ),
        *(
            sorted_["line"].format(key=text, value=label)
            for label in sorted_["labels"]
            for text in sorted_["examples"][label]
        ),
    ]
    intro = _texts(language, "long")["intro"]
    return Draft(intro, drafted.answer, drafted.planted, tuple(others), drafted.ending)


def _chat(rng: Random, language: str) -> Draft:
    """The last line is the user's turn, all before it is the system's."""
    texts = _texts(language, "chat")
    keys, values = rng.sample(texts["places"], 6), _numbers(rng, 6, digits=4)
    first, *others = _lines(texts["line"], keys, values)
    question = texts["question"].format(key=keys[0])
    return Draft(texts["intro"], values[0], (first,), tuple(others), (question,))


def _two_hop(rng: Random, language: str) -> Draft:
    """A note is written first, in half of the prompts its value again, and the answer from that."""
    texts = _texts(language, "two_hop")
    keys, values = rng.sample(texts["places"], 6), _numbers(rng, 6, digits=4)
    first, *others = _lines(texts["line"], keys, values)
    again = ["again"] if rng.random() < 0.5 else []
    form = [texts[part] for part in ("question", "note", *again, "answer")]
    shown = [one.format(key=keys[i], value=values[i]) for i in (1, 2) for one in form]
    note = texts["note"].partition("{key}")[0].rstrip()
    ending = (*shown, texts["question"].format(key=keys[0]), note)
    return Draft(texts["intro"], values[0], (first,), tuple(others), ending, times=2 + len(again))


def _lookup(texts: Texts, keys: Sequence[str], values: Sequence[str]) -> Draft:
    """A line for each key; the second is looked up as an example, then the first is asked."""
    first, *others = _lines(texts["line"], keys, values)
    ask = texts["ask"]
    shown = ask.format(key=keys[1], value=values[1])
    ending = (texts["again"], shown, _question(ask, keys[0]))
    return Draft(texts["intro"], values[0], (first,), tuple(others), ending)


def _lines(form: str, keys: Sequence[str], values: Sequence[str]) -> list[str]:
    return [form.format(key=k, value=v) for k, v in zip(keys, values, strict=True)]


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


_DRAFTS: Mapping[str, Callable[[Random, str], Draft]] = {
    "needle": _needle,
    "flipped_label": _flipped_label,
    "canary": _canary,
    "contradiction": _contradiction,
    "copied_string": _copied_string,
    "and_pair": _and_pair,
    "or_pair": _or_pair,
    "other_target": _other_target,
    "long": _long,
    "chat": _chat,
    "two_hop": _two_hop,
}

KINDS = tuple(_DRAFTS)
