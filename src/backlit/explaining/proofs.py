"""Proofs: parts are taken away, and what that does is measured.

A score estimates, or says where an answer was read from; what an answer needs is another question,
and the only way to know is to take a part away. Each of the first segments of a map is, alone.
Where two or more of them do next to nothing alone, they are taken away together too: each may cover
for the others. What the response has before the target stays, or is written anew as well
(`reasoning.py`).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from backlit.display.words import SAME, times_likely
from backlit.engines.base import as_scorer
from backlit.errors import CapabilityError, InputError, OptionsError
from backlit.explaining.reasoning import is_usual, reasoning_before, written_anew
from backlit.explanation import Proof, Rethought
from backlit.methods.objective import Objective
from backlit.progress import SILENT, Progress
from backlit.types import (
    Bound,
    GenerationOptions,
    Segment,
    Span,
    TokenSequence,
    joined,
    opposite,
)

LITTLE = math.log(2)  # nats: who costs less than that alone may have somebody who covers for it
GAIN = -0.05  # nats: who stood against the target covers for nobody
MAX_SAMPLES = 100

Spans = tuple[Span, ...]


def prove(
    objective: Objective,
    segments: Sequence[Segment],
    progress: Progress = SILENT,
    *,
    think_again: int = 0,
) -> Iterator[Proof]:
    """Take each of these away, then those together that did next to nothing alone.

    What of the prompts is known, from a method or a check of this objective, is not run again.

    Args:
        objective: what the map explains.
        segments: the first ones of a map.
        progress: told of the phase `prove`.
        think_again: how often what stands before the target is written anew, as for `Remover`.

    Yields:
        A proof for each segment without which something is left to read, in the order given; then
        one for several, if two or more lost less than `LITTLE`, gained nothing and changed nothing.

    Raises:
        CapabilityError: the engine can't say how likely a given text is.
        InputError: without any of them, nothing is left to read.
        OptionsError: `think_again` is out of range.
    """
    remover = Remover(objective, think_again)
    alone = [((s.start, s.stop),) for s in segments]
    alone = [spans for spans in alone if remover.leaves(spans)]
    if not alone:
        raise InputError("Nothing would be left before the target.", "Choose a finer granularity.")
    progress("prove", 0, len(alone))
    remover.measure(alone)
    little: list[Span] = []
    for done, one in enumerate(alone, start=1):
        proof = remover.proof(one)
        yield proof
        progress("prove", done, len(alone))
        if GAIN < proof.lost < LITTLE and not proof.changed and proof.bound is None:
            little += one
    together = tuple(sorted(little))
    if len(together) > 1 and remover.leaves(together):
        yield remover.proof(together)


def take_away(objective: Objective, spans: Spans, *, think_again: int = 0) -> Proof:
    """Take these away, all together; arguments and errors are those of `prove`."""
    remover = Remover(objective, think_again)
    if not remover.leaves(spans):
        raise InputError("Nothing would be left before the target.", "Leave some of it.")
    return remover.proof(spans)


class Remover:
    """Takes parts away from before a target, and measures what that does.

    Args:
        objective: of the target.
        think_again: how often what the response has before the target is written anew: 0 is not at
            all, 1 greedily, more are samples at temperature 1. Nothing is where nothing stands.

    Raises:
        CapabilityError: the engine can't say how likely a given text is, or is to write and can't.
        OptionsError: `think_again` is out of range.
    """

    def __init__(self, objective: Objective, think_again: int = 0) -> None:
        as_scorer(objective.engine)
        if not 0 <= think_again <= MAX_SAMPLES:
            raise OptionsError(f"think_again is {think_again}.", f"Use 0 to {MAX_SAMPLES}.")
        self._writes = "generate" in objective.engine.capabilities
        if think_again and not self._writes:
            raise CapabilityError(
                f"{objective.engine.name} writes nothing, so it can't think again.",
                "Keep what the answer has before the target.",
            )
        self.samples = think_again
        self._objective = objective
        self._sequence = objective.sequence
        tokens = self._sequence.tokens[: objective.target.start]
        text = self._sequence.text[: tokens[-1].stop]
        self._before = TokenSequence(text, tokens, len(tokens))
        self._reasoning = reasoning_before(self._sequence, objective.target)
        end = self._sequence.tokens[objective.target.stop - 1].stop
        self._several_lines = "\n" in self._sequence.text[len(text) : end].strip()
        self._seeds = (None,) if think_again == 1 else tuple(range(think_again))
        self._known: tuple[int, ...] | None = None  # what the model says with everything there
        # nats lost by thinking again alone, and what they tell
        self._control: tuple[float, Bound | None] | None = None

    def leaves(self, spans: Spans) -> bool:
        """Whether something is left to read without these."""
        return bool(self._before.without(spans).tokens)

    def measure(self, several: Sequence[Spans]) -> None:
        """Score what is asked for later: what the prompts begin with alike is run once."""
        for _ in self._objective.score([self._before.without(one).input_ids for one in several]):
            pass

    def value(self, spans: Spans) -> float:
        """The objective without these, nats, with the response as it is."""
        return self._value(self._before.without(spans))[0]

    def bound(self, spans: Spans) -> Bound | None:
        """What the loss tells that comes of it; None if it is exact."""
        return opposite(self._value(self._before.without(spans))[1])

    def proof(self, spans: Spans) -> Proof:
        """What happens without these parts, of which some text is left."""
        value, bound = self._value(self._before.without(spans))
        lost = self._objective.value() - value
        proof = Proof(spans, lost, times_likely(lost, opposite(bound)), bound=opposite(bound))
        if not self._writes:
            return proof
        ids, said = self._certain(value, bound) or self._said(self._before.without(spans))
        changed = ids != self._usual()
        again = self.rethought(spans) if self.samples else None
        return replace(proof, said=said, changed=changed, again=again)

    def can_think_again(self, spans: Spans) -> bool:
        """Whether something stands before the target that could be written without these."""
        prompt = self._sequence.prompt
        ours = [span for span in spans if span[0] < prompt.prompt_length]
        return bool(self._writes and self._reasoning and ours and prompt.without(ours).tokens)

    def rethought(self, spans: Spans) -> Rethought | None:
        """What happens if what stands before the target is written anew without these parts.

        None if that can't be. Parts of the response are none of what is written anew.
        """
        if self._reasoning is None or not self.can_think_again(spans):
            return None
        new = [self._written(self._sequence.prompt.without(spans), seed) for seed in self._seeds]
        values, bounds = zip(*(self._value(one) for one in new), strict=True)
        says = [
            self._certain(value, bound) or self._said(one)
            for value, bound, one in zip(values, bounds, new, strict=True)
        ]
        control, control_bound = self._lost_by_writing()
        lost = float(self._objective.value() - control - np.mean(values))
        bound = opposite(joined([*bounds, control_bound]))
        lead_in = self._reasoning.lead_in[1] - self._reasoning.lead_in[0]
        return Rethought(
            written=tuple(_response(one, lead_in) for one in new),
            lost=lost,
            change=times_likely(lost, bound),
            said=tuple(said for _, said in says),
            changed=float(np.mean([ids != self._usual() for ids, _ in says])),
            control=control,
            control_change=(
                times_likely(control, control_bound)
                if abs(control) > SAME or control_bound
                else None
            ),
            bound=bound,
            control_bound=control_bound,
        )

    def _lost_by_writing(self) -> tuple[float, Bound | None]:
        """Nats that are lost by writing anew with everything there, and what they tell, if they are
        not exact; what is usual is not run.
        """
        assert self._reasoning is not None
        if self._control is None:
            if self._seeds == (None,) and is_usual(self._sequence, self._reasoning.span):
                self._control = 0.0, None
            else:
                new = [self._written(self._sequence.prompt, seed) for seed in self._seeds]
                values, bounds = zip(*(self._value(one) for one in new), strict=True)
                lost = float(self._objective.value() - np.mean(values))
                self._control = lost, opposite(joined(bounds))
        return self._control

    def _written(self, prompt: TokenSequence, seed: int | None) -> TokenSequence:
        assert self._reasoning is not None
        return written_anew(self._objective.engine, prompt, self._sequence, self._reasoning, seed)

    def _value(self, context: TokenSequence) -> tuple[float, Bound | None]:
        """The objective after other words, nats, and what it tells, if it is not exact."""
        ((_, value),) = self._objective.score([context.input_ids])
        return value, self._objective.bounds([context.input_ids])[0]

    def _usual(self) -> tuple[int, ...]:
        """The ids that the model writes with everything there."""
        if self._known is None:
            target = self._objective.target
            certain = self._certain(self._objective.value())
            if certain is not None:
                self._known = certain[0]
            elif is_usual(self._sequence, (target.start, target.stop)):
                self._known = self._objective.answers[0]  # the target is what it writes
            else:
                self._known = self._said(self._before)[0]
        return self._known

    def _certain(
        self, value: float, bound: Bound | None = None
    ) -> tuple[tuple[int, ...], str] | None:
        """Ids and text of the target, if a model that finds it so likely must write it greedily.

        Where all of it together is likelier than 1/2, so is each token. Nothing is known of a
        contrast, or of a bound.
        """
        target = self._objective.target
        if target.foil is not None or bound is not None or value <= -math.log(2):
            return None
        tokens = self._sequence.tokens[: target.stop]
        text = TokenSequence("", (), 0).extended(tokens).text
        return self._objective.answers[0], text[tokens[target.start].start :]

    def _said(self, context: TokenSequence) -> tuple[tuple[int, ...], str]:
        """Ids and text that the model goes on with, greedily, at most as long as the target."""
        target = self._objective.target
        options = GenerationOptions(max_new_tokens=target.stop - target.start)
        read = TokenSequence(context.text, context.tokens, len(context.tokens))
        tokens = [t for step in self._objective.engine.generate(read, options) for t in step.tokens]
        text = read.extended(tokens).text[len(read.text) :]
        return tuple(t.id for t in tokens), text if self._several_lines else _first_line(text)


def _first_line(text: str) -> str:
    """Up to the end of the first line that is not blank."""
    end = text.find("\n", len(text) - len(text.lstrip()))
    return text if end < 0 else text[:end]


def _response(sequence: TokenSequence, end: int) -> str:
    """The text of a response without its last `end` tokens."""
    tokens = sequence.tokens[: len(sequence.tokens) - end]
    return sequence.text[len(sequence.prompt.text) : tokens[-1].stop]
