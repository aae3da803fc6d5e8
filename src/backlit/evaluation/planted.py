"""Prompts with a planted cause: some lines decide the answer, and we know which.

Every prompt looks up one thing in lines of the same form, shuffled, so that neither the place nor
a rare word gives the planted line away. Most show a finished lookup or two first, then ask:

    needle          a fact among facts of its kind
    flipped_label   an example, worded as the question is, that carries the wrong label
    canary          a rule that says to answer with an odd word
    contradiction   a line against common knowledge
    copied_string   an invented word that stands in one line
    and_pair        two lines that lead from one to the other: the answer takes both
    or_pair         one line that stands twice: either will do
    other_target    the answer is another line's value than the one that is asked for
    long            a fact among some ninety lines of all sorts
    chat            a fact in the system's turn, a question in the user's
    two_hop         a fact that is needed to write a note, from which the answer is copied; in half
                    of them its value is said once more in between

That a model follows the plant is a hope, not a promise: `find_case` looks before an item counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from backlit.errors import OptionsError, UnknownNameError
from backlit.evaluation.drafts import KINDS, draft
from backlit.types import Message, Prompt, Span

LANGUAGES = ("en", "de", "es", "fr")
SPLITS = {"test": 2029, "development": 21}
"""Seeds: what is chosen is chosen on one split, and told of the other."""


@dataclass(frozen=True, slots=True)
class PlantedPrompt:
    """A prompt, the answer its plants lead to, and where they stand.

    Attributes:
        id: kind, language and number, as in `needle-de-0`.
        kind: one of `KINDS`.
        language: one of `LANGUAGES`.
        prompt: text that ends where the answer follows; of `chat`, the last line is the user's.
        answer: what the plants make a model write.
        plants: character spans of the planted lines, each with its line end.
        needs: `all` if taking any plant away changes the answer, `any` if each alone gives it.
        times: how often the answer is to be written; it is about the last.
    """

    id: str
    kind: str
    language: str
    prompt: str
    answer: str
    plants: tuple[Span, ...]
    needs: Literal["all", "any"]
    times: int = 1

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

    def asked(self, text: str | None = None) -> Prompt:
        """The prompt as a model gets it, or such a text in its place: messages if it is a chat."""
        text = self.prompt if text is None else text
        if self.kind != "chat":
            return text
        before, _, question = text.rpartition("\n")
        return Message("system", before), Message("user", question)


def planted_prompts(
    seed: int = 0,
    each: int = 2,
    languages: Sequence[str] = LANGUAGES,
    kinds: Sequence[str] = KINDS,
) -> tuple[PlantedPrompt, ...]:
    """Write planted prompts, kind after kind; the same arguments give the same ones everywhere.

    Args:
        seed: another one gives other prompts.
        each: how many of every kind in every language.
        languages: of `LANGUAGES`, which take turns.
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
        for number in range(each)
        for language in languages
    )


def _write(seed: int, kind: str, language: str, number: int) -> PlantedPrompt:
    rng = Random(f"{seed}/{kind}/{language}/{number}")  # noqa: S311  not a secret
    drafted = draft(rng, kind, language)
    lines = [*drafted.planted, *drafted.others]
    order = list(range(len(lines)))
    rng.shuffle(order)
    prompt = drafted.intro + "\n"
    spans: dict[int, Span] = {}
    for index in order:
        start = len(prompt)
        prompt += lines[index] + "\n"
        spans[index] = (start, len(prompt))
    return PlantedPrompt(
        id=f"{kind}-{language}-{number}",
        kind=kind,
        language=language,
        prompt=prompt + "\n".join(drafted.ending),
        answer=drafted.answer,
        plants=tuple(sorted(spans[i] for i in range(len(drafted.planted)))),
        needs="any" if kind == "or_pair" else "all",
        times=drafted.times,
    )
