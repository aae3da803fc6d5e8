"""What a kind of request is, and what its handler has to work with."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError, PydanticSerializationError

from backlit.engines.settings import as_taken
from backlit.explaining.blocks import with_block
from backlit.explaining.draws import SAMPLES
from backlit.explaining.responses import read_prompt, respond
from backlit.explanation import Attribution, Generation
from backlit.model import Model
from backlit.segments import GRANULARITIES, token_spans
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.offered import Offered
from backlit.serving.recent import Recent
from backlit.serving.shelf import Shelf
from backlit.types import Quantity, Span, TokenSequence
from backlit.workspace import Workspace

Tell = Callable[[wire.Event], None]


class Request(wire.Wire):
    """Something that a page asks for."""

    @model_validator(mode="after")
    def _has_whole_characters(self) -> Self:
        """No lone surrogates, wherever a text may stand: they can't be sent on, nor remembered."""
        try:
            self.model_dump_json()
        except PydanticSerializationError as error:
            raise PydanticCustomError("string_unicode", "half a character") from error
        return self


class ModelRequest(Request):
    """Something that a page asks a model for."""

    model: str


class SequenceRequest(ModelRequest):
    """About a prompt, with a response or without."""

    reference: wire.SequenceRef


class TargetRequest(SequenceRequest):
    """About a target (a token span of the sequence), and its foil if there is one: text, or ids
    as the model would write them.
    """

    target: Span
    foil: wire.Foil | None = None


class Counting(Request):
    """What is measured of a target: how likely it is, or the share of answers that say it.

    Of a share: `samples` are written after each altered prompt, and those count that have the
    target's words, or that match `matching`.
    """

    measure: Quantity = "log_prob"
    samples: Annotated[int, Field(ge=1, le=wire.MAX_SAMPLES)] = SAMPLES
    matching: wire.Text | None = None


class CountingRequest(TargetRequest, Counting):
    """About a target, of which one or the other is measured."""


class MapRequest(SequenceRequest):
    """About a map as it is shown: its segments tile what is before its target.

    `background`: nobody waits for it, so it makes way for all requests that are not.
    """

    attribution: Attribution
    background: bool = False


class WorkspaceRequest(Request):
    """Something that a page asks the workspace for."""


class ShelfRequest(Request):
    """Something that a page asks about the datasets."""


R = TypeVar("R", bound=ModelRequest)
W = TypeVar("W", bound=WorkspaceRequest)
S = TypeVar("S", bound=ShelfRequest)
P = TypeVar("P", bound=Request)
T = TypeVar("T")


class Work:
    """One request being answered, as its handler sees it.

    Args:
        served: the model that is asked, loaded.
        generations: made lately, so that what was annotated once need not be again.
        tell: sends an event on the way.
        shelf: the datasets.
        compiled: whether part of the time went into compiling.
    """

    def __init__(
        self,
        served: ServedModel,
        generations: Recent[Generation],
        tell: Tell,
        shelf: Shelf,
        compiled: Callable[[], bool] = lambda: False,
    ) -> None:
        assert served.model is not None, "loaded first"
        self.served = served
        self.model: Model = served.model
        self.tell = tell
        self.shelf = shelf
        self._generations = generations
        self._compiled = compiled
        self._started = time.perf_counter()

    # ---- what requests speak of ----------------------------------------------------------

    def sequence(self, reference: wire.SequenceRef) -> TokenSequence:
        """The tokens of a reference; reads, and never runs the model."""
        if (known := self._generations.get(self._key(reference))) is not None:
            return known.sequence
        prompt = read_prompt(self.model.engine, wire.prompt_of(reference.prompt), reference.muted)
        if not reference.response_ids:
            return prompt
        return with_block(self.model.engine.append(prompt, reference.response_ids))

    def generation(self, reference: wire.SequenceRef) -> Generation:
        """The answer of a reference, with its log-probabilities."""
        if (known := self._generations.get(self._key(reference))) is not None:
            return known
        return self.keep(
            respond(
                self.model.engine,
                wire.prompt_of(reference.prompt),
                reference.response_ids,
                reference.muted,
                finish_reason=reference.finish_reason,
                options=reference.options,
            )
        )

    def knows(self, reference: wire.SequenceRef) -> bool:
        """Whether the log-probabilities of its answer are known."""
        return self._generations.get(self._key(reference)) is not None

    def keep(self, generation: Generation) -> Generation:
        """Remember a generation, as requests will speak of it."""
        sequence = generation.sequence
        prompt = generation.prompt
        reference = wire.SequenceRef(
            prompt=prompt if isinstance(prompt, str) else list(prompt),
            muted=list(generation.muted),
            response_ids=list(sequence.input_ids[sequence.prompt_length :]),
            finish_reason=generation.finish_reason,
            options=generation.options,
        )
        self._generations.keep(self._key(reference), generation)
        return generation

    def _key(self, reference: wire.SequenceRef) -> str:
        options = reference.options and as_taken(self.model.engine, reference.options)
        taken = reference.model_copy(update={"options": options})
        return f"{self.served.info.name} {taken.model_dump_json()}"

    # ---- how quick the model is ----------------------------------------------------------

    def begin(self) -> None:
        """Start the clock that `learn_speed` reads."""
        self._started = time.perf_counter()

    def learn_speed(self, tokens: float) -> None:
        """So many tokens were run since `begin`, in forward passes."""
        if not self._compiled():
            self.served.learn_speed(time.perf_counter() - self._started, tokens)


@dataclass(frozen=True, slots=True)
class Kind(Generic[R]):
    """All that is known of a kind of request about a model; `requests/__init__.py` lists them.

    Attributes:
        name: the route is `/api/` and the name.
        request: its fields.
        run: answers it: tells events on the way, and returns the last.
        events: what it may be told, beside `wire.COMMON_EVENTS`.
        cached: the same request has the same answer, which is remembered; the last event then
            has a field `cached`.
        quick: it reads text and runs no model, so it need not wait for one.
    """

    name: str
    request: type[R]
    run: Callable[[R, Work], wire.Event]
    events: tuple[type[wire.Event], ...]
    cached: bool = False
    quick: bool = False


@dataclass(frozen=True, slots=True)
class KindAbout(Generic[P, T]):
    """All that is known of a kind of request about something that is no model.

    Attributes:
        name: the route is `/api/` and the name.
        request: its fields.
        run: answers it.
        events: what it may be told, beside `wire.COMMON_EVENTS`.
    """

    name: str
    request: type[P]
    run: Callable[[P, T], wire.Event]
    events: tuple[type[wire.Event], ...]


class WorkspaceKind(KindAbout[W, Workspace]):
    """One about the workspace."""


class ShelfKind(KindAbout[S, Shelf]):
    """One about the datasets."""


@dataclass(frozen=True, slots=True)
class PlainKind(Generic[P]):
    """All that is known of a kind of request that asks nothing but what it brings.

    Attributes:
        name: the route is `/api/` and the name.
        request: its fields.
        run: answers it.
        events: what it may be told, beside `wire.COMMON_EVENTS`.
    """

    name: str
    request: type[P]
    run: Callable[[P], wire.Event]
    events: tuple[type[wire.Event], ...]


@dataclass(frozen=True, slots=True)
class OfferKind(Generic[P]):
    """All that is known of a kind of request about which models there are.

    Attributes:
        name: the route is `/api/` and the name.
        request: its fields.
        served: the model that is to be loaded for it.
        run: answers it, once that is loaded.
        events: what it may be told, beside `wire.COMMON_EVENTS`.
    """

    name: str
    request: type[P]
    served: Callable[[P, Offered], ServedModel]
    run: Callable[[P, Work, Offered], wire.Event]
    events: tuple[type[wire.Event], ...]

    def about(self, offered: Offered) -> Kind[Any]:
        """The same about these models; of one that is loaded, no model need be waited for."""

        def run(request: P, work: Work) -> wire.Event:
            return self.run(request, work, offered)

        return Kind(self.name, self.request, run, self.events, quick=True)


ModelKind = Kind[Any]
AnyWorkspaceKind = WorkspaceKind[Any]
AnyKind = Kind[Any] | KindAbout[Any, Any] | PlainKind[Any] | OfferKind[Any]


def segmentations(sequence: TokenSequence) -> wire.Segmentations:
    """Where the segments of every granularity are, but for custom ones."""
    return {g: token_spans(sequence, g) for g in GRANULARITIES if g != "custom"}
