"""Random KerasHub models of a few thousand weights and their tokenizers, made on the spot.

Only for tests with the marker `keras`: importing this settles which framework runs Keras.
"""

import io
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import keras_hub
import numpy as np
import sentencepiece
import tokenizers

from backlit.engines.keras_hub.engine import KerasHubEngine
from backlit.engines.keras_hub.tokens import gemma_turns
from tests.support.tiny import CORPUS, tokenizer

hub = keras_hub.models

SIZES: dict[str, Any] = {
    "num_layers": 3,
    "num_query_heads": 4,
    "num_key_value_heads": 2,
    "hidden_dim": 32,
    "intermediate_dim": 48,
}
GEMMA = SIZES | {"head_dim": 8}
GEMMA3 = GEMMA | {"image_size": 16, "use_sliding_window_attention": True, "sliding_window_size": 6}
GEMMA2 = GEMMA | {
    "attention_logit_soft_cap": 50.0,
    "final_logit_soft_cap": 30.0,
    "use_sliding_window_attention": True,
    "sliding_window_size": 6,
    "use_post_ffw_norm": True,
    "use_post_attention_norm": True,
    "query_head_dim_normalize": False,
}
GPT2 = {
    "num_layers": 3,
    "num_heads": 4,
    "hidden_dim": 32,
    "intermediate_dim": 48,
    "max_sequence_length": 512,
}
FAMILIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "gemma": ("Gemma", "Gemma", GEMMA),
    "gemma2, sliding": ("Gemma", "Gemma", GEMMA2),
    "gemma3, sliding": ("Gemma3", "Gemma3", GEMMA3),
    "llama": ("Llama", "Llama", SIZES),
    "mistral, sliding": ("Mistral", "Mistral", SIZES | {"sliding_window": 6}),
    "qwen3": ("Qwen3", "Qwen3", GEMMA),
    "gpt2": ("GPT2", "GPT2", GPT2),
    "gpt_neox, cache is wrong": ("GPTNeoX", "GPT2", GPT2),
}
"""By name: the prefix of the model's classes, of its tokenizer, and its backbone's arguments."""


@cache
def sentence_pieces(start: str, end: str) -> bytes:
    """A SentencePiece model trained on the corpus, with bytes for what it has never seen."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 3),
        model_writer=written,
        vocab_size=420,
        model_type="BPE",
        byte_fallback=True,
        pad_id=0,
        bos_id=1,
        eos_id=2,
        unk_id=3,
        pad_piece="<pad>",
        bos_piece=start,
        eos_piece=end,
        user_defined_symbols=["<start_of_turn>", "<end_of_turn>"],
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return written.getvalue()


@cache
def reader(kind: str) -> Any:
    """A tokenizer of KerasHub."""
    tokenizer_class: Callable[..., Any] = getattr(hub, f"{kind}Tokenizer")
    if kind in ("Qwen3", "GPT2"):
        model = tokenizer("byte_level").backend_tokenizer.model
        state = json.loads(tokenizers.Tokenizer(model).to_str())["model"]
        vocabulary = dict(state["vocab"])
        for token in ("<|endoftext|>", "<|im_end|>"):
            vocabulary[token] = len(vocabulary)
        merges = [m if isinstance(m, str) else " ".join(m) for m in state["merges"]]
        return tokenizer_class(vocabulary=vocabulary, merges=merges)
    if kind == "Gemma3":
        return tokenizer_class(proto=sentence_pieces("<bos>", "<eos>"), has_vision_tokens=False)
    gemma = kind.startswith("Gemma")
    return tokenizer_class(
        proto=sentence_pieces(*(("<bos>", "<eos>") if gemma else ("<s>", "</s>")))
    )


def vision_encoder() -> Any:
    """What makes a Gemma 3 one that also sees."""
    return hub.Gemma3VisionEncoder(
        image_size=16,
        patch_size=4,
        pool_size=2,
        num_layers=2,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        output_dim=32,
    )


def causal_lm(family: str = "gemma3, sliding", *, preprocessor: bool = False, **more: Any) -> Any:
    """A random `CausalLM` of this family."""
    prefix, kind, sizes = FAMILIES[family]
    read = reader(kind)
    keras.utils.set_random_seed(0)
    sizes = {"vocabulary_size": read.vocabulary_size()} | sizes | more
    backbone = getattr(hub, f"{prefix}Backbone")(**sizes)
    random = np.random.default_rng(0)
    for weight in backbone.weights:  # random initial weights make all tokens alike
        if len(weight.shape) > 1:
            weight.assign(random.normal(scale=0.25, size=weight.shape))
    prepare = None
    if preprocessor:
        extra = {"image_converter": None} if prefix == "Gemma3" else {}
        prepare = getattr(hub, f"{prefix}CausalLMPreprocessor")(tokenizer=read, **extra)
    return getattr(hub, f"{prefix}CausalLM")(backbone=backbone, preprocessor=prepare)


def engine(family: str = "gemma3, sliding", **more: Any) -> KerasHubEngine:
    """An engine for a random model of this family."""
    kind = FAMILIES[family][1]
    template = gemma_turns(reader(kind)) if kind.startswith("Gemma") else None
    return KerasHubEngine(
        causal_lm(family, **more), reader(kind), family, "tiny", template=template
    )
