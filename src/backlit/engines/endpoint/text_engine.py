"""A model behind a URL whose server takes and tells text alone.

Its tokens are ours: words, signs and ends of lines (`engines.function`). So what is muted and
scored is cut on the text, and an altered prompt is what is left of it, joined.
"""

from collections.abc import Iterator, Mapping

from cachetools import LRUCache

from backlit.engines.base import FloatArray
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.echo import Echo, Piece
from backlit.engines.endpoint.scoring import REMEMBERED
from backlit.engines.endpoint.server_text import ServerText
from backlit.engines.function.engine import ScoringFunctionEngine
from backlit.engines.function.pieces import pieces_of
from backlit.engines.metering import Meter
from backlit.types import GenerationOptions

AT_ONCE = 256  # altered prompts handed to the client, which knows how many go out at a time


class TextEndpointEngine(ServerText, ScoringFunctionEngine):
    """A `Scorer` of text.

    Args:
        name: what people call it.
        client: asks the server.
        echo: in what way.
        metadata: what an explanation should record.
    """

    def __init__(self, name: str, client: Client, echo: Echo, metadata: Mapping[str, str]) -> None:
        super().__init__(self._written, name, None, pieces_of, self._log_probs, AT_ONCE)
        self.metadata = metadata
        self.client = client
        self.meter = Meter(f"{client.url.scheme}://{client.place}", client, "word")
        self._echo = echo
        self._scored: LRUCache[tuple[str, str], float | FloatArray] = LRUCache(REMEMBERED)

    def _log_probs(self, prompts: list[str], response: str) -> list[float | FloatArray]:
        """Of each piece of a response after each prompt, or their sum; none is asked for twice."""
        missing = sorted({one for one in prompts if (one, response) not in self._scored})
        asks = [self._echo.of_answer(prompt, response) for prompt in missing]
        for place, echoed in self.client.asks(asks):
            pieces = echoed.of_pieces(pieces_of(response))
            found = float(echoed.log_probs.sum()) if pieces is None else pieces
            self._scored[missing[place], response] = found
        return [self._scored[prompt, response] for prompt in prompts]

    def _written(self, prompt: str, options: GenerationOptions) -> Iterator[Piece]:
        return self._parts_of(self._echo.write(prompt, options))
