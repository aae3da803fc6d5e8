"""`job.json`: what a batch's folder is of, so that nothing else is written into it."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from backlit.batch.folder import Folder
from backlit.batch.job import Job
from backlit.errors import DataError, OptionsError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

NAME = "job.json"
FORMAT = 1
MODEL = ("asked", "source", "engine", "architecture", "weights", "dtype", "backend", "backlit")
"""What of a model's metadata changes results, as far as it is known; where it runs, and on which
versions of libraries, is recorded beside it."""
ANOTHER = "Use another folder, or run what this folder is of."

MAX_SHOWN = 80  # characters of a value in an error


def job_json(job: Job) -> dict[str, Any]:
    """A job in JSON."""
    shown: dict[str, Any] = _adapter().dump_python(job, mode="json")
    return shown


def write_manifest(
    folder: Folder, job: Job, model: Mapping[str, str], data: Mapping[str, Any]
) -> None:
    """Write what a folder is of; before its first run.

    Args:
        folder: of the batch.
        job: what is done with every row.
        model: its metadata.
        data: name and address of the dataset.

    Raises:
        DiskError: it can't be written.
    """
    whole = {"format": FORMAT, "job": job_json(job), "model": dict(model), "data": dict(data)}
    text = json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
    folder.write(NAME, text.encode())


def read_manifest(folder: Folder) -> dict[str, Any] | None:
    """What a folder is of; None if nothing is in it.

    Raises:
        DataError: a damaged manifest, or one of another version.
        OptionsError: the folder holds something, but no batch; or it is a file.
    """
    if folder.is_file():
        raise OptionsError(f"{folder.name} is a file.", "Give a folder.")
    data = folder.read(NAME)
    if folder.size(NAME) is None:
        if folder.names("parts"):
            raise DataError(
                f"{folder.name} holds runs, and not what they are of: {NAME} is gone.", ANOTHER
            )
        if any(not name.startswith(".") and name != "parts" for name in folder.names()):
            raise OptionsError(
                f"{folder.name} is not empty, and holds no batch.", "Use a folder of its own."
            )
        return None
    try:
        found: Any = json.loads(data)
        known = found["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder.name}/{NAME} is damaged: {error}.", ANOTHER) from error
    if known != FORMAT or not {"job", "model", "data"} <= found.keys():
        raise DataError(
            f"{folder.name}/{NAME} is of format {known}; this version reads {FORMAT}.",
            "Read it with the version of Backlit that wrote it.",
        )
    return dict(found)


def job_of(manifest: Mapping[str, Any]) -> Job:
    """The job that a manifest is of.

    Raises:
        DataError: it is damaged.
    """
    from pydantic import ValidationError

    try:
        return _adapter().validate_python(manifest["job"])
    except ValidationError as error:
        raise DataError(f"{NAME} is damaged: {error.errors()[0]['msg']}.", ANOTHER) from error


def check_job(folder: Folder, manifest: Mapping[str, Any], job: Job) -> None:
    """See that a folder is of this job.

    Raises:
        OptionsError: it is of another one; the difference is named.
    """
    _refuse(folder, _differences(manifest["job"], job_json(job)))


def check_model(folder: Folder, manifest: Mapping[str, Any], model: Mapping[str, str]) -> None:
    """See that a folder is of this model.

    Raises:
        OptionsError: it is of another one; the difference is named.
    """
    known = manifest["model"]
    before, now = ({name: each.get(name) for name in MODEL} for each in (known, model))
    _refuse(folder, _differences(before, now))


def _refuse(folder: Folder, differences: Iterator[tuple[str, Any, Any]]) -> None:
    for name, before, now in differences:
        raise OptionsError(
            f"{folder.name} holds another batch: {name} was {_short(before)} there, and is "
            f"{_short(now)} here.",
            ANOTHER,
        )


def _differences(
    before: Mapping[str, Any], now: Mapping[str, Any], within: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """What differs, by its name, from the outside in."""
    for name in dict.fromkeys([*before, *now]):
        one, other = before.get(name), now.get(name)
        told = f"{within}{name.replace('_', ' ')}"
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _differences(one, other, f"{told}, ")
        elif (
            isinstance(one, list)
            and isinstance(other, list)
            and _by_name(one).keys() & _by_name(other)
        ):
            yield from _differences(_by_name(one), _by_name(other), f"{told}, ")
            if [*_by_name(one)] != [*_by_name(other)]:
                yield f"the order of {told}", [*_by_name(one)], [*_by_name(other)]
        elif one != other:
            yield told, one, other


def _by_name(several: list[Any]) -> dict[str, Any]:
    """Variants or methods by their names, in order."""
    return {one["name"]: one for one in several if isinstance(one, dict) and "name" in one}


def _short(value: Any) -> str:
    """A value in an error."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = ", ".join(value)
    if value in (None, [], ""):
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    half = MAX_SHOWN // 2
    return text if len(text) <= MAX_SHOWN else f"{text[:half]} … {text[-half:]}"


def _adapter() -> "TypeAdapter[Job]":
    from pydantic import TypeAdapter

    return TypeAdapter(Job)
