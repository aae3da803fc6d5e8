"""A Hugging Face folder: is it a causal language model in a format that is safe to read?"""

import json
import re
from pathlib import Path
from typing import Any

from backlit.errors import IntegrityError, UnsupportedModelError

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
MAX_LAYERS = 10_000
_LAYERS = {"num_hidden_layers", "n_layer", "n_layers", "num_layers"}
_COUNTS = _LAYERS | {
    "hidden_size",
    "n_embd",
    "vocab_size",
    "max_position_embeddings",
    "n_positions",
}
_IDS = {"bos_token_id", "eos_token_id", "pad_token_id"}
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "*.tiktoken")


def is_whole(folder: Path) -> bool:
    """Whether a folder has a configuration and all its weights."""
    try:
        return (folder / "config.json").is_file() and not _missing_weights(folder)
    except (OSError, ValueError, IntegrityError):
        return False


def check(folder: Path, *, trust_remote_code: bool = False) -> Path:
    """The folder itself, once it is known to hold what `AutoModelForCausalLM` reads.

    Raises:
        UnsupportedModelError: not a model's folder, not a causal language model, pickled
            weights only, or one that needs its own code while that is not trusted.
        IntegrityError: files are missing or broken.
    """
    if not (folder / "config.json").is_file():
        gguf = sorted(folder.glob("*.gguf"))
        hint = (
            f"Name the file instead: {gguf[0]}"
            if gguf
            else "Name a folder that was written by save_pretrained, or a .gguf file."
        )
        raise UnsupportedModelError(f"{folder} has no config.json.", hint)
    config = read_config(folder / "config.json")
    check_config(config, str(folder), trust_remote_code=trust_remote_code)
    _check_weights(folder)
    if not any(any(folder.glob(pattern)) for pattern in _TOKENIZERS):
        raise UnsupportedModelError(
            f"{folder} has no tokenizer.",
            "Save the tokenizer there too: tokenizer.save_pretrained(folder).",
        )
    return folder


def read_config(path: Path) -> dict[str, Any]:
    """A model's configuration.

    Raises:
        IntegrityError: not a JSON object.
    """
    try:
        config = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"{path} is not valid JSON: {error}.", "Fetch it again.") from error
    if not isinstance(config, dict):
        raise IntegrityError(f"{path} is not a JSON object.", "Fetch it again.")
    return config


def check_config(config: dict[str, Any], label: str, *, trust_remote_code: bool) -> None:
    """Whether a configuration is that of a causal language model.

    Raises:
        UnsupportedModelError: it is not, or it needs code of its own that is not trusted.
        IntegrityError: it says what can't be.
    """
    check_types(config, label)
    if not trust_remote_code and (kernel := _foreign_kernel(config)):
        raise UnsupportedModelError(
            f"{label} wants to run code of {kernel}, which its config.json names.",
            "If you have read that code and trust it, allow it with --trust-remote-code "
            "(trust_remote_code=True).",
        )
    architectures: list[str] = config.get("architectures") or []
    own_code = "AutoModelForCausalLM" in (config.get("auto_map") or {})
    if own_code and trust_remote_code:
        return
    if not own_code and any(name.endswith("ForCausalLM") for name in architectures):
        return  # spares the import below, a second or two
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    classes = MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.get(str(config.get("model_type")), ())
    names = {classes} if isinstance(classes, str) else set(classes)
    if names and (not architectures or names & set(architectures)):
        return
    if own_code:
        raise own_code_error(label)
    kind = ", ".join(architectures) or config.get("model_type") or "of an unknown kind"
    raise UnsupportedModelError(
        f"{label} is not a causal language model (it is {kind}).",
        "Choose a model that continues text: its config.json lists a …ForCausalLM architecture.",
    )


def check_types(config: dict[str, Any], label: str) -> None:
    """Whether what a configuration says of names, sizes and ids can be so.

    Libraries below say of such values what only their makers understand, build layers without
    end, or go on and fail later.

    Raises:
        IntegrityError: it can't.
    """
    names = config.get("architectures") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _impossible(label, "architectures", "a list of names")
    if not isinstance(config.get("auto_map") or {}, dict):
        raise _impossible(label, "auto_map", "an object")
    if not isinstance(config.get("model_type") or "", str):
        raise _impossible(label, "model_type", "a name")
    inner = config.get("text_config")
    for part in (config, *([inner] if isinstance(inner, dict) else [])):
        for name in _COUNTS & part.keys():
            value = part[name]
            if value is not None and (type(value) is not int or value < 1):
                raise _impossible(label, name, "a number above 0")
        for name in _LAYERS & part.keys():
            if (part[name] or 0) > MAX_LAYERS:
                raise _impossible(label, name, f"at most {MAX_LAYERS:,}")
        for name in _IDS & part.keys():
            ids = part[name] if isinstance(part[name], list) else [part[name]]
            if not all(one is None or type(one) is int for one in ids):
                raise _impossible(label, name, "an id or a list of ids")


def own_code_error(label: str) -> UnsupportedModelError:
    """The error for a model, or its tokenizer, that needs code of its own."""
    return UnsupportedModelError(
        f"{label} runs Python code of its own.",
        "If you have read that code and trust it, allow it with --trust-remote-code "
        "(trust_remote_code=True).",
    )


def _impossible(label: str, name: str, wanted: str) -> IntegrityError:
    return IntegrityError(
        f"{label} has a config.json that can't be right: {name} is not {wanted}.",
        "Fetch it again, or fix the file.",
    )


def _foreign_kernel(value: Any) -> str | None:
    """The first implementation that would be fetched from a repository, anywhere in it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            several = inner.values() if isinstance(inner, dict) else [inner]
            if "_implementation" in key:
                for name in several:
                    if isinstance(name, str) and "/" in name:
                        return name
            if found := _foreign_kernel(inner):
                return found
    return None


def _check_weights(folder: Path) -> None:
    missing = _missing_weights(folder)
    if not missing:
        return
    if missing != [WEIGHTS]:
        raise IntegrityError(
            f"{folder} lacks {len(missing)} of its weight files ({missing[0]} …).",
            "Fetch it again.",
        )
    if any(any(folder.glob(pattern)) for pattern in _PICKLES):
        raise UnsupportedModelError(
            f"{folder} has pickled weights only, which can run code when they are read.",
            "Convert them where you trust them: "
            "AutoModelForCausalLM.from_pretrained(folder).save_pretrained(new_folder) "
            "writes safetensors.",
        )
    if (folder / "adapter_config.json").is_file():
        raise UnsupportedModelError(
            f"{folder} is an adapter, not a whole model.",
            "Merge it into its base model (merge_and_unload) and save that.",
        )
    raise UnsupportedModelError(
        f"{folder} has no {WEIGHTS}.", "Save the model with save_pretrained, which writes it."
    )


def _missing_weights(folder: Path) -> list[str]:
    """Names of weight files that ought to be there."""
    if (folder / WEIGHTS).is_file():
        return []
    if not (folder / INDEX).is_file():
        return [WEIGHTS]
    shards = set(read_index(folder / INDEX))
    return sorted(name for name in shards if not (folder / name).is_file())


def read_index(path: Path) -> list[str]:
    """The names of the files that sharded weights are in.

    Raises:
        IntegrityError: not the index of sharded weights.
    """
    try:
        names = list(json.loads(path.read_text("utf-8"))["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise IntegrityError(f"{path} is not an index of weights.", "Fetch it again.") from error
    for name in names:
        if not isinstance(name, str) or not name or re.search(r"[\\/:\0]", name) or name == "..":
            raise IntegrityError(
                f"{path} names a file outside its folder: {name!r}.", "Fetch it again."
            )
    return names
