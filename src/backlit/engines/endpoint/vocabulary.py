"""A server's tokens: their ids, and the characters that they stand for.

What was told once is remembered: no text is read twice, and no token is asked about twice.
"""

from collections.abc import Sequence
from itertools import groupby
from threading import Lock

from cachetools import LRUCache

from backlit.engines.endpoint.alignment import aligned
from backlit.engines.endpoint.answers import Ids, Other
from backlit.engines.endpoint.reading import Reading
from backlit.engines.text import REPLACEMENT
from backlit.engines.tokens import Encoding
from backlit.types import Message

REMEMBERED = 512  # texts
ANY_TEXT = "a"  # of which it can be seen what a tokenizer puts around a text


class ServerTokenizer:
    """A `Tokenizer` that asks a server, once for each text; safe from any thread.

    Args:
        reading: how the server is asked.

    Raises:
        EndpointError: it can't be.
    """

    unknown_id: int | None = None
    thread_safe = True  # nobody waits for an answer that somebody else gets
    remote = True  # and has limits of its own
    chat = True

    def __init__(self, reading: Reading) -> None:
        self.special_ids: frozenset[int] = frozenset()
        self._reading = reading
        self._pieces: dict[int, bytes] = {}
        self._parts: set[int] = set()  # of characters: alone they have no text
        self._lock = Lock()  # of what is remembered
        self._encodings: LRUCache[tuple[str, bool], Encoding] = LRUCache(REMEMBERED)
        self._runs: LRUCache[tuple[int, ...], str] = LRUCache(REMEMBERED)
        self._chats: LRUCache[tuple[Message, ...], str] = LRUCache(REMEMBERED)
        # Vocabularies trim a text's first space, so ids are decoded behind one that is known.
        self._anchor = self._reading.encode(ANY_TEXT, whole=False)[0][-1:]
        (self._before_run,) = self._reading.decode([self._anchor])
        around = self.encode(ANY_TEXT, whole=True)
        pairs = list(zip(around.ids, around.added, strict=True))
        self.special_ids = frozenset(token_id for token_id, added in pairs if added)
        first = next((n for n, (_, added) in enumerate(pairs) if not added), len(pairs))
        self._begin = self.decode([token_id for token_id, _ in pairs[:first]])

    def learn(self, others: Sequence[Other]) -> None:
        """Remember what tokens stand for, as a server told in passing."""
        self._remember([(token_id, piece) for token_id, piece, _ in others])

    def _remember(self, pieces: Sequence[tuple[int, bytes | None]]) -> None:
        with self._lock:
            for token_id, piece in pieces:
                if piece is not None:
                    self._pieces.setdefault(token_id, piece)

    def know(self, ids: Ids) -> None:
        """Ask for the bytes of all of these at once, as far as they are not known."""
        unknown = [i for i in dict.fromkeys(ids) if not (i in self._pieces or i in self._parts)]
        if not unknown:
            return
        texts = self._reading.decode([[*self._anchor, token_id] for token_id in unknown])
        alone = [text.removeprefix(self._before_run) for text in texts]
        self._parts.update(
            token_id for token_id, text in zip(unknown, alone, strict=True) if REPLACEMENT in text
        )
        self._remember(
            [
                (token_id, None if REPLACEMENT in text else text.encode())
                for token_id, text in zip(unknown, alone, strict=True)
            ]
        )

    def encode(self, text: str, *, whole: bool) -> Encoding:
        key = (text, whole)
        with self._lock:
            known = self._encodings.get(key)
        if known is None:
            ids, pieces = self._reading.encode(text, whole=whole)
            self._remember(list(zip(ids, pieces, strict=True)))
            known = self._aligned(text, ids, whole)
        return known

    def _aligned(self, text: str, ids: list[int], whole: bool) -> Encoding:
        self.know(ids)
        encoding = aligned(text, ids, self._pieces, self.decode)
        with self._lock:
            self._encodings[text, whole] = encoding
        return encoding

    def decode(self, ids: list[int]) -> str:
        """What is known is joined; neighbours that are pieces of a character are asked for."""
        parts: list[bytes] = []
        for known, run in groupby(ids, key=self._pieces.__contains__):
            if known:
                parts += [self._pieces[token_id] for token_id in run]
            else:
                parts.append(self._run(tuple(run)).encode())
        return b"".join(parts).decode(errors="replace")

    def _run(self, ids: tuple[int, ...]) -> str:
        with self._lock:
            known = self._runs.get(ids)
        if known is None:
            (text,) = self._reading.decode([[*self._anchor, *ids]])
            known = text.removeprefix(self._before_run)
            with self._lock:
                self._runs[ids] = known
        return known

    def piece(self, token_id: int) -> str:
        return self.decode([token_id])

    def render(self, messages: Sequence[Message]) -> str:
        key = tuple(messages)
        with self._lock:
            known = self._chats.get(key)
        if known is None:
            known, ids = self._reading.render(messages)
            if ids is None and not known.startswith(self._begin):
                # llama.cpp takes away what it puts before every text itself.
                known = self._begin + known
            if ids is not None:
                self._aligned(known, ids, whole=False)
            with self._lock:
                self._chats[key] = known
        return known
