"""A map, and whether it was found faithful."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from backlit.display.figure import count_of, decimals_of, ranking, short
from backlit.display.speech import digits, percent, say
from backlit.errors import MissingPackageError, OptionsError
from backlit.explanation.interval import Estimate
from backlit.explanation.proof import Proof
from backlit.explanation.trace import Trace
from backlit.types import (
    WRITTEN,
    Aggregate,
    GenerationOptions,
    Granularity,
    ParameterValue,
    Quantity,
    Scope,
    ScoredSegment,
    Span,
    Target,
    Verdict,
)

if TYPE_CHECKING:
    import pandas

SCOPES: Mapping[Scope, tuple[bool, ...]] = {
    "prompt": (False,),  # whether the model wrote it
    "response": (True,),
    "both": (False, True),
}


@dataclass(frozen=True, slots=True)
class Curve:
    """What an order of segments does to the objective.

    Attributes:
        deletion: nats, or percentage points, that are lost without the first `steps[i]` segments.
        insertion: the same when only the first `steps[i]` are left.
        tokens: how many tokens the first `steps[i]` are; empty if an older version checked.
    """

    deletion: tuple[float, ...]
    insertion: tuple[float, ...]
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Faithfulness:
    """Whether a map's order beats chance; see `backlit.explaining.faithfulness`.

    Attributes:
        steps: how many segments are taken away, or left, at each point of the curves.
        order: token spans of the segments, in the order of the map.
        map_order: the curve of the map's order.
        leave_one_out: the curve of the exact leave-one-out order.
        random_orders: curves of random orders, as many as were needed for the verdict.
        comprehensiveness: mean lost over `deletion`; more is better.
        sufficiency: mean lost over `insertion`; less is better.
        percentile: share of random orders whose deletion loses less, in percent.
        verdict: `holds`, `weak` or `chance`.
        sentence: the verdict for people.
        percentile_per_token: as `percentile`, of nats lost by token taken away: a long segment
            that is taken away early gains nothing by its length. None if an older version checked.
        kept: token spans that were left out of the check.
    """

    steps: tuple[int, ...]
    order: tuple[Span, ...]
    map_order: Curve
    leave_one_out: Curve
    random_orders: tuple[Curve, ...]
    comprehensiveness: float
    sufficiency: float
    percentile: float
    verdict: Verdict
    sentence: str
    percentile_per_token: float | None = None
    kept: tuple[Span, ...] = ()

    def __repr__(self) -> str:
        return f"<Faithfulness: {self.verdict}; {self.sentence}>"


@dataclass(frozen=True, slots=True)
class Provisional:
    """What is known of a map's order while it is checked.

    Attributes:
        orders: random orders that were run so far.
        percentile: share of them that lose less than the map's, in percent.
        low: of the share of all random orders, percent: lower end of Wilson's 95% interval.
        high: its upper end.
        verdict: what it would be if no more were run.
        sentence: that for people.
        decided: whether none that is left could change the verdict.
    """

    orders: int
    percentile: float
    low: float
    high: float
    verdict: Verdict
    sentence: str
    decided: bool


@dataclass(frozen=True, slots=True)
class Share:
    """How many answers say a target with everything there, and how they were drawn.

    Attributes:
        samples: answers that were written after each prompt.
        options: how each was written; the seeds are this one and those that follow it, or the model
            takes none. None where that was left out of a report.
        with_all: the share with everything there, of 1, with Wilson's 95% interval.
        pattern: the regular expression that answers match which count; None if those do that have
            the target's words, whatever their case and white space.
    """

    samples: int
    options: GenerationOptions | None
    with_all: Estimate
    pattern: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Attribution:
    """How much each segment before the target mattered to it: a map.

    The objective is the target's summed log-probability (less the foil's, if there is one), nats,
    so where `signed`, a positive score supports the target. Where `measure` is `share`, it is the
    share of answers that say the target instead: scores are percentage points, the segments are
    those of the prompt alone, `share` says what was drawn, and there is no `target_log_prob`.
    `token_scores` (one per token before the target) are kept by methods that score tokens, so that
    other granularities need no model; `aggregate` says how they were joined, and is None for
    methods that score whole segments. `convergence_delta` is the sum of a complete method's scores
    less what they should sum to. `notes` are sentences that a person should read with the scores.
    `faithfulness` is there once the map was checked, `proofs` once its first segments were taken
    away, `trace` once it was carried on through the response's own sentences.
    """

    method: str
    params: Mapping[str, ParameterValue] = field(hash=False)
    target: Target
    granularity: Granularity
    segments: tuple[ScoredSegment, ...]
    signed: bool
    target_log_prob: float | None
    pattern: str | None = None
    aggregate: Aggregate | None = None
    token_scores: tuple[float, ...] | None = None
    convergence_delta: float | None = None
    foil_log_prob: float | None = None
    notes: tuple[str, ...] = ()
    faithfulness: Faithfulness | None = None
    proofs: tuple[Proof, ...] = ()
    trace: Trace | None = None
    measure: Quantity = "log_prob"
    share: Share | None = None

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        """One score for each segment, shape `(segments,)`."""
        return np.array([segment.score for segment in self.segments], dtype=np.float64)

    @property
    def coarse_to_fine(self) -> bool:
        """Whether segments were cut at granularities that differ."""
        return any(segment.level for segment in self.segments)

    def top(self, count: int = 5, scope: Scope = "both") -> list[ScoredSegment]:
        """The segments of largest magnitude, the first first, without the template's.

        Args:
            count: the most that are returned.
            scope: only those of the prompt, only those that the response has before the target, or
                both.

        Raises:
            OptionsError: another scope.
        """
        if scope not in SCOPES:
            raise OptionsError(f"There is no scope {scope!r}.", f"Use one of {', '.join(SCOPES)}.")
        order = [one for one in ranking(self.segments) if (one.role in WRITTEN) in SCOPES[scope]]
        return order[: max(0, count)]

    def to_frame(self) -> "pandas.DataFrame":
        """The segments as a table: token span, text, role, score and what is known of it.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise MissingPackageError(
                "A table needs pandas, which is not installed.", "Run: pip install pandas"
            ) from error
        columns = ScoredSegment.__dataclass_fields__
        return pandas.DataFrame(
            [{name: getattr(one, name) for name in columns} for one in self.segments],
            columns=list(columns),
        )

    def caption(self) -> str:
        """Method and granularity."""
        method = self.method
        if self.measure == "share":
            method = say("{method}, share of answers", method=method)
        if self.coarse_to_fine:
            return say("{method} by coarse to fine", method=method)
        return say("{method} by {unit}", method=method, unit=say(self.granularity))

    def meaning(self) -> str:
        """What the scores mean: sentences, the last without its full stop."""
        foil = self.target.foil
        if not self.signed:
            sign = say("larger mattered more")
        elif foil:
            sign = say("positive supports the target over the foil")
        else:
            sign = say("positive supports the target")
        if self.share is not None:
            return say("{sign}. {share}", sign=sign, share=share_sentence(self.share))
        if self.target_log_prob is None:
            return sign
        known = say(
            "{sign}. log p(target) = {nats} nats", sign=sign, nats=digits(self.target_log_prob, 3)
        )
        if foil and self.foil_log_prob is not None:
            known += say(
                ", log p(foil “{foil}”) = {nats} nats",
                foil=foil.text.strip(),
                nats=digits(self.foil_log_prob, 3),
            )
        return known

    def __repr__(self) -> str:
        decimals = decimals_of(self.measure)
        first = "".join(f"; first {short(s.text)} {s.score:+.{decimals}f}" for s in self.top(1))
        return f"<Attribution: {self.caption()}, {count_of(len(self.segments), 'segment')}{first}>"


def share_sentence(share: Share) -> str:
    """What was counted, without its full stop."""
    known = share.with_all
    low, high = known.low or 0.0, known.high or 0.0  # of a share they are known
    shown, samples = percent(known.value), digits(share.samples)
    if share.pattern is None:
        said = say("{share} of {samples} answers have these words", share=shown, samples=samples)
    else:
        said = say(
            "{share} of {samples} answers match {pattern}",
            share=shown,
            samples=samples,
            pattern=f"/{share.pattern}/",
        )
    return say(
        "Scores are percentage points of the share of answers: {said} with everything there "
        "({low} to {high})",
        said=said,
        low=percent(low),
        high=percent(high),
    )
