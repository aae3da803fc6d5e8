"""What travels between a page (or notebook) and the service: requests in, events out.

The values of `types.py` travel as they are. The page's TypeScript types are generated from
this module through the server's OpenAPI document, so the two sides can't drift apart.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from backlit.explanation import Attribution, Faithfulness, Generation
from backlit.types import (
    GenerationOptions,
    Granularity,
    Message,
    ParameterValue,
    Prompt,
    Span,
    Target,
    Token,
    TokenSequence,
)

MAX_PROMPT_CHARACTERS = 2_000_000


class Wire(BaseModel):
    """A value on the wire: unknown fields are refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# ---- what there is -------------------------------------------------------------------------


class ErrorInfo(Wire):
    """A `BacklitError`, or a bug (`code` is then "InternalError")."""

    code: str
    message: str
    hint: str = ""


class LoadProgress(Wire):
    """How far a model's loading is: `phase` as in `engines.sources`, bytes when it downloads."""

    phase: str
    done: int = 0
    total: int | None = None


class ModelInfo(Wire):
    """A model, and once it is ready, what it can do."""

    name: str
    source: str
    status: Literal["waiting", "loading", "ready", "failed"]
    progress: LoadProgress | None = None
    error: ErrorInfo | None = None
    chat: bool = False
    context_length: int | None = None
    unavailable_methods: dict[str, str] = {}
    metadata: dict[str, str] = {}


class ParameterInfo(Wire):
    """A parameter of a method, enough to draw a form field."""

    name: str
    label: str
    description: str
    kind: Literal["int", "float", "choice", "bool", "text"]
    default: ParameterValue
    minimum: float | None = None
    maximum: float | None = None
    choices: list[str] = []


class MethodInfo(Wire):
    """A method as declared. `scores_tokens`: granularity and aggregate need no model."""

    name: str
    label: str
    description: str
    unit: str
    reference: str
    kind: Literal["gradient", "perturbation"]
    signed: bool
    complete: bool
    scores_tokens: bool
    parameters: list[ParameterInfo] = []


class ExampleInfo(Wire):
    """A row of a dataset."""

    id: str
    prompt: str | list[Message]
    target: str | None = None
    source: str | None = None
    fields: dict[str, Any] = {}


class DatasetInfo(Wire):
    name: str
    examples: list[ExampleInfo]


class State(Wire):
    """All that the page needs to draw itself."""

    version: str
    models: list[ModelInfo]
    methods: list[MethodInfo]
    datasets: list[DatasetInfo]
    granularities: list[Granularity]
    options: GenerationOptions


# ---- requests ------------------------------------------------------------------------------


class SequenceRef(Wire):
    """What a sequence is made of; the server makes the same tokens from it every time.

    `muted` are token spans of the full prompt, taken away before the response.
    """

    prompt: Annotated[str, Field(max_length=MAX_PROMPT_CHARACTERS)] | list[Message]
    muted: list[Span] = []
    response_ids: list[int] = []


class LoadRequest(Wire):
    """Load a model if it is not, and follow its progress until it is."""

    model: str


class GenerateRequest(Wire):
    """Write a response. `reference.response_ids` is not used."""

    model: str
    reference: SequenceRef
    options: GenerationOptions = GenerationOptions()


class RespondRequest(Wire):
    """Take a given response, and say how likely the model finds it.

    A text is tokenized (`finish_reason` is then "given"); ids are those of an answer that was
    stopped half way ("cancelled").
    """

    model: str
    reference: SequenceRef
    response: str | list[int]


class TargetRequest(Wire):
    """About a target (a token span of the sequence), and its foil if there is one: text, or ids
    as the model would write them.
    """

    model: str
    reference: SequenceRef
    target: Span
    foil: Annotated[str, Field(max_length=10_000)] | list[int] | None = None


class ExplainRequest(TargetRequest):
    """Score what came before the target. With a budget, from coarse to fine."""

    method: str
    params: dict[str, ParameterValue] = {}
    granularity: Granularity = "line"
    pattern: str | None = None
    budget: Annotated[int, Field(ge=1, le=20_000)] | None = None


class EstimateRequest(TargetRequest):
    """What each method would cost, with the parameters given by method."""

    params: dict[str, dict[str, ParameterValue]] = {}
    granularity: Granularity = "line"
    pattern: str | None = None


class CheckRequest(TargetRequest):
    """Whether to believe a map: segments that tile what is before the target, and scores."""

    spans: list[Span]
    scores: list[float]
    unit: Annotated[str, Field(max_length=40)] = "segment"


class MuteRequest(Wire):
    """Score the target again without some spans of what came before it."""

    model: str
    reference: SequenceRef
    target: Span
    spans: list[Span]


class SegmentRequest(Wire):
    """Cut the sequence by a regular expression."""

    model: str
    reference: SequenceRef
    pattern: str


# ---- events --------------------------------------------------------------------------------

Segmentations = dict[Granularity, list[Span]]
"""Token spans of every granularity, tiling the sequence."""


class QueuedEvent(Wire):
    """The model is busy; `ahead` requests come first."""

    type: Literal["queued"] = "queued"
    ahead: int


class ModelEvent(Wire):
    """A model's state changed: loading goes on, it is ready, or it failed."""

    type: Literal["model"] = "model"
    model: ModelInfo


class PhaseEvent(Wire):
    """What the model is about to do, where that takes seconds of its own: compile, then run."""

    type: Literal["phase"] = "phase"
    phase: Literal["compile", "run"]


class SequenceEvent(Wire):
    """The prompt as the model reads it; the response's tokens follow."""

    type: Literal["sequence"] = "sequence"
    sequence: TokenSequence
    segmentations: Segmentations


class TokensEvent(Wire):
    """The next tokens of the response."""

    type: Literal["tokens"] = "tokens"
    tokens: list[Token]


class GenerationEvent(Wire):
    """The whole of it, and where its segments are."""

    type: Literal["generation"] = "generation"
    generation: Generation
    segmentations: Segmentations


class ProgressEvent(Wire):
    """A method's progress; `scores` are segments scored since: token span and score."""

    type: Literal["progress"] = "progress"
    done: int
    total: int | None
    scores: list[tuple[int, int, float]] = []


class AttributionEvent(Wire):
    type: Literal["attribution"] = "attribution"
    attribution: Attribution
    cached: bool = False


class Cost(Wire):
    """What a method would take: forward passes, and seconds if the model's speed is known."""

    runs: float
    seconds: float | None = None


class EstimateEvent(Wire):
    """By method."""

    type: Literal["estimate"] = "estimate"
    costs: dict[str, Cost]


class CheckEvent(Wire):
    type: Literal["check"] = "check"
    faithfulness: Faithfulness


class MuteEvent(Wire):
    """The target's summed log-probability with everything there, and without the spans."""

    type: Literal["mute"] = "mute"
    log_prob: float
    muted_log_prob: float


class SegmentsEvent(Wire):
    """Spans of the custom pattern."""

    type: Literal["segments"] = "segments"
    spans: list[Span]


class ErrorEvent(Wire):
    """The request ended here."""

    type: Literal["error"] = "error"
    error: ErrorInfo


Event = Annotated[
    QueuedEvent
    | ModelEvent
    | PhaseEvent
    | SequenceEvent
    | TokensEvent
    | GenerationEvent
    | ProgressEvent
    | AttributionEvent
    | EstimateEvent
    | CheckEvent
    | MuteEvent
    | SegmentsEvent
    | ErrorEvent,
    Field(discriminator="type"),
]


# ---- what a person sees --------------------------------------------------------------------


class Seen(Wire):
    """An answer on the page, what of it is the target, and the map: kept, and set from Python.

    `attribution` is as the page shows it, cut and joined as the person chose.
    """

    generation: Generation | None = None
    segmentations: Segmentations = {}
    target: Target | None = None
    attribution: Attribution | None = None


# ---- conversions ---------------------------------------------------------------------------


def as_prompt(prompt: str | list[Message]) -> Prompt:
    return prompt if isinstance(prompt, str) else tuple(prompt)
