"""Several explanations beside each other: how likely each answer is after each prompt, in words."""

import difflib
import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from pathlib import Path

from backlit.display.figure import count_of, one_line
from backlit.display.words import times_likely
from backlit.errors import InputError
from backlit.explanation.explanation import Explanation
from backlit.explanation.file import write_file
from backlit.explanation.finding import named
from backlit.explanation.proof import MAX_WORDS
from backlit.explanation.report import NOBODY, LogProbs, Part, Report, form_of, parts_of
from backlit.types import Message, Prompt, Scope, ScoredSegment, Target

MAX_LINES = 20_000  # of prompts whose lines are told apart


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """Explanations, and how likely the answer of each is after the prompt of each.

    An answer is the target of an explanation's first map, without one its whole response; what the
    response has before it stays as it is, whatever the prompt.

    Attributes:
        explanations: two or more, the first of which the others are compared with.
        log_probs: nats, `(prompts, answers)`; None where another model would have to say, and
            where it can't be said.
    """

    explanations: tuple[Explanation, ...]
    log_probs: LogProbs

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
        return Comparison(self.explanations, tuple(rows))

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
        return [f"model {known.index(name) + 1}" if len(known) > 1 else NOBODY for name in names]

    def _said(self, index: int, name: str) -> str:
        before, after = one_line(self.answer(0)), one_line(self.answer(index), MAX_WORDS)
        same = one_line(self.answer(index)) == before
        words = f"“{after}”" if after else "nothing"
        model = self.explanations[index].generation.model
        who = "the model" if model == self.explanations[0].generation.model else name
        return f"{who} still says {words}" if same else f"{who} says {words}"

    def _old_answer(self, index: int) -> str | None:
        """How likely the first answer is after this prompt, beside how it was after its own."""
        before, after = self.log_probs[0][0], self.log_probs[index][0]
        if before is None or after is None:
            return None
        same = one_line(self.answer(0)) == one_line(self.answer(index))
        return f"{'that' if same else 'its old answer'} is {times_likely(before - after)}"

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
            tuple(self.sentence(index, without=parts) for index in range(1, len(self))),
        )

    def to_json(self) -> str:
        """The answers, the matrix and the sentences as JSON; the explanations have their own."""
        shown = {
            "answers": [self.answer(index) for index in range(len(self))],
            "log_probs": self.log_probs,
            "sentences": self.sentences,
        }
        return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"

    def __str__(self) -> str:
        rows = []
        for number, row in enumerate(self.log_probs, start=1):
            cells = ["       -" if one is None else f"{one:8.3f}" for one in row]
            rows.append(f"after prompt {number}: {' '.join(cells)}")
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
        return "With another prompt"
    if old.prompt != new.prompt:
        return _prompt_changed(old.prompt, new.prompt)
    if old.muted != new.muted:
        return f"Without {count_of(len(new.muted), 'part')}" if new.muted else "With all its parts"
    if old.model != new.model:
        return "Given the same prompt"
    methods = [one.attributions[0].method for one in (before, after) if one.attributions]
    if len(set(methods)) > 1:
        return f"By {methods[1]} rather than {methods[0]}"
    return "Given the same prompt again"


def _prompt_changed(before: Prompt, after: Prompt) -> str:
    if isinstance(before, str) and isinstance(after, str):
        return _lines_changed(before.splitlines(), after.splitlines())
    if isinstance(before, str) or isinstance(after, str):
        return "With the prompt as a chat" if isinstance(before, str) else "With the chat as text"
    return _messages_changed(before, after)


def _messages_changed(before: Sequence[Message], after: Sequence[Message]) -> str:
    if len(before) != len(after):
        more, way = len(after) - len(before), "added" if len(after) > len(before) else "removed"
        return f"With {count_of(abs(more), 'message')} {way}"
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    if len(changed) == 1:
        new = after[changed[0]]
        return f"With message {changed[0] + 1} changed to {_quoted(new.content)}"
    return f"With {count_of(len(changed), 'message')} changed"


def _lines_changed(before: Sequence[str], after: Sequence[str]) -> str:
    if max(len(before), len(after)) > MAX_LINES:
        return "With another prompt"
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    blocks = [block for block in matcher.get_opcodes() if block[0] != "equal"]
    if not blocks:  # ends of lines only
        return "With other blanks at the ends of lines"
    if len(blocks) > 1:
        return f"With {len(blocks)} changes to the prompt"
    kind, old, old_end, new, new_end = blocks[0]
    if kind == "delete":
        gone = old_end - old
        return (
            f"Without line {old + 1}, {_quoted(before[old])}"
            if gone == 1
            else _lines(gone, "Without")
        )
    if kind == "insert":
        come = new_end - new
        return f"With {_quoted(after[new])} added as line {new + 1}" if come == 1 else _lines(come)
    if old_end - old == new_end - new == 1:
        return f"With line {new + 1} changed to {_quoted(after[new])}"
    return (
        f"With lines {old + 1} to {old_end} changed"
        if old_end - old > 1
        else (f"With line {old + 1} changed")
    )


def _lines(number: int, how: str = "With") -> str:
    return f"{how} {number} lines" + (" added" if how == "With" else "")


def _quoted(text: str) -> str:
    words = one_line(text, MAX_WORDS)
    return f"“{words}”" if words else "a blank line"


def _matters_most(before: Explanation, after: Explanation) -> str | None:
    """What matters most of the prompt now, if both have a map."""
    old, new = _first(before), _first(after)
    if old is None or new is None:
        return None
    still = _stays(_of_prompt(before), old, _of_prompt(after), new)
    name = named(after.generation, after.attributions[0], new)
    comma = "," if ", “" in name else ""
    return f"{name}{comma} {'still' if still else 'now'} matters most"


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
