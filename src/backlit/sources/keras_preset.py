"""A folder that holds a Keras preset: is it whole, and does it run no code but Keras's own?"""

import json
from pathlib import Path
from typing import Any

from backlit.errors import IntegrityError, UnsupportedModelError
from backlit.sources.folder import read_config

CONFIG = "config.json"
_SINGLE_FILE = "model.weights.h5"
_SHARDS = "model.weights.json"
WEIGHTS = {_SINGLE_FILE, _SHARDS}
_TOKENIZER = "tokenizer.json"
_TRUSTED = {"keras", "keras_hub", "keras_nlp", "builtins"}


def is_preset(folder: Path) -> bool:
    """Whether a folder is a preset of Keras, rather than a Hugging Face folder."""
    try:
        config = json.loads((folder / CONFIG).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(config, dict):
        return False
    return "registered_name" in config or {"class_name", "config"} <= config.keys()


def check(folder: Path, *, trust_remote_code: bool = False) -> Path:
    """The folder itself, once it is known to hold all that a language model needs.

    Raises:
        IntegrityError: files are missing or broken.
        UnsupportedModelError: it names Python classes that are not of Keras or KerasHub.
    """
    for name in _required(folder):
        if not (folder / name).exists():
            raise IntegrityError(
                f"The preset in {folder} lacks {name}.",
                "Fetch it again, or save it again with save_to_preset.",
            )
    for path in sorted(folder.glob("*.json")):
        foreign = _foreign_module(read_config(path)) if path.name != _SHARDS else None
        if foreign and not trust_remote_code:
            raise UnsupportedModelError(
                f"{path} wants to run Python code of {foreign}.",
                "If you trust it, allow it with --trust-remote-code (trust_remote_code=True).",
            )
    return folder


def _required(folder: Path) -> list[str]:
    names = [CONFIG, _TOKENIZER, "assets/tokenizer"]
    if not (folder / _SHARDS).is_file():
        return [*names, _SINGLE_FILE]
    index = read_config(folder / _SHARDS).get("weight_map")
    if not isinstance(index, dict):
        raise IntegrityError(f"{folder / _SHARDS} is not an index of weights.", "Fetch it again.")
    shards: set[str] = set()
    for files in index.values():  # one name, or several
        shards.update(map(str, files if isinstance(files, list) else [files]))
    return [*names, *sorted(shards)]


def _foreign_module(value: Any) -> str | None:
    """The module of the first class that is not Keras's own, anywhere in a configuration."""
    if isinstance(value, dict):
        module = value.get("module")
        names_a_class = "class_name" in value and isinstance(module, str) and module
        if names_a_class and str(module).partition(".")[0] not in _TRUSTED:
            return str(module)
        value = list(value.values())
    if isinstance(value, list):
        return next(filter(None, map(_foreign_module, value)), None)
    return None
