"""The share of answers: what is measured where a model tells no log-probabilities.

After each altered prompt some answers are written, and the share of those that say the target is
the value, in percent; what a segment is worth is the share with it less that without, in
percentage points. Seeds are fixed by number, the same ones after every prompt, so results repeat
where the model takes a seed.
The answer is written anew each time, so what it has before the target is no segment of anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import regex

from backlit.display.speech import digits, say
from backlit.display.words import points
from backlit.engines.base import Engine, FloatArray
from backlit.engines.batches import generate_batch
from backlit.engines.metering import meter_of
from backlit.engines.settings import as_taken
from backlit.errors import CapabilityError, OptionsError, TargetError
from backlit.explaining.asked import TypedPattern
from backlit.explaining.blocks import block_of
from backlit.explaining.draws import Drawing
from backlit.explanation import Share
from backlit.explanation.interval import newcombe, share_of
from backlit.progress import current
from backlit.types import REASONING, SEEDS, Quantity, Target, TokenSequence

_SPACED = r"[\w--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]"
TOKENS_A_WORD = 2
AT_ONCE = 64  # answers that an engine is handed at a time


class AnswerShare:
    """The share of answers that say a target, in percent, after prompts: a `Measurable`.

    Args:
        engine: that writes.
        sequence: a prompt and its response.
        target: whose words are looked for.
        drawing: how answers are drawn, and which of them count.

    Raises:
        CapabilityError: the engine writes no answers.
        OptionsError: there is a foil: a share is of one thing.
        TargetError: the target has no words.
    """

    quantity: Quantity = "share"

    def __init__(
        self, engine: Engine, sequence: TokenSequence, target: Target, drawing: Drawing
    ) -> None:
        if "generate" not in engine.capabilities:
            raise CapabilityError(
                f"{engine.name} writes no answers, so their share can't be told.",
                "Pick another model.",
            )
        if target.foil is not None:
            raise OptionsError(
                "The share of answers is that of the target alone, without a foil.",
                "Leave the foil out.",
            )
        self.engine = engine
        self.sequence = sequence
        self.target = target
        self.samples = drawing.samples
        self.pattern = drawing.pattern
        self.options = drawing.reaching(_longest(engine, sequence, target)).options
        self.context: tuple[int, ...] = _placed(sequence.prompt)
        spoken = sequence.tokens[target.start : target.stop]
        self._reasons = spoken[0].role == REASONING
        self._words = _plain(sequence.text[spoken[0].start : spoken[-1].stop])
        self._said_so = _words_in(sequence.text, spoken[0].start, spoken[-1].stop)
        self._typed = None if drawing.pattern is None else TypedPattern(drawing.pattern)
        if self._typed is None and not self._words:
            raise TargetError("The target is white space.", "Select some words of the answer.")
        self._known: dict[tuple[int, ...], tuple[str, ...]] = {}
        self._right: dict[tuple[int, ...], int] = {}  # answers that count
        self._cut: dict[tuple[int, ...], int] = {}  # those that ended before they began

    # ---- what it is ------------------------------------------------------------------------

    def value(self) -> float:
        """The share with everything there, percent."""
        ((_, value),) = self.score([self.context])
        return value

    def record(self) -> Share:
        """What was drawn and counted with everything there."""
        right = round(self.value() * self.samples / 100)
        taken = as_taken(self.engine, self.options)
        return Share(self.samples, taken, share_of(right, self.samples), self.pattern)

    def remarks(self) -> tuple[str, ...]:
        """What a person should know of answers that ended before they said anything."""
        cut = sum(self._cut.values())
        if not cut:
            return ()
        return (
            say(
                "In {cut} of {all} answers the model used up its {tokens} tokens before it "
                "answered; allow more: max_new_tokens, the longest answer.",
                cut=digits(cut),
                all=digits(self.samples * len(self._cut)),
                tokens=digits(self.options.max_new_tokens),
            ),
        )

    def change(self, lost: float) -> str:
        """What a loss of percentage points makes of the share, in words."""
        return points(lost)

    def bounds(self, contexts: Sequence[Sequence[int]]) -> list[None]:
        """None of each: answers are counted."""
        return [None] * len(contexts)

    def intervals(self, lost: FloatArray) -> FloatArray:
        """Newcombe's intervals `(n, 2)` of losses `(n,)` from the whole, percentage points."""
        k, whole = self.samples, self.value() * self.samples / 100
        ends = [newcombe(whole, k, whole - one * k / 100, k) for one in lost.tolist()]
        return 100 * np.array(ends).reshape(-1, 2)

    def noise(self, values: FloatArray) -> FloatArray:
        """Variances of shares `(n,)`, if any share is as likely before: 0 of 10 is not sure."""
        right = values * self.samples / 100
        k = self.samples
        variances: FloatArray = 1e4 * (right + 1) * (k - right + 1) / ((k + 2) ** 2 * (k + 3))
        return variances

    def tokenize(self, text: str) -> tuple[int, ...]:
        """The ids of a text that takes the place of some of the prompt.

        Raises:
            TargetError: the tokenizer can't write it.
        """
        prompt = self.sequence.prompt
        written = self.engine.append(prompt, text).tokens[prompt.prompt_length :]
        shifted = (
            replace(t, start=t.start - len(prompt.text), stop=t.stop - len(prompt.text))
            for t in written
        )
        return _placed(TokenSequence("", (), 0).extended(shifted))

    # ---- altered prompts -------------------------------------------------------------------

    def score(self, contexts: Sequence[Sequence[int]]) -> Iterator[tuple[int, float]]:
        """The share after each context, percent: `(index, value)`.

        What was drawn before is known, also by methods that ran earlier on this objective.

        Raises:
            OptionsError: with everything there, no answer came to its beginning.
        """
        waiting: dict[tuple[int, ...], list[int]] = {}
        for index, context in enumerate(contexts):
            key = tuple(context)
            if key in self._known:
                yield index, self._share(key)
            else:
                waiting.setdefault(key, []).append(index)
        fresh = list(waiting)
        size = max(1, AT_ONCE // self.samples)
        for at in range(0, len(fresh), size):
            for key in self._draw(fresh[at : at + size]):
                for index in waiting[key]:
                    yield index, self._share(key)

    def answers(self, context: Sequence[int]) -> tuple[str, ...]:
        """What the model said after a context, in the order of seeds; drawn if need be."""
        for _ in self.score([context]):
            pass
        return self._known[tuple(context)]

    def _share(self, key: tuple[int, ...]) -> float:
        return 100 * self._right[key] / self.samples

    def _draw(self, contexts: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
        """Write all answers after these: each context once its last one is there."""
        k = self.samples
        prompts = [self._read(context) for context in contexts]
        first = self.options.seed or 0
        each = [replace(self.options, seed=(first + number) % SEEDS) for number in range(k)]
        whole = [prompt for prompt in prompts for _ in range(k)]
        left = [k] * len(prompts)
        cut = [0] * len(prompts)
        for at, step in generate_batch(self.engine, list(whole), each * len(prompts)):
            current().check()
            whole[at] = whole[at].extended(step.tokens)
            if step.finish_reason is None:
                continue
            place = at // k
            left[place] -= 1
            cut[place] += step.finish_reason == "length" and not self._said(whole[at]).strip()
            if not left[place]:
                if cut[place] == k and contexts[place] == self.context:
                    raise OptionsError(
                        f"In all {k} answers the model used up its {self.options.max_new_tokens} "
                        "tokens before it answered.",
                        "Allow more: max_new_tokens, --max-new-tokens, the longest answer.",
                    )
                self._cut[contexts[place]] = cut[place]
                mine = whole[place * k : (place + 1) * k]
                said = tuple(map(self._said, mine))
                self._known[contexts[place]] = said
                self._right[contexts[place]] = sum(map(self._counts, said))
                yield contexts[place]

    def _read(self, context: Sequence[int]) -> TokenSequence:
        """What the model reads: the tokens that are left, with their roles."""
        before = self.sequence.prompt
        read = TokenSequence("", (), 0)
        last: _Placed | None = None
        covered, at = 0, -1
        for one in context:
            assert isinstance(one, _Placed), "contexts are slices of what this objective gave out"
            token = one.source.tokens[one.place]
            if last is None or last.source is not one.source or one.place != last.place + 1:
                covered = token.start
            if one.source.prompt_length:
                at = one.place
            elif at + 1 < len(before.tokens):  # in the place of what stood there
                token = replace(token, role=before.tokens[at + 1].role)
            shift = len(read.text) - covered
            covered = max(covered, token.stop)
            read = read.extended(
                [replace(token, start=token.start + shift, stop=token.stop + shift)]
            )
            last = one
        return replace(read, prompt_length=len(read.tokens))

    def _said(self, answer: TokenSequence) -> str:
        """An answer's text, without what the model reasoned before, unless the target is there."""
        start = len(answer.prompt.text)
        block = None if self._reasons else block_of(answer)
        if block is not None:
            rest = answer.tokens[block.stop :]
            start = rest[0].start if rest else len(answer.text)
        return answer.text[start:]

    def _counts(self, answer: str) -> bool:
        if self._typed is not None:
            return bool(self._typed.search(answer))
        return bool(self._said_so.search(_plain(answer)))


class _Placed(int):
    """An id that knows which token it is: slices of a context keep it, and with it its role."""

    source: TokenSequence
    place: int


def _placed(sequence: TokenSequence) -> tuple[int, ...]:
    placed = []
    for place, token in enumerate(sequence.tokens):
        one = _Placed(token.id)
        one.source, one.place = sequence, place
        placed.append(one)
    return tuple(placed)


def _longest(engine: Engine, sequence: TokenSequence, target: Target) -> int:
    """The most tokens that it takes to come to the target."""
    tokens = target.stop - sequence.prompt_length
    meter = meter_of(engine)
    return tokens if meter is None or meter.unit == "token" else TOKENS_A_WORD * tokens


def _words_in(text: str, start: int, stop: int) -> regex.Pattern[str]:
    """Finds the same words in plain text: whole ones, where they are whole there."""
    spoken = text[start:stop]
    first = start + len(spoken) - len(spoken.lstrip())
    last = start + len(spoken.rstrip()) - 1
    before, behind = text[first - 1 : first], text[last + 1 : last + 2]
    begins = _is_spaced(text[first : first + 1]) and not _is_spaced(before)
    ends = _is_spaced(text[last : last + 1]) and not _is_spaced(behind)
    left = f"(?<!{_SPACED})" if begins else ""
    right = f"(?!{_SPACED})" if ends else ""
    return regex.compile(left + regex.escape(_plain(spoken)) + right, regex.VERSION1)


def _is_spaced(character: str) -> bool:
    """Whether it is of a word, in a script that sets words apart."""
    return bool(regex.fullmatch(_SPACED, character, regex.VERSION1))


def _plain(text: str) -> str:
    """As texts are compared: whatever their case and white space."""
    return " ".join(text.split()).casefold()
