"""What holds on average, in sentences."""

from collections.abc import Iterator, Sequence

from backlit.batch.averages.effect import By, Effect, Measured, VariantSummary, between, number
from backlit.batch.averages.resampling import RESAMPLES
from backlit.display.figure import one_line
from backlit.display.speech import counted, digits, say
from backlit.display.words import points, times_likely
from backlit.explanation.interval import Estimate, in_nats

NAMED = 3  # rows, or parts, that a sentence names
FEW = 10  # rows, of which a bootstrap's interval is too narrow


def sentence(
    of: Measured, variants: Sequence[VariantSummary], index: int, find: str | None = None
) -> str:
    """What a variant did, and which part of it did the most. Every figure was measured."""
    one = variants[index]
    clauses = [_did(of, one), _found(one, find), _gained(variants[0], one), _missing(one)]
    clauses.append(_verdicts(one))
    told = "; ".join(clause for clause in clauses if clause)
    return f"{told}." if one.name is None else f"{one_line(one.name)}: {told}."


def notes(
    of: Measured, variants: Sequence[VariantSummary], by: By, *, answers: bool
) -> Iterator[str]:
    """How to read all of it.

    Args:
        of: what the scores are.
        variants: what was found.
        by: what is a part.
        answers: whether scores of the answers' own words are left out.
    """
    effects = [effect for one in variants for effect in one.effects]
    if not effects:
        return
    yield say(
        "An effect is a mean over rows ({unit}), with the interval in which 95% of means lie when "
        "rows are drawn anew {draws} times.",
        unit=of.unit,
        draws=digits(RESAMPLES),
    )
    yield say(
        "Chance is where 95% of means lie if each row's scores are dealt out at random among its "
        "parts."
    )
    yield say(
        "{parts} were looked at together, so p-values are corrected (Holm): a part stands out if "
        "its corrected p-value is under {level} and its interval does not hold 0.",
        parts=counted(len(effects), "part"),
        level=digits(0.05, 2),
    )
    if not of.signed:
        yield say("The method has no sign: larger mattered more, for the target or against it.")
    if min(effect.mean.of for effect in effects) < FEW:
        yield say("Of fewer than {few} rows, intervals are too narrow.", few=FEW)
    if any(effect.mean.bound for effect in effects):
        yield say(
            "Some scores are bounds, as the server tells no more, and so are the means that have "
            "a sign before them: their intervals are those of the bounds."
        )
    if by != "line" or of.granularity != "line":
        yield say(
            "What a part scores is the sum of what its pieces score; together they may do more "
            "or less."
        )
    if by != "role" and of.granularity in ("sentence", "paragraph", "custom"):
        yield say("What has several lines counts as the line that it begins in.")
    if answers:
        yield say("What an answer says before the target is left out.")
    if any(effect.asks for effect in effects):
        yield say("The template's last line asks; sentences do not name it.")


def _did(of: Measured, one: VariantSummary) -> str:
    if not one.effects:
        return say("nothing was measured")
    if one.mapped == 1:
        return say("one row alone has a map, which tells nothing of others")
    supports = [each for each in one.strongest if each.mean.value > 0]
    against = [each for each in one.strongest if each.mean.value < 0]
    if supports:
        told = say(
            "{name} does the most: {loses}", name=_name(supports[0]), loses=_of(of, supports)
        )
        return told + _others(supports[1:])
    if against:
        return say(
            "none of its parts speaks for the target more than by chance; {name} speaks against "
            "it: {loses}",
            name=_name(against[0]),
            loses=_of(of, against),
        )
    return say(
        "none of {parts} stands out from a random order", parts=counted(len(one.effects), "part")
    )


def _name(effect: Effect) -> str:
    return effect.part.quoted


def _of(of: Measured, effects: Sequence[Effect]) -> str:
    """By how much, and in which rows it is the other way round."""
    first = effects[0]
    mean, rows = first.mean, counted(first.mean.of, "row")
    if of.lost:
        likely = times_likely(mean.value, mean.bound)
        told = say(
            "without it the target is {change} ({nats}; {rows})",
            change=likely,
            nats=in_nats(mean),
            rows=rows,
        )
    else:
        told = say(
            "its mean is {value} ({interval}; {unit}; {rows})",
            value=number(mean.value, of.decimals, mean.bound, signed=of.signed),
            interval=between(mean.low, mean.high, of.decimals),
            unit=of.unit,
            rows=rows,
        )
    if not first.opposite:
        return told
    count = len(first.opposite)
    return say(
        "{told}, but the other way round in {rows} ({names})",
        told=told,
        rows=counted(count, "row"),
        names=named(first.opposite),
    )


def named(rows: Sequence[str]) -> str:
    """The first of some rows by their ids."""
    more = ["…"] if len(rows) > NAMED else []
    return ", ".join([*(one_line(row, 40) for row in rows[:NAMED]), *more])


def _others(effects: Sequence[Effect]) -> str:
    if not effects:
        return ""
    names = ", ".join(each.part.name for each in effects[:NAMED])
    left = len(effects) - NAMED
    if left > 0:
        return say("; {names} and {count} more stand out, too", names=names, count=left)
    if len(effects) == 1:
        return say("; {name} stands out, too", name=names)
    return say("; {names} stand out, too", names=names)


def _found(one: VariantSummary, find: str | None) -> str | None:
    if one.found is None:
        return None
    return say(
        "{find} is in {count} of {of} answers ({low} to {high} %)",
        find=find,
        count=digits(round(one.found.value * one.found.of)),
        of=digits(one.found.of),
        low=f"{100 * (one.found.low or 0):.0f}",
        high=f"{100 * (one.found.high or 0):.0f}",
    )


def _gained(first: VariantSummary, one: VariantSummary) -> str | None:
    if one.gained is None or one is first:
        return None
    change = points(-100 * one.gained.value)
    name = one_line(first.name or "")
    interval = in_points(one.gained)
    if change == points(0):
        return say("as often as with {first} ({interval})", first=name, interval=interval)
    return say(
        "{change} than with {first} ({interval})", change=change, first=name, interval=interval
    )


def in_points(one: Estimate) -> str:
    """The interval of a difference of shares, in percentage points: `70 to 100`."""
    ends = [None if end is None else 100 * end for end in (one.low, one.high)]
    return between(ends[0], ends[1], 0)


def _missing(one: VariantSummary) -> str | None:
    if one.mapped == one.runs:
        return None
    return say(
        "no map of {count} of {of} runs ({unmatched} without such words, {failed} failed)",
        count=digits(one.runs - one.mapped),
        of=digits(one.runs),
        unmatched=digits(round(one.unmatched.value * one.unmatched.of)),
        failed=digits(round(one.failed.value * one.failed.of)),
    )


def _verdicts(one: VariantSummary) -> str | None:
    if not one.verdicts:
        return None
    return say(
        "checked, {holds} of {of} maps hold up, {weak} are weak, {chance} no better than chance",
        holds=one.verdicts.get("holds", 0),
        of=sum(one.verdicts.values()),
        weak=one.verdicts.get("weak", 0),
        chance=one.verdicts.get("chance", 0),
    )
