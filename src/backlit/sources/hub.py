"""Models on the Hugging Face hub, by its own library and in its own cache."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NoReturn

from huggingface_hub import HfApi, constants, hf_hub_download, snapshot_download
from huggingface_hub import try_to_load_from_cache as find_in_cache
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from tqdm.auto import tqdm

from backlit.errors import (
    Cancelled,
    GatedError,
    NotFoundError,
    OfflineError,
    SourceError,
    UnsupportedModelError,
)
from backlit.progress import Progress
from backlit.sources import folder, keras_preset
from backlit.sources.address import FORMS, HF, ModelSource
from backlit.sources.cache import check_free_space, disk_errors

_WEIGHTS = ("model.safetensors", "model-*.safetensors", "model.safetensors-*", folder.INDEX)
_TEXTS = ("*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken")
_CODE = ("*.py",)
_KERAS = ("*.json", "*.weights.h5", "assets/*")
_TIMEOUT = 15.0  # seconds


def fetch(
    source: ModelSource,
    progress: Progress,
    *,
    trust_remote_code: bool = False,
    keras: bool = False,
) -> Path:
    """The model's folder in the hub's cache, all that is needed and no more.

    Without a network, a copy in the cache will do.

    Args:
        keras: a preset of Keras will do too; whether it is whole is left to the caller.

    Raises:
        NotFoundError: no such model or revision, or one that this account may not see.
        GatedError: the owner wants a licence accepted first.
        OfflineError: the hub did not answer and there is no copy.
        UnsupportedModelError: not a causal language model, or no safetensors.
        DiskError: no room.
        IntegrityError: the copy is broken.
    """
    patterns = [*_WEIGHTS, *_TEXTS, *(_CODE if trust_remote_code else ())]
    with _hub_errors(source), disk_errors(Path(constants.HF_HUB_CACHE)):
        progress("download", 0, None)
        try:
            info = HfApi().model_info(
                source.source, revision=source.revision, files_metadata=True, timeout=_TIMEOUT
            )
        except Exception as error:
            if not _is_unreachable(error):
                raise
            if keras and keras_preset.is_preset(_cached(source, ["config.json"])):
                return _cached(source, _KERAS)
            copy = _cached(source, patterns, ignored=["*/*"])
            return folder.check(copy, trust_remote_code=trust_remote_code)
        files = {file.rfilename: file.size or 0 for file in info.siblings or ()}
        if keras and keras_preset.WEIGHTS & files.keys():
            names = [name for name in files if any(fnmatchcase(name, p) for p in _KERAS)]
            return _snapshot(source, info.sha, files, names, progress)
        names = _needed(source, files, patterns)
        config = hf_hub_download(
            source.source, "config.json", revision=info.sha, tqdm_class=_silent_tqdm(progress, 0)
        )
        folder.check_config(
            folder.read_config(Path(config)), source.source, trust_remote_code=trust_remote_code
        )
        snapshot = _snapshot(source, info.sha, files, names, progress)
    return folder.check(snapshot, trust_remote_code=trust_remote_code)


def copy_of(source: ModelSource) -> Path | None:
    """The whole copy of a model in the hub's own cache, if there is one; nobody is asked for it."""
    plain = replace(source, source=source.source.removeprefix(HF))
    try:
        copy = _cached(plain, ["config.json"])
    except (LocalEntryNotFoundError, HFValidationError, OSError, ValueError):
        return None
    whole = folder.is_whole(copy) or keras_preset.is_preset(copy)
    return copy if whole else None


def _cached(source: ModelSource, patterns: Sequence[str], ignored: list[str] | None = None) -> Path:
    """The folder of what was fetched before, if that is all of it."""
    return Path(
        snapshot_download(
            source.source,
            revision=source.revision,
            allow_patterns=list(patterns),
            ignore_patterns=ignored,
            local_files_only=True,
        )
    )


def _snapshot(
    source: ModelSource,
    commit: str | None,
    files: dict[str, int],
    names: list[str],
    progress: Progress,
) -> Path:
    """Download those files of a repository that are named and not here yet."""
    missing = [
        name
        for name in names
        if not isinstance(find_in_cache(source.source, name, revision=commit), str)
    ]
    size = sum(files[name] for name in missing)
    check_free_space(Path(constants.HF_HUB_CACHE), size)
    # By revision rather than commit, so that the cache can find it again without a network.
    return Path(
        snapshot_download(
            source.source,
            revision=source.revision,
            allow_patterns=names,
            tqdm_class=_silent_tqdm(progress, size),
        )
    )


def _needed(source: ModelSource, files: dict[str, int], patterns: list[str]) -> list[str]:
    """The names of the files to fetch, of those that the repository has."""
    top = [name for name in files if "/" not in name]
    needed = [name for name in top if any(fnmatchcase(name, p) for p in patterns)]
    weights = [name for name in needed if name.endswith(".safetensors") or ".safetensors-" in name]
    if "config.json" in needed and weights:
        return needed
    if any(name.endswith(".gguf") for name in files):
        gguf = next(name for name in files if name.endswith(".gguf"))
        raise UnsupportedModelError(
            f"{source.source} has GGUF files only.",
            f"Name one by its address: {constants.ENDPOINT}/{source.source}/resolve/"
            f"{source.revision or 'main'}/{gguf}",
        )
    if "adapter_config.json" in top:
        raise UnsupportedModelError(
            f"{source.source} is an adapter, not a whole model.",
            "Merge it into its base model (merge_and_unload), save that and name its folder.",
        )
    if "config.json" not in needed:
        raise UnsupportedModelError(
            f"{source.source} has no config.json, so transformers can't read it.",
            "Choose a model that transformers supports.",
        )
    raise UnsupportedModelError(
        f"{source.source} has no safetensors; pickled weights can run code when they are read.",
        "Convert them where you trust them (save_pretrained writes safetensors), or see whether "
        f"the repository has a converted revision: {source.source}@refs/pr/1",
    )


def _silent_tqdm(progress: Progress, size: int) -> type[Any]:
    """A stand-in for tqdm that passes on how many bytes came, and draws nothing."""

    class Bar(tqdm):  # type: ignore[misc, type-arg, unused-ignore]
        def __init__(self, *args: Any, **keywords: Any) -> None:
            self._bytes = keywords.get("unit") == "B"
            self._done = keywords.get("initial") or 0
            super().__init__(*args, **{**keywords, "disable": True})

        def update(self, n: float | None = 1) -> bool | None:
            if self._bytes:
                self._done += n or 0
                progress("download", min(int(self._done), size), size)
            return None

    return Bar


def _is_unreachable(error: BaseException) -> bool:
    """Whether the hub did not answer.

    Errors of its library's HTTP client, which is not a part of its interface, are known by the
    name of their base class.
    """
    if isinstance(error, HfHubHTTPError):
        status = getattr(error.response, "status_code", 0)
        return status == 429 or status >= 500
    if isinstance(error, OfflineModeIsEnabled | LocalEntryNotFoundError | ConnectionError):
        return True
    return any(kind.__name__ == "TransportError" for kind in type(error).__mro__)


@contextmanager
def _hub_errors(source: ModelSource) -> Iterator[None]:
    """Raise the hub's errors as ours, each with a hint."""
    try:
        yield
    except (SourceError, Cancelled):
        raise
    except Exception as error:  # noqa: BLE001  what it does not know, it raises again
        _raise_translated(source, error)


def _raise_translated(source: ModelSource, error: Exception) -> NoReturn:
    page = f"{constants.ENDPOINT}/{source.source}"
    if isinstance(error, GatedRepoError):
        raise GatedError(
            f"The owner of {source.source} wants a licence accepted first.",
            f"Accept it at {page}, then run: hf auth login",
        ) from error
    if isinstance(error, RepositoryNotFoundError):
        raise NotFoundError(
            f"There is no model {source.source} on the Hugging Face hub, or it is private, and "
            "no such folder on this machine.",
            f"Check the spelling (for a private model run: hf auth login). Name {FORMS}.",
        ) from error
    if isinstance(error, RevisionNotFoundError):
        raise NotFoundError(
            f"{source.source} has no revision {source.revision}.", f"See {page}/tree/main"
        ) from error
    if isinstance(error, HFValidationError):
        raise NotFoundError(
            f"{source.source} can't be a Hugging Face id.", f"Name {FORMS}."
        ) from error
    if _is_unreachable(error):
        raise OfflineError(
            f"The Hugging Face hub did not answer, and there is no whole copy of {source.source} "
            "on this machine.",
            "Check the network (and HF_HUB_OFFLINE) and try again, or use a model that is here.",
        ) from error
    if isinstance(error, HfHubHTTPError):
        status = getattr(error.response, "status_code", 0)
        needs_login = status in (401, 403)
        raise (GatedError if needs_login else SourceError)(
            f"The Hugging Face hub refused {source.source} ({status}).",
            "Log in with: hf auth login" if needs_login else "Try again later.",
        ) from error
    if type(error).__module__.startswith(("huggingface_hub", "hf_xet", "builtins")) and isinstance(
        error, OSError | RuntimeError
    ):
        raise SourceError(f"{source.source} could not be fetched: {error}", "Try again.") from error
    raise error
