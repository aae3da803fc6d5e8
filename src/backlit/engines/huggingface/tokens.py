"""A fast tokenizer of transformers, for the token reader."""

from collections.abc import Sequence
from typing import Any

from backlit.engines.tokens import Encoding
from backlit.types import Message


class HuggingFaceTokenizer:
    """See `backlit.engines.tokens.Tokenizer`."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.chat = bool(getattr(tokenizer, "chat_template", None))
        self.special_ids = frozenset(tokenizer.all_special_ids)
        self.unknown_id: int | None = getattr(tokenizer, "unk_token_id", None)

    def encode(self, text: str, *, whole: bool) -> Encoding:
        encoding = self._tokenizer.backend_tokenizer.encode(text, add_special_tokens=whole)
        added = [bool(flag) for flag in encoding.special_tokens_mask]
        return Encoding(encoding.ids, encoding.offsets, added)

    def decode(self, ids: list[int]) -> str:
        text: str = self._tokenizer.backend_tokenizer.decode(ids, skip_special_tokens=False)
        return text

    def piece(self, token_id: int) -> str:
        return str(self._tokenizer.convert_ids_to_tokens(token_id))

    def render(self, messages: Sequence[Message]) -> str:
        rendered: str = self._tokenizer.apply_chat_template(
            [{"role": turn.role, "content": turn.content} for turn in messages],
            tokenize=False,
            add_generation_prompt=True,
        )
        return rendered
