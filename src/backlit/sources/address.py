"""The ways to name a model: `name:source`, where the name may be left out.

`keras:source` and `name:keras:source` say that Keras is to run it; `endpoint:URL#MODEL`, that a
server at a URL runs it.
"""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from backlit.errors import InputError, NotFoundError
from backlit.sources.built_in import BUILT_IN

KERAS = "keras"  # before a source: Keras runs it
ENDPOINT = "endpoint"  # before a URL: its server runs one of its models
KAGGLE, HF = "kaggle://", "hf://"
ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")

# At least two characters, so that the drive of a Windows path is not taken for a name; not
# before `//`, so that the scheme of a URL is not.
_NAMED = re.compile(r"(?P<name>[\w.-]{2,}):(?!//)(?P<source>.*)", re.DOTALL)
_HUB_ID = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?", re.ASCII)
_LOOKS_LIKE_PATH = re.compile(r"[./~\\]|[A-Za-z]:[\\/]|.*\\|.*\.gguf$", re.DOTALL | re.IGNORECASE)
PRESET_NAME = re.compile(r"[a-z0-9.]+(_[a-z0-9.]+)+")  # as KerasHub names its own
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")
_PIN = re.compile(r"#sha256=[0-9a-fA-F]{64}$")  # of a URL's content: no secret

FORMS = (
    f"a built-in model ({', '.join(BUILT_IN)}), a folder or .gguf file on this machine, "
    "an https:// URL of a .gguf file or of an archive, a Hugging Face id (org/name, "
    "org/name@revision), a Keras preset (keras:PRESET, kaggle://…, hf://…), or a server "
    "(endpoint:URL#MODEL)"
)


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Which model, and what to call it.

    Attributes:
        source: a built-in name, a path, a URL, a Hugging Face id or a preset of KerasHub.
        revision: of a Hugging Face id; None is its main branch.
        keras: whether Keras is to run it.
        endpoint: whether it is the URL of a server that runs it.
        model: which of a server's models; None if it is not said.
    """

    name: str
    source: str
    revision: str | None = None
    keras: bool = False
    endpoint: bool = False
    model: str | None = None


def parse(text: str) -> ModelSource:
    """Read `name:source`; without a name, the source gives one.

    Raises:
        InputError: there is no source in it.
        NotFoundError: it is a URL that is not valid.
    """
    text = text.strip()
    name, source = _split_name(text)
    if name == ENDPOINT:
        return _endpoint(None, source)
    if _split_name(source)[0] == ENDPOINT:
        return _endpoint(name, _split_name(source)[1])
    keras = name == KERAS
    if keras:
        name = None
    elif _split_name(source)[0] == KERAS:
        keras, source = True, _split_name(source)[1]
    if not source:
        raise InputError("The model is empty.", f"Name {FORMS}.")
    revision = None
    scheme = HF if source.startswith(HF) else ""
    hub = _HUB_ID.fullmatch(source.removeprefix(scheme))
    if hub and hub["revision"] and local_path(source) is None:
        source, revision = scheme + hub["id"], hub["revision"]
    keras = keras or source.startswith((KAGGLE, HF))
    return ModelSource(name or _name_of(source), source, revision, keras)


def _endpoint(name: str | None, source: str) -> ModelSource:
    url, _, model = source.partition("#")
    if not is_url(url):
        raise NotFoundError(
            "An endpoint is an http:// or https:// URL.",
            "Write it as endpoint:http://localhost:8080, or endpoint:https://host/v1#MODEL.",
        )
    try:
        host = urlsplit(url).hostname
    except ValueError as error:
        raise NotFoundError("The URL is not valid.", "Check how it is written.") from error
    called = name or plain_name(model.rpartition("/")[2] or host or "")
    return ModelSource(called, url, endpoint=True, model=model or None)


def _split_name(text: str) -> tuple[str | None, str]:
    """A name, if there is one, and what follows it."""
    match = _NAMED.fullmatch(text)
    return (match["name"], match["source"].strip()) if match else (None, text)


def local_path(source: str) -> Path | None:
    """The file or folder on this machine that a source names, if there is one."""
    try:
        path = Path(source).expanduser()
        return path.absolute() if path.exists() else None
    except (OSError, RuntimeError, ValueError):
        return None  # too long for a file name, no such home folder, or a NUL in it


def shown(source: str) -> str:
    """A source as it may be shown and kept: of a URL, nothing that may be secret.

    That is who signs in and with which password, and the query, which may be a signature. A
    digest of the content stays.
    """
    name, rest = _split_name(source.strip())
    if name == ENDPOINT:
        url, hash_, model = rest.partition("#")
        return f"{name}:{shown(url)}{hash_}{model}"
    if name is not None:
        return f"{name}:{shown(rest)}"
    scheme = _SCHEME.match(rest)
    if scheme is None:
        return rest
    pin = _PIN.search(rest)
    address = re.split(r"[?#]", rest[scheme.end() :], maxsplit=1)[0]
    host, slash, path = address.partition("/")
    host = host.rpartition("@")[2]
    if re.search(r":(?!\d*$)", re.sub(r"^\[[^\]]*\]", "", host)):
        host, slash, path = "…", "", ""  # no port: a password with a slash, ended too early
    return f"{scheme[0]}{host}{slash}{path}{pin[0] if pin else ''}"


def path_of_url(url: str) -> PurePosixPath:
    """The path of a URL, as people write it.

    Raises:
        NotFoundError: it is not a valid URL.
    """
    try:
        return PurePosixPath(unquote(urlsplit(url).path))
    except ValueError as error:  # such as a bracket that does not close
        raise NotFoundError("The URL is not valid.", "Check how it is written.") from error


def is_url(source: str) -> bool:
    """Whether a source is on the web."""
    return source.lower().startswith(("https://", "http://"))


def is_hub_id(source: str) -> bool:
    """Whether a source is written as a Hugging Face id is."""
    return _HUB_ID.fullmatch(source) is not None and not _LOOKS_LIKE_PATH.match(source)


def unknown_source(source: str) -> NotFoundError:
    """The error for a source that is none of the forms."""
    if scheme := _SCHEME.match(source):
        return NotFoundError(
            f"Models can't be fetched by {scheme['scheme']}: {shown(source)}.", f"Name {FORMS}."
        )
    if _LOOKS_LIKE_PATH.match(source):
        return NotFoundError(f"There is no file or folder {source}.", f"Name {FORMS}.")
    if PRESET_NAME.fullmatch(source):
        return NotFoundError(
            f"There is no model called {source}.",
            "If that is a preset of KerasHub, run: pip install 'backlit[keras]'. "
            f"Otherwise name {FORMS}.",
        )
    close = difflib.get_close_matches(source.lower(), BUILT_IN, n=1)
    suggestion = f"Did you mean {close[0]}? " if close else ""
    return NotFoundError(f"There is no model called {source}.", f"{suggestion}Name {FORMS}.")


def plain_name(text: str) -> str:
    """A name fit for a file and for people: letters, digits, `.`, `_` and `-`."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.")[:80] or "model"


def _name_of(source: str) -> str:
    if source.startswith(KAGGLE):  # the variation, not the version that may follow
        last = (source.split("/") + [""] * 6)[5]
    elif is_url(source):
        last = path_of_url(source).name
    else:
        last = re.split(r"[\\/]", source.rstrip("\\/"))[-1]
        if last in (".", "..", "~", ""):
            last = (local_path(source) or Path()).resolve().name
    for suffix in (".gguf", *ARCHIVES):
        if last.lower().endswith(suffix):
            last = last[: -len(suffix)]
    return plain_name(last)
