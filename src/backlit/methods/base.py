"""What a method is: parameters in the constructor, `attribute` as its verb.

A method is a frozen dataclass: its fields are its parameters, declared with `parameter()`, and
its class attribute `facts` is what the page, CLI and docs show and tests check.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from backlit.engines.base import Capability, Engine, FloatArray
from backlit.methods.measurable import Measurable
from backlit.methods.objective import Objective
from backlit.progress import Progress
from backlit.types import Bound, ParameterValue, Quantity, Segment

MethodKind = Literal["gradient", "perturbation"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of a method whatever its parameters; tests check it, and people are shown it.

    Attributes:
        name: identifier in code, CLI and files.
        label: as shown to people.
        description: one or two sentences for people, saying what a score means.
        unit: of a score, such as "nats".
        reference: the paper.
        kind: `gradient` (a few passes back) or `perturbation` (many altered prompts).
        signed: positive supports the target and negative opposes it; else all are >= 0.
        needs: capabilities of the engine.
        scores_tokens: scores are for tokens and summed over segments by anyone; otherwise the
            segments are what was measured.
        complete: the scores sum to a difference that the method names.
        exact_cost: `forward_passes` is what it takes, neither a bound nor a guess.
    """

    name: str
    label: str
    description: str
    unit: str
    reference: str
    kind: MethodKind
    signed: bool
    needs: tuple[Capability, ...]
    scores_tokens: bool
    complete: bool = False
    exact_cost: bool = False


@dataclass(frozen=True, slots=True)
class Scores:
    """What a method found.

    Attributes:
        values: `(target.start,)` for methods that score tokens, else `(segments,)`.
        standard_errors: of the values, for methods that sample.
        convergence_delta: for complete methods, sum of the scores minus what they should sum to.
        notes: sentences that a person should read with the scores.
        intervals: 95% intervals of the values, `(segments, 2)`, where answers were counted.
        bounds: what each value tells, `(segments,)`, where some are not exact.
    """

    values: FloatArray
    standard_errors: FloatArray | None = None
    convergence_delta: float | None = None
    notes: tuple[str, ...] = ()
    intervals: FloatArray | None = None
    bounds: Sequence[Bound | None] | None = None


@runtime_checkable
class Method(Protocol):
    """A way to say how much each earlier part mattered to the target."""

    facts: ClassVar[Facts]

    def forward_passes(self, segments: int) -> float:
        """About what it costs for so many segments, in forward passes of the whole prompt."""
        ...

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        """Score `segments`, which tile what comes before the objective's target.

        The objective's engine has the capability that the method needs. `progress` is told of
        the phase `explain`.
        """
        ...


@runtime_checkable
class Altering(Method, Protocol):
    """A method that asks for nothing but scores of altered prompts, and says of how many.

    What is scored may be anything that is `Measurable`.
    """

    def attribute(
        self, objective: Measurable, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        """As of any method."""
        ...

    def altered_prompts(self, segments: Sequence[Segment], rounds: int = 1) -> int:
        """The most prompts that it asks about, the whole one among them, each counted once.

        Args:
            segments: all that are scored in any round, those of a template too.
            rounds: how often it is run, on other segments each time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter: enough to check a value and to draw a form field."""

    name: str
    label: str
    description: str
    default: ParameterValue
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


def parameter(
    default: Any,
    label: str,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A dataclass field that is a method's parameter."""
    return field(
        default=default,
        metadata={
            "label": label,
            "description": description,
            "minimum": minimum,
            "maximum": maximum,
            "choices": choices,
        },
    )


def parameters(method: type[Method]) -> tuple[Parameter, ...]:
    """What a method declares, in order."""

    def declared(entry: Field[Any]) -> Parameter:
        assert entry.default is not MISSING, f"{method.facts.name}.{entry.name} needs a default"
        return Parameter(name=entry.name, default=entry.default, **entry.metadata)

    return tuple(declared(entry) for entry in fields(method))  # type: ignore[arg-type]


def unavailable(method: type[Method], engine: Engine) -> str | None:
    """Why `engine` can't serve `method`, or None if it can."""
    facts = method.facts
    missing = [need for need in facts.needs if need not in engine.capabilities]
    return (
        f"{facts.label} needs {_named(missing[0])}, which {engine.name} does not offer."
        if missing
        else None
    )


def unavailable_for_shares(method: type[Method], engine: Engine) -> str | None:
    """Why a method can't measure the share of answers on `engine`, or None if it can."""
    facts = method.facts
    if not hasattr(method, "altered_prompts") or set(facts.needs) != {"score"}:
        others = [need for need in facts.needs if need != "score"]
        what = _named(others[0]) if others else "more than altered prompts"
        return f"{facts.label} needs {what}, so it can't tell the share of answers."
    if "generate" not in engine.capabilities:
        return f"{engine.name} writes no answers, so their share can't be told."
    return None


def reason_against(method: type[Method], engine: Engine, measure: Quantity) -> str | None:
    """Why `engine` can't serve `method` for what is to be measured, or None if it can."""
    return (unavailable_for_shares if measure == "share" else unavailable)(method, engine)


def _named(need: Capability) -> str:
    """A capability, as people call it."""
    return {
        "generate": "responses",
        "score": "log-probabilities of given text",
        "gradient": "gradients",
        "gates": "an attention mask that can be changed",
        "relevance": "attention whose products can be shared on the way back",
        "batch": "several answers at once",
    }[need]


def params_of(method: Method) -> Mapping[str, ParameterValue]:
    """The values a method was made with."""
    return {p.name: getattr(method, p.name) for p in parameters(type(method))}
