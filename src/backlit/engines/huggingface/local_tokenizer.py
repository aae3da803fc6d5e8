"""A tokenizer by itself, for a model that is elsewhere."""

from transformers import AutoTokenizer

from backlit.engines.huggingface.tokens import HuggingFaceTokenizer
from backlit.errors import SourceError, UnsupportedModelError


def load(name: str) -> HuggingFaceTokenizer:
    """A fast tokenizer from a folder, or of a Hugging Face id.

    Raises:
        SourceError: it can't be had.
        UnsupportedModelError: it is a slow one, which does not say where its tokens are.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    except Exception as error:  # tokenizers has no kind of its own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise SourceError(
            f"The tokenizer {name!r} could not be loaded: {reason}",
            "Name a folder that has a tokenizer.json, or a Hugging Face id.",
        ) from error
    if not tokenizer.is_fast:
        raise UnsupportedModelError(
            f"The tokenizer {name!r} is a slow one, so its tokens can't be found in the text.",
            "Name one that has a tokenizer.json.",
        )
    return HuggingFaceTokenizer(tokenizer)
