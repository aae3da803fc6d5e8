"""A model of transformers that is loaded already, as an engine; what can't be one is told why."""

import re
from typing import Any

from transformers import Pipeline, PreTrainedModel, PreTrainedTokenizerBase, TextGenerationPipeline
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)

from backlit.engines.huggingface.engine import HuggingFaceEngine
from backlit.errors import OptionsError, UnsupportedModelError

MAX_PADDING = 1.1  # rows of an embedding by ids of its tokenizer; makers round up
MAX_EXTRA_ROWS = 1_024  # and leave some for ids to come

READS_ONE_WAY = "Backlit explains models that continue a text, such as GPT-2, Llama or Qwen."


def engine_of(loaded: object, tokenizer: object = None) -> HuggingFaceEngine | None:
    """An engine for a model of transformers, or None for anything else.

    The model is put into eval mode and all its weights are frozen, those of adapters too: to go
    on training, call `model.train()` and make them require gradients again.

    Args:
        loaded: a causal language model, also quantised, compiled, or with adapters of PEFT, or a
            text-generation pipeline.
        tokenizer: the model's fast tokenizer, or its processor; a pipeline brings its own.

    Raises:
        OptionsError: no tokenizer, or one that is not the model's.
        UnsupportedModelError: no causal language model, or a slow tokenizer.
    """
    if isinstance(loaded, PreTrainedTokenizerBase):
        raise OptionsError(
            f"A {type(loaded).__name__} is a tokenizer, not a model.",
            "Give the model first, and its tokenizer behind it: load_model(model, tokenizer).",
        )
    if isinstance(loaded, Pipeline):
        if not isinstance(loaded, TextGenerationPipeline):
            raise UnsupportedModelError(
                f"A {type(loaded).__name__} does not continue a text.",
                "Give a text-generation pipeline, or a model and its tokenizer.",
            )
        loaded, tokenizer = loaded.model, tokenizer or loaded.tokenizer
    model = _without_wrappers(loaded)
    if not isinstance(model, PreTrainedModel):
        return None
    _check_causal(model)
    reader = _fast_tokenizer(tokenizer, model)
    _check_same_vocabulary(model, reader)
    return HuggingFaceEngine(model, reader, _name_of(model), "object", _dtypes_of(model))


def _without_wrappers(loaded: Any) -> Any:
    """The model inside what `torch.compile` or PEFT made of it; adapters stay in its layers."""
    loaded = getattr(loaded, "_orig_mod", loaded)
    if not callable(getattr(loaded, "get_base_model", None)):
        return loaded
    if getattr(getattr(loaded, "active_peft_config", None), "is_prompt_learning", False):
        raise UnsupportedModelError(
            "This PEFT adapter puts learned vectors before the prompt, which are no tokens.",
            "Use an adapter that changes weights, such as LoRA.",
        )
    return loaded.get_base_model()


def _check_causal(model: Any) -> None:
    """Refuse what does not predict each next token from those before it."""
    kind, config = type(model).__name__, model.config
    if getattr(config, "is_encoder_decoder", False):
        raise UnsupportedModelError(
            f"{kind} has an encoder, which reads its prompt in both directions.", READS_ONE_WAY
        )
    masked = kind in MODEL_FOR_MASKED_LM_MAPPING_NAMES.values()
    causal = kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values()
    both_ways = (
        config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES
        and getattr(config, "is_decoder", None) is False
    )
    has_head = model.can_generate() or model.get_output_embeddings() is not None
    if has_head and (both_ways or (masked and not causal)):
        raise UnsupportedModelError(
            f"{kind} fills gaps in a text: it also sees what comes after them.", READS_ONE_WAY
        )
    if not has_head:
        raise UnsupportedModelError(
            f"{kind} has no language-model head, so it predicts no tokens.",
            "Load it with AutoModelForCausalLM.",
        )


def _fast_tokenizer(tokenizer: Any, model: Any) -> Any:
    """The tokenizer, if it is one that says where its tokens are."""
    kind, own = type(model).__name__, _own_tokenizer(model)
    if tokenizer is None:
        raise OptionsError(
            f"A {kind} does not bring its tokenizer.", f"Give it, too: load_model(model, {own})."
        )
    if isinstance(tokenizer, str):
        raise OptionsError(
            f"{tokenizer!r} is the name of a tokenizer, not a tokenizer.",
            f"Load it first: load_model(model, AutoTokenizer.from_pretrained({tokenizer!r})).",
        )
    inner = getattr(tokenizer, "tokenizer", None)  # of a processor, which also reads pictures
    reader = inner if isinstance(inner, PreTrainedTokenizerBase) else tokenizer
    if not isinstance(reader, PreTrainedTokenizerBase):
        raise OptionsError(
            f"A {type(tokenizer).__name__} is no tokenizer of transformers.",
            f"Give the model's own: load_model(model, {own}).",
        )
    if not reader.is_fast:
        raise UnsupportedModelError(
            f"{type(reader).__name__} is a slow tokenizer, so its tokens can't be found in the "
            "text.",
            f"Give a fast one, if there is one for this model: {own}.",
        )
    return reader


def _check_same_vocabulary(model: Any, tokenizer: Any) -> None:
    """Refuse a tokenizer of another model, as far as ids can tell.

    Embeddings may have more rows than there are ids, and tokenizers may have added tokens that
    the model does not know. So only a vocabulary that does not fit, or one of another size whose
    start and end differ too, is evidence.
    """
    rows, size = model.get_input_embeddings().weight.shape[0], len(tokenizer)
    too_large = tokenizer.vocab_size > rows
    differing = _differing_ends(model, tokenizer, rows)
    far = rows > max(MAX_PADDING * size, size + MAX_EXTRA_ROWS)
    other = any(differing) if far else size != rows and differing == [True, True]
    if too_large or other:
        raise OptionsError(
            f"The tokenizer is not this model's: it has {size:,} ids, and "
            f"{type(model).__name__} knows {rows:,}"
            + ("." if too_large else ", and other ones for the start or the end of a text."),
            f"Give the model's own: load_model(model, {_own_tokenizer(model)}).",
        )


def _differing_ends(model: Any, tokenizer: Any, rows: int) -> list[bool]:
    """For start and end, where model and tokenizer both have one, whether these differ."""
    differing = []
    for name in ("bos_token_id", "eos_token_id"):
        read = getattr(tokenizer, name, None)
        ids: set[Any] = set()
        for config in (model.config, getattr(model, "generation_config", None)):
            value = getattr(config, name, None)
            ids |= {*value} if isinstance(value, list | tuple) else {value}
        known = {i for i in ids if i is not None and i < rows}  # else a default nobody set
        if read is not None and known:
            differing.append(read not in known)
    return differing


def _name_of(model: Any) -> str:
    """The last part of where it was loaded from, else its class."""
    path = str(getattr(model.config, "name_or_path", "") or "")
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1] or type(model).__name__


def _own_tokenizer(model: Any) -> str:
    """How to load the tokenizer that belongs to a model, as code."""
    path = str(getattr(model.config, "name_or_path", "") or "")
    return f"AutoTokenizer.from_pretrained({path!r})" if path else "tokenizer"


def _dtypes_of(model: Any) -> str:
    """What the weights are stored as, the first kind first, and by which library if quantised."""
    stored = dict.fromkeys(str(p.dtype).removeprefix("torch.") for p in model.parameters())
    settings: Any = getattr(model.config, "quantization_config", None)
    if settings is None and all(p.is_floating_point() for p in model.parameters()):
        return str(model.dtype).removeprefix("torch.")
    if isinstance(settings, dict):
        method = settings.get("quant_method")
    else:
        method = getattr(settings, "quant_method", None)
    suffix = f" ({getattr(method, 'value', method)})" if method else ""
    return ", ".join(stored) + suffix
