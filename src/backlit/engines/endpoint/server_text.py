"""Answers that a server writes as text, for engines whose tokens are our own words."""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace

from backlit.engines.base import GenerationStep
from backlit.engines.endpoint.answers import Stream
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.echo import Piece
from backlit.engines.function.engine import FunctionEngine
from backlit.errors import EndpointError
from backlit.types import FinishReason, GenerationOptions, TokenSequence


class ServerText(FunctionEngine):
    """A `FunctionEngine` whose function is a server's stream; it is told why that ended."""

    client: Client
    _ended: FinishReason | None = None  # of what was written last, if it came to its end

    def _parts_of(self, stream: Stream[Piece]) -> Iterator[str]:
        """What is written, part by part, to its end; the engine heeds stop strings.

        Raises:
            EndpointError: the server says nothing of its end.
        """
        self._ended = None
        with closing(self.client.streams([stream])) as told:
            for _, news in told:
                if news is None:
                    break
                text, reason = news
                self._ended = self._ended or reason
                if text:
                    yield text
        if self._ended is None:
            raise EndpointError(
                f"{self.name} ended its answer without a reason.", "Generate it again."
            )

    def _steps(
        self,
        prompt: TokenSequence,
        parts: Generator[str | None, None, None],
        options: GenerationOptions,
    ) -> Iterator[GenerationStep]:
        whole = ""
        for step in super()._steps(prompt, parts, options):
            whole += "".join(token.text for token in step.tokens)
            cut = step.finish_reason == "stop" and self._ended == "length"
            stopped = any(stop in whole for stop in options.stop)
            yield replace(step, finish_reason="length") if cut and not stopped else step
