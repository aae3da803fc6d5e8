"""Where a Keras model's files are: whatever a person names becomes a folder on this machine."""

import difflib
import re
from pathlib import Path
from typing import Any

from backlit.engines.huggingface.tokens import HuggingFaceTokenizer
from backlit.engines.keras_hub.tokens import Template, gemma_turns
from backlit.errors import NotFoundError, UnsupportedModelError
from backlit.progress import Progress
from backlit.sources import BUILT_IN, address, fetch, keras_preset
from backlit.sources.address import ModelSource
from backlit.sources.folder import read_config

_INSTRUCT = re.compile(r"instruct|[-_]it\b|[-_]it[-_]", re.IGNORECASE)

# Of families whose presets don't say: the smallest of each, from their model cards.
CONTEXT_LENGTHS = {"GemmaCausalLM": 8_192, "Gemma3CausalLM": 32_768}


def folder_of(
    parsed: ModelSource,
    hub: Any,
    progress: Progress,
    *,
    trust_remote_code: bool = False,
    anew: bool = False,
) -> Path:
    """The folder of a preset, or of a Hugging Face model that KerasHub converts.

    Args:
        parsed: a built-in model, a folder, `kaggle://…`, `hf://…`, a Hugging Face id, or the
            name of a preset.
        hub: the package `keras_hub`.
        anew: make a copy in Backlit's own cache again.

    Raises:
        SourceError: the files can't be had; see `sources.fetch` and `sources.kaggle.fetch`.
        UnsupportedModelError: the preset is not a causal language model.
    """
    from backlit.sources import kaggle

    source = parsed.source
    path = address.local_path(source)
    if source in BUILT_IN:
        return fetch(parsed, progress, anew=anew)
    if path is not None and path.is_dir():
        if not keras_preset.is_preset(path):
            return fetch(parsed, progress, trust_remote_code=trust_remote_code)
    elif source.startswith(kaggle.SCHEME):
        path = kaggle.fetch(source.removeprefix(kaggle.SCHEME), progress)
    elif source.startswith(address.HF) or address.is_hub_id(source):
        from backlit.sources import hub as huggingface

        on_hub = ModelSource(parsed.name, source.removeprefix(address.HF), parsed.revision)
        path = huggingface.fetch(on_hub, progress, trust_remote_code=trust_remote_code, keras=True)
        if not keras_preset.is_preset(path):
            return path
    elif path is not None or address.is_url(source):
        raise UnsupportedModelError(
            f"Keras can't read {address.shown(source)}.",
            "Name a preset, or a folder of one or of a model.",
        )
    else:
        path = kaggle.fetch(_handle(source, hub), progress)
    return keras_preset.check(path, trust_remote_code=trust_remote_code)


def template_of(folder: Path, source: str, tokenizer: Any) -> Template | None:
    """How messages become text: by the folder's own template, or Gemma's turns.

    KerasHub keeps no chat templates, but what a Gemma preset is made for is in its name.
    """
    if keras_preset.is_preset(folder):
        return gemma_turns(tokenizer) if _INSTRUCT.search(source) else None
    settings = folder / "tokenizer_config.json"
    if not (folder / "chat_template.jinja").is_file() and not (
        settings.is_file() and "chat_template" in read_config(settings)
    ):
        return None
    from transformers import AutoTokenizer

    try:
        own = HuggingFaceTokenizer(AutoTokenizer.from_pretrained(folder, local_files_only=True))
    except (ValueError, OSError, KeyError, ImportError, RuntimeError) as error:
        raise UnsupportedModelError(
            f"The chat template of {folder.name} can't be read: {str(error).splitlines()[0]}",
            "Delete the template from a copy of the folder to go on with raw text.",
        ) from error
    return own.render if own.chat else None


def name_of(source: str) -> str:
    """What its maker called a preset: a folder's name, or the variation on Kaggle."""
    if source.startswith(address.KAGGLE):
        return address.parse(source).name
    return re.split(r"[\\/]", source.rstrip("\\/"))[-1]


def context_length_of(folder: Path, architecture: str) -> int | None:
    """The most tokens a model was made for, if its folder or its family says."""
    config = read_config(folder / "config.json")
    text = config.get("text_config") or config
    length = text.get("max_position_embeddings")
    return int(length) if length else CONTEXT_LENGTHS.get(architecture)


def _handle(name: str, hub: Any) -> str:
    """A preset's address on Kaggle."""
    from backlit.sources import kaggle

    presets = hub.models.CausalLM.presets
    if name in presets:
        return str(presets[name]["kaggle_handle"]).removeprefix(kaggle.SCHEME)
    if name in hub.models.Backbone.presets:
        raise UnsupportedModelError(
            f"The preset {name} is not a causal language model.",
            "Choose one that continues text, such as gemma2_instruct_2b_en.",
        )
    close = difflib.get_close_matches(name.lower(), presets, n=3)
    meant = f"Did you mean {' or '.join(close)}? " if close else ""
    raise NotFoundError(
        f"KerasHub {hub.__version__} has no preset {name}.",
        f"{meant}Name a preset (see https://keras.io/keras_hub/presets), a folder of one, "
        "kaggle://… or hf://…",
    )
