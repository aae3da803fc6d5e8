"""Answers that a server writes as text, for engines whose tokens are our own words."""

from collections.abc import Iterator
from contextlib import closing

from backlit.engines.endpoint.answers import Stream
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.echo import Piece
from backlit.engines.function.engine import FunctionEngine
from backlit.errors import EndpointError
from backlit.types import FinishReason


class ServerText(FunctionEngine):
    """A `FunctionEngine` whose function is a server's stream."""

    client: Client

    def _parts_of(self, stream: Stream[Piece]) -> Iterator[Piece]:
        """What is written, part by part, to its end; the engine heeds stop strings.

        Raises:
            EndpointError: the server says nothing of its end.
        """
        ended: FinishReason | None = None
        with closing(self.client.streams([stream])) as told:
            for _, news in told:
                if news is None:
                    break
                text, reason = news
                ended = ended or reason
                if text:
                    yield text, None
        if ended is None:
            raise EndpointError(
                f"{self.name} ended its answer without a reason.", "Generate it again."
            )
        yield "", ended
