"""Ways to ask a server for its tokens.

llama.cpp tells the bytes of each token of a text, vLLM what its vocabulary calls it.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from backlit.engines.endpoint.alignment import bytes_of_names
from backlit.engines.endpoint.answers import Ask, Ids, at, id_of, odd, read_by, rows_at
from backlit.engines.endpoint.client import Client
from backlit.types import Message

MOST_BYTES = 4_096  # of a token


class Reading(Protocol):
    """A server's way to read text."""

    def encode(self, text: str, *, whole: bool) -> tuple[list[int], Sequence[bytes | None]]:
        """The ids of a text, and the bytes of each as far as they are told."""
        ...

    def decode(self, several: Sequence[Ids]) -> list[str]:
        """The text of each of several lists of ids, with that of special ones."""
        ...

    def render(self, messages: Sequence[Message]) -> tuple[str, list[int] | None]:
        """A chat as text, and its ids if they are told; if not, they are those of the text."""
        ...


class LlamaCppReading:
    """`/tokenize` of llama.cpp, with the bytes of each token.

    Args:
        client: asks it.
        model: which of a router's models.
    """

    def __init__(self, client: Client, model: str | None) -> None:
        self._client = client
        self._named = {} if model is None else {"model": model}

    def encode(self, text: str, *, whole: bool) -> tuple[list[int], Sequence[bytes | None]]:
        told = self._post("/tokenize", content=text, add_special=whole, with_pieces=True)
        rows = rows_at(told, "tokens")
        if text and not rows:  # a server that looks for the text under another name
            raise odd("no tokens")
        ids = [id_of(at(token, "id")) for token in rows]
        return ids, [read_by(_bytes, at(token, "piece")) for token in rows]

    def decode(self, several: Sequence[Ids]) -> list[str]:
        return _texts(self._client, self._named, several, "content")

    def render(self, messages: Sequence[Message]) -> tuple[str, list[int] | None]:
        told = self._post("/apply-template", messages=_plain(messages))
        return _text(told, "prompt"), None

    def _post(self, path: str, **body: Any) -> Any:
        return self._client.post(path, {**self._named, **body})


class OpenReading:
    """`/tokenize` and `/detokenize` as vLLM and SGLang have them; arguments as for the other."""

    def __init__(self, client: Client, model: str | None) -> None:
        self._client = client
        self._named = {} if model is None else {"model": model}

    def encode(self, text: str, *, whole: bool) -> tuple[list[int], Sequence[bytes | None]]:
        told = self._tokenize(prompt=text, add_special_tokens=whole, return_token_strs=True)
        ids = [id_of(one) for one in rows_at(told, "tokens")]
        if text and not ids:
            raise odd("no tokens")
        names = told.get("token_strs")
        if isinstance(names, list) and len(names) == len(ids):
            return ids, read_by(lambda told: bytes_of_names(told, text), names)
        return ids, [None] * len(ids)

    def decode(self, several: Sequence[Ids]) -> list[str]:
        body = {**self._named, "skip_special_tokens": False}
        return _texts(self._client, body, several, "text", "prompt")

    def render(self, messages: Sequence[Message]) -> tuple[str, list[int] | None]:
        told = self._tokenize(messages=_plain(messages), add_generation_prompt=True)
        ids = [id_of(one) for one in rows_at(told, "tokens")]
        (text,) = self.decode([ids])
        return text, ids

    def _tokenize(self, **body: Any) -> Any:
        return self._client.post("/tokenize", {**self._named, **body})


def _texts(client: Client, body: dict[str, Any], several: Sequence[Ids], *names: str) -> list[str]:
    """What each of several lists of ids is as text, which is told by one of some names."""
    asks = [
        Ask("/detokenize", {**body, "tokens": list(ids)}, lambda told: _text(told, *names))
        for ids in several
    ]
    told = dict(client.asks(asks, free=True))
    return [told[place] for place in range(len(asks))]


def _bytes(piece: Any) -> bytes:
    if isinstance(piece, str):
        return piece.encode()
    if not isinstance(piece, list) or len(piece) > MOST_BYTES:
        raise odd("a token without its bytes")
    return bytes(piece)


def _text(told: Any, *names: str) -> str:
    for name in names:
        if isinstance(told, dict) and isinstance(told.get(name), str):
            return str(told[name])
    raise odd("no text")


def _plain(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]
