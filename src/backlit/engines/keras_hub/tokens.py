"""KerasHub's tokenizers, for the token reader: their ids, and the characters each stands for.

Both kinds that language models have are read through the library that KerasHub itself uses,
sentencepiece or tokenizers, so that no TensorFlow is needed and ids are exact.
"""

from collections.abc import Callable, Sequence
from typing import Any

from backlit.engines.tokens import Encoding
from backlit.errors import MissingPackageError, UnsupportedModelError
from backlit.types import Message, Span

Template = Callable[[Sequence[Message]], str]

_START_OF_TURN = "<start_of_turn>"
_END_OF_TURN = ("<end_of_turn>", "<turn|>", "<|end|>", "<|eot_id|>", "<|im_end|>")


class KerasTokenizer:
    """See `backlit.engines.tokens.Tokenizer`.

    Args:
        tokenizer: of KerasHub.
        template: chat messages to text; None where the model knows no chat.

    Raises:
        UnsupportedModelError: a kind whose tokens can't be found in the text.
    """

    def __init__(self, tokenizer: Any, template: Template | None = None) -> None:
        self._start = _known(tokenizer, "start_token_id")
        self._library = _library(tokenizer)
        self._template = template
        self.chat = template is not None
        self.unknown_id = self._library.unknown_id
        self.special_ids = frozenset(
            int(i) for i in getattr(tokenizer, "special_token_ids", ()) if i is not None and i >= 0
        )

    def encode(self, text: str, *, whole: bool) -> Encoding:
        ids, offsets = self._library.encode(text)
        start = self._start
        if not whole or start is None or (ids and ids[0] == start):
            return Encoding(ids, offsets, [False] * len(ids))
        return Encoding([start, *ids], [(0, 0), *offsets], [True] + [False] * len(ids))

    def decode(self, ids: list[int]) -> str:
        return self._library.decode(ids)

    def piece(self, token_id: int) -> str:
        return self._library.piece(token_id)

    def render(self, messages: Sequence[Message]) -> str:
        assert self._template is not None, "asked only where there is a chat"
        return self._template(messages)


class _SentencePiece:
    """Reads what a SentencePiece model reads."""

    def __init__(self, proto: bytes) -> None:
        try:
            from sentencepiece import SentencePieceProcessor
        except ModuleNotFoundError as error:
            raise MissingPackageError(
                "This model's tokenizer needs sentencepiece, which is not installed.",
                "Run: pip install 'sentencepiece>=0.2.2'",
            ) from error
        self._processor: Any = SentencePieceProcessor(model_proto=proto)
        if not hasattr(self._processor, "encode_as_offset_mapping"):
            raise MissingPackageError(
                "This model's tokenizer needs a newer sentencepiece.",
                "Run: pip install --upgrade 'sentencepiece>=0.2.2'",
            )
        self.unknown_id: int | None = self._processor.unk_id()
        self._size: int = self._processor.vocab_size()
        self._control = {
            self._processor.id_to_piece(i): i
            for i in range(self._size)
            if self._processor.is_control(i)
        }

    def encode(self, text: str) -> tuple[list[int], list[Span]]:
        # A template may write out its start, which SentencePiece reads as plain characters.
        start = next((piece for piece in self._control if text.startswith(piece)), "")
        mapping = self._processor.encode(text[len(start) :], return_type="offset_mapping")
        ids = list(mapping["ids"])
        offsets = [(int(a) + len(start), int(b) + len(start)) for a, b in mapping["offsets"]]
        # Of a character in bytes only the last has its span; it is that of all of them.
        for i in reversed(range(len(ids) - 1)):
            if offsets[i][0] == offsets[i][1] and self._processor.is_byte(ids[i]):
                offsets[i] = offsets[i + 1]
        if start:
            return [self._control[start], *ids], [(0, len(start)), *offsets]
        return ids, offsets

    def decode(self, ids: list[int]) -> str:
        return str(self._processor.decode([i for i in ids if i < self._size]))

    def piece(self, token_id: int) -> str:
        if token_id >= self._size:  # models may have more embeddings than there are pieces
            return f"<{token_id}>"
        return str(self._processor.id_to_piece(token_id))


class _BytePairs:
    """Reads what a tokenizer of the tokenizers library reads."""

    unknown_id: int | None = None  # bytes can write anything

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def encode(self, text: str) -> tuple[list[int], list[Span]]:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return list(encoding.ids), list(encoding.offsets)

    def decode(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=False))

    def piece(self, token_id: int) -> str:
        return str(self._tokenizer.id_to_token(token_id))


def end_ids(tokenizer: Any) -> frozenset[int]:
    """The ids that end an answer: of the text and, where there are turns, of a turn."""
    ends = {_known(tokenizer, name) for name in ("end_token_id", "end_token2_id")}
    vocabulary = set(tokenizer.get_vocabulary())
    ends |= {int(tokenizer.token_to_id(p)) for p in _END_OF_TURN if p in vocabulary}
    return frozenset(i for i in ends if i is not None)


def gemma_turns(tokenizer: Any) -> Template | None:
    """The template of instruction-tuned Gemma models; None for a vocabulary without turns.

    What a system message says goes before the first user's words, as Gemma has no such role:
    https://ai.google.dev/gemma/docs/core/prompt-structure
    """
    if _START_OF_TURN not in set(tokenizer.get_vocabulary()):
        return None

    def render(messages: Sequence[Message]) -> str:
        system = [m.content.strip() for m in messages if m.role == "system"]
        turns = [m for m in messages if m.role != "system"]
        if not turns or any(m.role != ("user", "assistant")[i % 2] for i, m in enumerate(turns)):
            raise ValueError("user and assistant do not take turns")
        text = "<bos>"
        for number, turn in enumerate(turns):
            who = "model" if turn.role == "assistant" else "user"
            before = "\n\n".join([*system, ""]) if number == 0 else ""
            text += f"{_START_OF_TURN}{who}\n{before}{turn.content.strip()}<end_of_turn>\n"
        return f"{text}{_START_OF_TURN}model\n"

    return render


def _library(tokenizer: Any) -> _SentencePiece | _BytePairs:
    proto = getattr(tokenizer, "proto", None)
    if proto is not None:
        return _SentencePiece(proto)
    prepare = getattr(tokenizer, "_maybe_initialized_tokenizers", None)
    if prepare is not None:
        prepare()
        return _BytePairs(tokenizer._tokenizer)
    raise UnsupportedModelError(
        f"The tokens of {type(tokenizer).__name__} can't be found in the text.",
        "Choose a model with a SentencePiece or byte-pair tokenizer, such as Gemma or Llama.",
    )


def _known(tokenizer: Any, name: str) -> int | None:
    token_id = getattr(tokenizer, name, None)
    return None if token_id is None else int(token_id)
