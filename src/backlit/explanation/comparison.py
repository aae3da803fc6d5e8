"""Several explanations beside each other: how likely each answer is after each prompt, in words."""

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from pathlib import Path

from backlit.display.figure import count_of, one_line
from backlit.display.speech import counted, say
from backlit.display.words import times_likely
from backlit.errors import InputError
from backlit.explanation.changes import prompt_changed
from backlit.explanation.explanation import Explanation
from backlit.explanation.file import write_file
from backlit.explanation.finding import named
from backlit.explanation.proof import MAX_WORDS
from backlit.explanation.report import NOBODY, LogProbs, Part, Places, Report, form_of, parts_of
from backlit.types import SIGNS, Bound, Scope, ScoredSegment, Target, joined


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """Explanations, and how likely the answer of each is after the prompt of each.

    An answer is the target of an explanation's first map, without one its whole response; what the
    response has before it stays as it is, whatever the prompt.

    Attributes:
        explanations: two or more, the first of which the others are compared with.
        log_probs: nats, `(prompts, answers)`; None where another model would have to say, and
            where it can't be said.
        at_most: the places of those of which only that is known: they are at most that.
    """

    explanations: tuple[Explanation, ...]
    log_probs: LogProbs
    at_most: Places = ()

    def __post_init__(self) -> None:
        known = range(len(self.explanations))
        if any(place not in known for pair in self.at_most for place in pair):
            raise InputError("A bound is of none of these runs.", "Compare them once more.")

    def __len__(self) -> int:
        return len(self.explanations)

    def target(self, index: int) -> Target:
        """What of a response is its answer."""
        return target_of(self.explanations[index])

    def answer(self, index: int) -> str:
        """The words of an answer."""
        one = self.explanations[index]
        return one.generation.text_of(target_of(one))

    def joined(self, other: "Comparison") -> "Comparison":
        """With what another model said of the same explanations."""
        rows = [
            tuple(a if a is not None else b for a, b in zip(mine, theirs, strict=True))
            for mine, theirs in zip(self.log_probs, other.log_probs, strict=True)
        ]
        added = [(i, j) for i, j in other.at_most if self.log_probs[i][j] is None]
        return Comparison(self.explanations, tuple(rows), (*self.at_most, *added))

    def sentence(self, index: int = 1, *, without: Collection[Part] = ()) -> str:
        """What is other than in the first: the prompt, the answer, how likely the old one is now,
        and what matters most. Every figure was measured.

        Args:
            index: of the one that is compared with the first.
            without: what is left out: of `prompt`, no words are quoted; of `model`, no name.
        """
        before, after = self.explanations[0], self.explanations[index]
        quoted = "prompt" not in without
        said = self._said(index, self._names(without)[index])
        likely = self._old_answer(index)
        most = _matters_most(before, after) if quoted else None
        clauses = [clause for clause in (said, likely, most) if clause]
        return f"{_changed(before, after, quoted=quoted)}, {'; '.join(clauses)}."

    def _names(self, without: Collection[Part]) -> list[str]:
        """What the model of each is called."""
        names = [one.generation.model for one in self.explanations]
        if "model" not in without:
            return names
        known = list(dict.fromkeys(names))
        if len(known) == 1:
            return [say(NOBODY) for _ in names]
        return [say("model {number}", number=known.index(name) + 1) for name in names]

    def _said(self, index: int, name: str) -> str:
        before, after = one_line(self.answer(0)), one_line(self.answer(index), MAX_WORDS)
        same = one_line(self.answer(index)) == before
        model = self.explanations[index].generation.model
        who = say("the model") if model == self.explanations[0].generation.model else name
        if not after:
            return (
                say("{who} still says nothing", who=who)
                if same
                else say("{who} says nothing", who=who)
            )
        if same:
            return say("{who} still says {words}", who=who, words=f"“{after}”")
        return say("{who} says {words}", who=who, words=f"“{after}”")

    def _old_answer(self, index: int) -> str | None:
        """How likely the first answer is after this prompt, beside how it was after its own."""
        before, after = self.log_probs[0][0], self.log_probs[index][0]
        if before is None or after is None:
            return None
        own: Bound | None = "at_most" if (0, 0) in self.at_most else None
        new: Bound | None = "at_least" if (index, 0) in self.at_most else None
        change = times_likely(before - after, joined([own, new]))
        if one_line(self.answer(0)) == one_line(self.answer(index)):
            return say("that is {change}", change=change)
        return say("its old answer is {change}", change=change)

    @property
    def sentences(self) -> list[str]:
        """What is other than in the first, of each but that."""
        return [self.sentence(index) for index in range(1, len(self))]

    def save(self, path: str | Path) -> None:
        """Write it, whole or not at all: as a page to hand on (`.html`), as text (`.md`), as a
        table of all segments (`.csv`), as a picture (`.svg`); all else is JSON.

        Raises:
            DiskError: the file can't be written.
            InputError: a table or a picture without a map, or a picture too large.
        """
        form = form_of(path)
        write_file(path, self.report().written(form) if form else self.to_json())

    def report(
        self,
        *,
        examples: Sequence[str | None] = (),
        scopes: Sequence[Scope] = (),
        note: str = "",
        without: Collection[Part] = (),
    ) -> Report:
        """What is handed on: see `Explanation.report`; examples and scopes are of each.

        Raises:
            InputError: more examples or scopes than explanations.
            OptionsError: no such part, or no such scope.
        """
        parts = parts_of(without)
        if max(len(examples), len(scopes)) > len(self):
            raise InputError("There are more examples than runs.", "Name one of each, or none.")
        of = zip_longest(self.explanations, self._names(parts), examples, scopes)
        known = any(one is not None for row in self.log_probs for one in row)
        return Report.of(
            tuple(
                one.reported(example, scope or "both", parts, name)
                for one, name, example, scope in of
            ),
            note,
            parts,
            self.log_probs if known else None,
            self.at_most,
            tuple(self.sentence(index, without=parts) for index in range(1, len(self))),
        )

    def to_json(self) -> str:
        """The answers, the matrix and the sentences as JSON; the explanations have their own."""
        shown = {
            "answers": [self.answer(index) for index in range(len(self))],
            "log_probs": self.log_probs,
            "at_most": self.at_most,
            "sentences": self.sentences,
        }
        return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"

    def __str__(self) -> str:
        rows = []
        for i, row in enumerate(self.log_probs):
            signs = [SIGNS["at_most"] if (i, j) in self.at_most else "" for j in range(len(row))]
            shown = ["-" if one is None else f"{one:.3f}" for one in row]
            cells = [f"{sign + one:>8}" for sign, one in zip(signs, shown, strict=True)]
            rows.append(f"after prompt {i + 1}: {' '.join(cells)}")
        answers = [
            f"answer {number}: “{one_line(self.answer(number - 1), MAX_WORDS)}”"
            for number in range(1, len(self) + 1)
        ]
        header = "log p(answer), nats, of answer 1, 2 and so on:"
        return "\n".join([*self.sentences, "", *answers, "", header, *rows])

    def __repr__(self) -> str:
        return f"<Comparison of {count_of(len(self), 'explanation')}>"


def target_of(explanation: Explanation) -> Target:
    """The target of an explanation's first map; without one, its whole response."""
    if explanation.attributions:
        return explanation.attributions[0].target
    sequence = explanation.generation.sequence
    return Target(sequence.prompt_length, len(sequence.tokens))


# ---- what is other -----------------------------------------------------------------------------


def _changed(before: Explanation, after: Explanation, *, quoted: bool) -> str:
    """How one came from the other: `With line 18 changed to “…”`."""
    old, new = before.generation, after.generation
    if old.prompt != new.prompt and not quoted:
        return say("With another prompt")
    if old.prompt != new.prompt:
        return prompt_changed(old.prompt, new.prompt)
    if old.muted != new.muted:
        if not new.muted:
            return say("With all its parts")
        return say("Without {parts}", parts=counted(len(new.muted), "part"))
    if old.model != new.model:
        return say("Given the same prompt")
    methods = [one.attributions[0].method for one in (before, after) if one.attributions]
    if len(set(methods)) > 1:
        return say("By {method} rather than {other}", method=methods[1], other=methods[0])
    return say("Given the same prompt again")


def _matters_most(before: Explanation, after: Explanation) -> str | None:
    """What matters most of the prompt now, if both have a map."""
    old, new = _first(before), _first(after)
    if old is None or new is None:
        return None
    still = _stays(_of_prompt(before), old, _of_prompt(after), new)
    name = named(after.generation, after.attributions[0], new)
    comma = "," if ", “" in name else ""
    if still:
        return say("{name}{comma} still matters most", name=name, comma=comma)
    return say("{name}{comma} now matters most", name=name, comma=comma)


def _stays(
    before: list[ScoredSegment], old: ScoredSegment, after: list[ScoredSegment], new: ScoredSegment
) -> bool:
    """The same words, and not those of a line like it, where both prompts begin or end alike."""
    if old.text.strip() != new.text.strip():
        return False
    was, now = before.index(old), after.index(new)
    if min(was, now) < _alike(before, after):
        return was == now
    was, now = len(before) - was, len(after) - now
    return was == now or min(was, now) > _alike(before[::-1], after[::-1])


def _alike(before: list[ScoredSegment], after: list[ScoredSegment]) -> int:
    """How many have the same words, from the first on."""
    pairs = zip(before, after, strict=False)
    return len(list(takewhile(lambda pair: pair[0].text.strip() == pair[1].text.strip(), pairs)))


def _of_prompt(explanation: Explanation) -> list[ScoredSegment]:
    return [one for one in explanation.attributions[0].segments if one.role == "prompt"]


def _first(explanation: Explanation) -> ScoredSegment | None:
    if not explanation.attributions:
        return None
    first = explanation.attributions[0].top(1, "prompt")
    return first[0] if first and not math.isclose(first[0].score, 0.0, abs_tol=1e-12) else None
