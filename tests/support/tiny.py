"""Random models of a few thousand weights, and tokenizers of every kind, trained on the spot."""

from typing import Any

import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    PreTrainedTokenizerFast,
)

from backlit.engines.huggingface.engine import HuggingFaceEngine
from backlit.errors import Cancelled
from backlit.progress import Progress

CORPUS = [
    "The cat likes warm milk. The dog likes cold water, and so on and on.",
    "Soru: kedi ne sever? Cevap: ılık süt. İstanbul'da hava güzel.",
    "一 二 三 东京 東京です。 Ünïcödé é è\tand\r\nnew lines\n\nhere. 👩‍🚀",
]
TEMPLATE = (
    "{% for m in messages %}<s>{{ m['role'] }}\n{{ m['content'] | trim }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
GPT2: dict[str, Any] = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 512}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("llama", SIZES),
    "mistral, sliding": ("mistral", SIZES | {"sliding_window": 6}),
    "gemma3, sliding": (
        "gemma3_text",
        SIZES
        | {
            "sliding_window": 6,
            "query_pre_attn_scalar": 8,
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
        },
    ),
    "qwen3": ("qwen3", SIZES),
    "gpt2": ("gpt2", GPT2),
    "gpt_neox": (
        "gpt_neox",
        {k: v for k, v in SIZES.items() if k not in ("num_key_value_heads", "head_dim")},
    ),
    "bloom, no rotary": ("bloom", {"hidden_size": 32, "n_layer": 2, "n_head": 4}),
    "mamba, no cache to cut": (
        "mamba",
        {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 4, "time_step_rank": 4},
    ),
}
MOE: dict[str, Any] = {"num_experts_per_tok": 2, "moe_intermediate_size": 24}
OTHER_FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "gemma2": ("gemma2", SIZES | {"sliding_window": 6, "query_pre_attn_scalar": 8}),
    "qwen2": ("qwen2", {k: v for k, v in SIZES.items() if k != "head_dim"}),
    "phi3": ("phi3", {k: v for k, v in SIZES.items() if k != "head_dim"}),
    "olmo2": ("olmo2", {k: v for k, v in SIZES.items() if k != "head_dim"}),
    "mixtral": ("mixtral", SIZES | {"num_local_experts": 4, "num_experts_per_tok": 2}),
    "qwen3_moe": ("qwen3_moe", SIZES | MOE | {"num_experts": 4}),
    "qwen2_moe": (
        "qwen2_moe",
        {k: v for k, v in SIZES.items() if k != "head_dim"}
        | MOE
        | {"num_experts": 4, "shared_expert_intermediate_size": 24},
    ),
}


class CancelledAfter(Progress):
    """A `Progress` that cancels the work when it was checked so many times."""

    def __init__(self, checks: int) -> None:
        super().__init__()
        self._left = checks

    def check(self) -> None:
        if self._left == 0:
            raise Cancelled
        self._left -= 1


def tokenizer(kind: str) -> PreTrainedTokenizerFast:
    """A tokenizer trained on `CORPUS`: `byte_level`, `sentencepiece` or `wordpiece`."""
    special = ["<unk>", "<s>", "</s>"]
    if kind == "byte_level":
        trained = Tokenizer(models.BPE())
        trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trained.decoder = decoders.ByteLevel()
        trainer: Any = trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
    elif kind == "sentencepiece":
        trained = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
        trained.normalizer = normalizers.Replace(" ", "▁")
        trained.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
        )
        trainer = trainers.BpeTrainer(
            vocab_size=600,
            special_tokens=[*special, *(f"<0x{b:02X}>" for b in range(256))],
            limit_alphabet=60,
            show_progress=False,
        )
    else:
        trained = Tokenizer(models.WordPiece(unk_token="<unk>"))
        trained.normalizer = normalizers.BertNormalizer(lowercase=True)
        trained.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trained.decoder = decoders.WordPiece(cleanup=False)
        trainer = trainers.WordPieceTrainer(
            vocab_size=400, special_tokens=special, show_progress=False
        )
    trained.train_from_iterator(CORPUS * 3, trainer)
    if kind == "sentencepiece":  # as Llama and Gemma do
        trained.post_processor = processors.TemplateProcessing(
            single="<s> $A", special_tokens=[("<s>", trained.token_to_id("<s>"))]
        )
    fast: Any = PreTrainedTokenizerFast
    read: PreTrainedTokenizerFast = fast(
        tokenizer_object=trained,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        chat_template=TEMPLATE,
    )
    return read


def model(family: str = "llama", vocab_size: int = 400, **more: Any) -> Any:
    """A random model of this family."""
    name, options = (FAMILIES | OTHER_FAMILIES)[family]
    torch.manual_seed(0)
    config = AutoConfig.for_model(name, vocab_size=vocab_size, **options | more)
    auto: Any = AutoModelForCausalLM
    random = auto.from_config(config)
    for weight in random.parameters():  # random initial weights make all tokens alike
        if weight.ndim > 1:
            weight.data.normal_(std=0.25)
    return random


def engine(family: str = "llama", kind: str = "byte_level", **more: Any) -> HuggingFaceEngine:
    """A random model of this family behind such a tokenizer."""
    reader = tokenizer(kind)
    return HuggingFaceEngine(model(family, len(reader), **more), reader, family, "tiny")
