"""What travels between a page (or notebook) and the service, whatever is asked for.

What belongs to one kind of request, its fields and its events, stands in `requests/`. The values
of `types.py` and `explanation/` travel as they are. The page's TypeScript types are generated
from all of these through the server's OpenAPI document, so the two sides can't drift apart.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from backlit.data import Example
from backlit.explanation import Explanation, Variant
from backlit.methods.base import Facts, Parameter
from backlit.progress import PartialScore, Phase
from backlit.types import (
    Aggregate,
    FinishReason,
    GenerationOptions,
    Granularity,
    Message,
    Prompt,
    Span,
    Target,
)

MAX_PROMPT_CHARACTERS = 2_000_000
MAX_FOIL_CHARACTERS = 10_000
MAX_MESSAGES = 10_000  # of a chat
MAX_IDS = 1_000_000  # of a response or a foil
MAX_SPANS = 100_000
MAX_BUDGET = 20_000  # segments
MAX_VARIANTS = 200  # of a prompt
MAX_SAMPLES = 1_000  # answers that are counted after each altered prompt


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
    """How far a model's loading is, in bytes while it downloads."""

    phase: Phase
    done: int = 0
    total: int | None = None


class ModelInfo(Wire):
    """A model, and once it is ready, what it can do: which methods it can't serve, and which can't
    tell the share of its answers; which options of generating it does not take.
    """

    name: str
    source: str
    status: Literal["waiting", "loading", "ready", "failed"]
    progress: LoadProgress | None = None
    error: ErrorInfo | None = None
    chat: bool = False
    context_length: int | None = None
    unavailable_methods: dict[str, str] = {}
    unavailable_for_shares: dict[str, str] = {}
    untaken: list[str] = []
    metadata: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterInfo(Parameter):
    """A parameter of a method, and what kind of form field it needs."""

    kind: Literal["int", "float", "choice", "bool", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodInfo(Facts):
    """The facts of a method, and its parameters."""

    parameters: tuple[ParameterInfo, ...] = ()


class ExampleInfo(Wire):
    """A row of a dataset."""

    id: str
    prompt: str | list[Message]
    target: str | None = None
    source: str | None = None
    fields: dict[str, Any] = {}

    @classmethod
    def of(cls, example: Example) -> Self:
        """An example as it travels."""
        prompt = example.prompt if isinstance(example.prompt, str) else list(example.prompt)
        return cls(
            id=example.id,
            prompt=prompt,
            target=example.target,
            source=example.source,
            fields=dict(example.fields),
        )

    @property
    def example(self) -> Example:
        """What travelled."""
        return Example(self.id, prompt_of(self.prompt), self.target, self.source, self.fields)


class DatasetInfo(Wire):
    """A dataset of `count` rows, of which these are the first; `added` is one of a person's."""

    name: str
    count: int
    added: bool = False
    examples: list[ExampleInfo]


class WorkspaceInfo(Wire):
    """The file in which things are kept; `remarks` are what a person should know of it."""

    path: str
    read_only: bool
    remarks: list[str] = []


class Connectable(Wire):
    """Servers of models that a page may name: any, or those whose addresses begin like these."""

    anywhere: bool
    origins: list[str] = []


class Limits(Wire):
    """What the service takes at most."""

    prompt_characters: int = MAX_PROMPT_CHARACTERS
    foil_characters: int = MAX_FOIL_CHARACTERS
    budget: int = MAX_BUDGET


class State(Wire):
    """All that the page needs to draw itself.

    `units` is what people call a segment of each granularity. The first method that a model can
    serve is the one to begin with. Without a workspace, the browser keeps what is kept. If
    `review`, what is kept is read and reviewed, and nothing else is answered. Without
    `connectable`, models are those of the beginning. `batches` are shown by their names.
    """

    version: str
    models: list[ModelInfo]
    methods: list[MethodInfo]
    datasets: list[DatasetInfo]
    granularities: list[Granularity]
    units: dict[Granularity, str]
    aggregates: list[Aggregate]
    options: GenerationOptions
    limits: Limits = Limits()
    workspace: WorkspaceInfo | None = None
    review: bool = False
    connectable: Connectable | None = None
    batches: list[str] = []


# ---- what requests speak of ----------------------------------------------------------------

Ids = Annotated[list[int], Field(max_length=MAX_IDS)]
Spans = Annotated[list[Span], Field(max_length=MAX_SPANS)]
Text = Annotated[str, Field(max_length=MAX_PROMPT_CHARACTERS)]
Foil = Annotated[str, Field(max_length=MAX_FOIL_CHARACTERS)] | Ids

PromptText = Text | Annotated[list[Message], Field(max_length=MAX_MESSAGES)]

Segmentations = dict[Granularity, list[Span]]
"""Token spans of every granularity, tiling the sequence."""


class SequenceRef(Wire):
    """What a sequence is made of; the server makes the same tokens from it every time.

    `muted` are token spans of the full prompt, taken away before the response. `finish_reason`
    and `options` are those of the response, for the record.
    """

    prompt: PromptText
    muted: Spans = []
    response_ids: Ids = []
    finish_reason: FinishReason = "given"
    options: GenerationOptions | None = None

    @model_validator(mode="after")
    def _is_no_longer_than_a_text(self) -> Self:
        """All messages together are as long as a text may be."""
        if isinstance(self.prompt, str):
            return self
        if sum(len(message.content) for message in self.prompt) > MAX_PROMPT_CHARACTERS:
            raise PydanticCustomError(
                "string_too_long",
                "the chat is longer than {max_length} characters",
                {"max_length": MAX_PROMPT_CHARACTERS},
            )
        return self


class VariantInfo(Wire):
    """A template by a name, and what it changed of the one it was made from."""

    name: Annotated[str, Field(min_length=1, max_length=1_000)]
    template: PromptText
    change: Annotated[str, Field(max_length=1_000)] = ""

    @classmethod
    def of(cls, variant: Variant) -> Self:
        """As it travels."""
        template = variant.template
        shown = template if isinstance(template, str) else list(template)
        return cls(name=variant.name, template=shown, change=variant.change)

    @property
    def variant(self) -> Variant:
        """As it is."""
        return Variant(self.name, prompt_of(self.template), self.change)


class View(Wire):
    """What a person sees: kept in a notebook, and set from Python.

    `explanation` has the answer and, once there is one, the map as the page shows it, cut and
    joined as the person chose. `target` is what is selected, also while there is no map of it.
    """

    explanation: Explanation | None = None
    segmentations: Segmentations = {}
    target: Target | None = None


def prompt_of(prompt: str | list[Message]) -> Prompt:
    """A prompt as it travels, as one."""
    return prompt if isinstance(prompt, str) else tuple(prompt)


# ---- what every request may be told --------------------------------------------------------


class Event(Wire):
    """Something that is told in answer to a request; `type` says what."""

    type: str


class QueuedEvent(Event):
    """The model is busy; `ahead` requests come first."""

    type: Literal["queued"] = "queued"
    ahead: int


class ModelEvent(Event):
    """A model's state changed: loading goes on, it is ready, or it failed."""

    type: Literal["model"] = "model"
    model: ModelInfo


class ProgressEvent(Event):
    """How far the work is; `scores` are segments scored since: token span and score."""

    type: Literal["progress"] = "progress"
    phase: Phase
    done: int = 0
    total: int | None = None
    scores: list[PartialScore] = []


class ErrorEvent(Event):
    """The request ended here."""

    type: Literal["error"] = "error"
    error: ErrorInfo


COMMON_EVENTS: tuple[type[Event], ...] = (QueuedEvent, ModelEvent, ProgressEvent, ErrorEvent)
