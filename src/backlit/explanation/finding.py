"""What was found, in words: what led to a target, what happens without it, whether to believe it.

Every figure is a proof's, measured with the part taken away; a map's scores only say which parts
were tried. So there is nothing to tell before its first part was.
"""

import math
from collections.abc import Mapping, Sequence

from backlit.display.figure import one_line
from backlit.display.speech import counted, lowered, say
from backlit.display.words import UNITS
from backlit.explanation.attribution import Attribution
from backlit.explanation.generation import Generation
from backlit.explanation.proof import MAX_WORDS, Proof
from backlit.types import Scope, ScoredSegment, Span, Verdict

NOTABLE = math.log(2)  # nats: what costs less does not stand out
MOSTLY = 0.5  # share of a map
OF: Mapping[Scope, str] = {
    "prompt": "Of the prompt, {found}",
    "response": "Of the answer so far, {found}",
}
ENDED = (".”", "!”", "?”", "…”")  # as sentences do
BELIEVED: Mapping[Verdict, str] = {
    "holds": "Checked against random orders, the map holds up.",
    "weak": "Checked against random orders, the map is weak.",
    "chance": "Checked against random orders, the map is no better than chance.",
}


def finding(generation: Generation, one: Attribution, scope: Scope = "both") -> str | None:
    """What was found about a target, for people; None before its first part was taken away.

    Args:
        generation: that the map is of.
        one: the map, with its proofs and its check as far as they are known.
        scope: what is spoken of: the prompt, what the response has before the target, or both.

    Raises:
        OptionsError: no such scope.
    """
    found = measured(generation, one, scope)
    if found is None or one.faithfulness is None:
        return found
    return f"{found} {say(BELIEVED[one.faithfulness.verdict])}"


def measured(generation: Generation, one: Attribution, scope: Scope = "both") -> str | None:
    """The same without the check."""
    order = one.top(len(one.segments), scope)
    alone = {proof.spans[0]: proof for proof in one.proofs if len(proof.spans) == 1}
    tried = [segment for segment in order if _span(segment) in alone]
    if not order or order[0] not in tried:
        return None
    notable = [segment for segment in tried if _stands_out(alone[_span(segment)])]
    if notable:
        most = max(notable, key=lambda segment: alone[_span(segment)].lost)
        read = _read_from(generation, one, order, most)
        effect = _effect(one, alone[_span(most)])
        found = f"{read} {say('Without it, {effect}', effect=effect)}"
    else:
        found = _together(generation, one, order) or _nothing(one, order, alone)
    if len(order) == len(one.top(len(one.segments))):
        return found
    return say(OF[scope], found=lowered(found))


def _stands_out(proof: Proof) -> bool:
    """Whether the target got much less likely, or something else was said in its place; of a share
    of answers, whether it got lower, as far as its interval tells.
    """
    if proof.measure == "share":
        return proof.sure
    if proof.bound not in (None, "at_least"):
        return False  # it may have lost nothing
    lost_some = proof.lost > 0 or proof.bound == "at_least"
    return proof.lost >= NOTABLE or (lost_some and bool(proof.changed))


def _may_stand_out(proof: Proof) -> bool:
    """Whether it might, if more were known than a bound."""
    return proof.bound in ("at_least", "about") or (
        proof.bound == "at_most" and proof.lost >= NOTABLE
    )


def _source(one: Attribution, order: Sequence[ScoredSegment]) -> ScoredSegment | None:
    """The first that speaks for the target."""
    return next((segment for segment in order if segment.score > 0 or not one.signed), None)


def _read_from(
    generation: Generation, one: Attribution, order: Sequence[ScoredSegment], most: ScoredSegment
) -> str:
    """Where it was read from; and what it needs, if that is another part."""
    source = _source(one, order)
    needed = named(generation, one, most)
    if source is None or (one.share is not None and most is not source):
        return say("It needs {needed} most.", needed=needed)
    if most is not source:
        read = named(generation, one, source)
        return say(
            "It was read first of all from {read}, and needs {needed} most.",
            read=read,
            needed=needed,
        )
    whole = sum(abs(segment.score) for segment in order)
    end = "" if needed.endswith(ENDED) else "."
    if source.score >= MOSTLY * whole:
        return say("Mostly {needed}", needed=needed) + end
    return say("Above all {needed}", needed=needed) + end


def _together(
    generation: Generation, one: Attribution, order: Sequence[ScoredSegment]
) -> str | None:
    """Several that matter only together, if that was found."""
    by_span = {_span(segment): segment for segment in order}
    unsure = any(len(proof.spans) == 1 and _may_stand_out(proof) for proof in one.proofs)
    for proof in one.proofs:
        if len(proof.spans) > 1 and _stands_out(proof) and by_span.keys() >= set(proof.spans):
            *names, last = [named(generation, one, by_span[span]) for span in proof.spans]
            told = {"names": ", ".join(names), "last": last, "effect": _effect(one, proof)}
            if unsure:
                return say(
                    "Together {names} and {last}: what each does alone is known as a bound only. "
                    "Without them, {effect}",
                    **told,
                )
            return say(
                "No part alone, but {names} and {last}: each may cover for the other. "
                "Without them, {effect}",
                **told,
            )
    return None


def _nothing(one: Attribution, order: Sequence[ScoredSegment], alone: Mapping[Span, Proof]) -> str:
    spans = {_span(segment) for segment in order}
    proofs = [alone[span] for span in map(_span, order) if span in alone]
    if any(map(_may_stand_out, proofs)):
        return say(
            "Nothing stands out for sure: without some of the first {parts}, the server tells only "
            "a bound.",
            parts=counted(len(proofs), "part"),
        )
    if len(proofs) == 1:
        effect = _effect(one, proofs[0])
        return say("Nothing stands out. Without the first part, {effect}", effect=effect)
    together = any(len(proof.spans) > 1 and spans.issuperset(proof.spans) for proof in one.proofs)
    parts, target = counted(len(proofs), "part"), _target(one)
    if one.share is not None:
        how = say("taken away alone or together") if together else say("taken away alone")
        return say(
            "Nothing stands out: none of the first {parts}, {how}, lowers {target} by more than "
            "chance may.",
            parts=parts,
            how=how,
            target=target,
        )
    if together:
        return say(
            "Nothing stands out: none of the first {parts}, taken away alone or together, makes "
            "{target} even 2 times less likely.",
            parts=parts,
            target=target,
        )
    return say(
        "Nothing stands out: none of the first {parts}, taken away alone, makes "
        "{target} even 2 times less likely.",
        parts=parts,
        target=target,
    )


def _effect(one: Attribution, proof: Proof) -> str:
    effect = say("{target} is {change}", target=_target(one), change=proof.change)
    if proof.interval is not None:
        low, high = proof.ends()
        return say("{effect} ({low} to {high}).", effect=effect, low=low, high=high)
    if proof.changed is None or proof.said is None:
        return f"{effect}."
    if not proof.changed:
        return say("{effect}, but the model still says the same.", effect=effect)
    words = one_line(proof.said, MAX_WORDS)
    if not words:
        return say("{effect}, and the model says nothing instead.", effect=effect)
    return say("{effect}, and the model says {said} instead.", effect=effect, said=f"“{words}”")


def _target(one: Attribution) -> str:
    if one.share is not None and one.share.pattern is not None:
        return say("the share of answers that match")
    if one.share is not None:
        return say("the share of answers with these words")
    foil = one.target.foil
    if foil is None:
        return say("this answer")
    return say("this answer rather than “{foil}”", foil=one_line(foil.text, MAX_WORDS))


def named(generation: Generation, one: Attribution, segment: ScoredSegment) -> str:
    """`line 18, “…”` of a prompt's text; elsewhere what it is, and its words."""
    level = segment.level or one.granularity
    unit = say(UNITS[level])
    words = f"“{one_line(segment.text, MAX_WORDS)}”"
    sequence = generation.sequence
    if segment.start >= sequence.prompt_length:
        return say("the answer’s own {unit} {words}", unit=unit, words=words)
    if level != "line" or not isinstance(generation.prompt, str):
        return say("the {unit} {words}", unit=unit, words=words)
    start = sequence.tokens[segment.start].start
    blank = len(segment.text) - len(segment.text.lstrip())
    number = sequence.text.count("\n", 0, start + blank) + 1
    return say("line {number}, {words}", number=number, words=words)


def _span(segment: ScoredSegment) -> Span:
    return segment.start, segment.stop
