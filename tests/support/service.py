"""A service as its page knows it: requests in, events out; and engines that do as they are told."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from backlit.engines.base import Engine, FloatArray, GenerationStep
from backlit.engines.toy import ToyEngine
from backlit.model import Model
from backlit.progress import Progress
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.requests import Request
from backlit.serving.requests.explain import ExplainRequest
from backlit.serving.requests.generate import GenerateRequest, GenerationEvent
from backlit.serving.service import Service
from backlit.types import GenerationOptions, TokenSequence

SECONDS = 20
PROMPT = "Question: what does the dog like? Answer:"  # 10 tokens of the toy
REFERENCE = wire.SequenceRef(prompt=PROMPT)

Events = queue.Queue[wire.Event | None]


class Client:
    """Asks a service, and collects what it hears."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.service.close()

    def begin(self, request: Request) -> tuple[Events, Callable[[], None]]:
        """The events as they come, and what cancels the request."""
        events: Events = queue.Queue()
        return events, self.service.submit(request, events.put)

    def ask(self, request: Request) -> list[wire.Event]:
        """All events of a request."""
        return rest_of(self.begin(request)[0])

    def answer(self, request: Request) -> Any:
        """The last event."""
        return self.ask(request)[-1]

    def answered(self, request: Request) -> Any:
        """The last event, which is no error."""
        event = self.answer(request)
        assert not isinstance(event, wire.ErrorEvent), event.error
        return event


def rest_of(events: Events) -> list[wire.Event]:
    """What is still to come of a request."""
    return list(iter(lambda: events.get(timeout=SECONDS), None))


def until(happened: Callable[[], bool]) -> None:
    """Wait for something that nobody tells of."""
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def opened(engine: ToyEngine | BaseException) -> Client:
    """A service with a model `m` on an engine, or on an error that its loading ends in."""

    def open_engine(source: str, progress: Progress) -> ToyEngine:
        progress("download", 1, 10)
        progress("download", 10, 10)
        if isinstance(engine, BaseException):
            raise engine
        return engine

    return Client(Service([ServedModel("m", "m", open_engine)], []))


def written(
    client: Client, options: GenerationOptions | None = None, model: str = "toy"
) -> GenerationEvent:
    """An answer to `PROMPT`."""
    event = client.answered(
        GenerateRequest(model=model, reference=REFERENCE, options=options or GenerationOptions())
    )
    assert isinstance(event, GenerationEvent)
    return event


def reference_of(event: GenerationEvent) -> wire.SequenceRef:
    """What a page sends of an answer that it was sent."""
    generation = event.generation
    prompt = generation.prompt
    return wire.SequenceRef(
        prompt=prompt if isinstance(prompt, str) else list(prompt),
        muted=list(generation.muted),
        response_ids=list(generation.sequence.input_ids[generation.sequence.prompt_length :]),
        finish_reason=generation.finish_reason,
        options=generation.options,
    )


def question(client: Client, model: str = "toy", **changes: Any) -> ExplainRequest:
    """Why the answer to `PROMPT` ends as it does, by words."""
    event = written(client, model=model)
    size = len(event.generation.sequence.tokens)
    fields: dict[str, Any] = {
        "model": model,
        "reference": reference_of(event),
        "target": (size - 1, size),
        "method": "occlusion",
        "granularity": "word",
    }
    return ExplainRequest(**(fields | changes))


def about_one_token(**changes: Any) -> ExplainRequest:
    """Why a response of one token, that was not generated, to model `m`."""
    fields: dict[str, Any] = {
        "model": "m",
        "reference": REFERENCE.model_copy(update={"response_ids": [65]}),
        "target": (10, 11),
        "method": "occlusion",
    }
    return ExplainRequest(**(fields | changes))


class Watched(Model):
    """Says when somebody asks for a turn."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.asked = threading.Event()

    @contextmanager
    def turn(self) -> Iterator[None]:
        self.asked.set()
        with super().turn():
            yield


class Endless(ToyEngine):
    """Writes until it is stopped."""

    def __init__(self) -> None:
        super().__init__("m")
        self.closed = threading.Event()

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        try:
            while True:
                yield GenerationStep(tuple(self.append(prompt, "x").tokens[-1:]))
                time.sleep(0.005)  # or its events fill the memory before a test has read them
        finally:
            self.closed.set()


class Writer(ToyEngine):
    """Can't say how likely a given text is."""

    capabilities = frozenset({"generate"})

    def __init__(self) -> None:
        super().__init__("m")


class Failing(ToyEngine):
    """Raises while it scores."""

    def __init__(self, error: BaseException) -> None:
        super().__init__("m")
        self._error = error

    def score(self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]) -> Any:
        raise self._error


class Counting(ToyEngine):
    """Knows which altered prompts it scored, and holds on before one of them.

    Args:
        hold_at: how many are scored before it sets `held` and waits for `release`.
    """

    def __init__(self, hold_at: int | None = None) -> None:
        super().__init__("m")
        self.scored: list[tuple[int, ...]] = []
        self.held, self.release = threading.Event(), threading.Event()
        self._hold_at = hold_at

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        for index, log_probs in super().score(contexts, *answers):
            if len(self.scored) == self._hold_at:
                self.held.set()
                assert self.release.wait(SECONDS)
            self.scored.append(tuple(contexts[index]))
            yield index, log_probs
