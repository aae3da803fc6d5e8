"""What workers in other processes are asked and say, as lines of JSON."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from backlit import errors
from backlit.batch.job import Job
from backlit.batch.manifest import job_json, job_of
from backlit.batch.record import Failure
from backlit.batch.worker import ModelSpec, Outcome
from backlit.errors import BacklitError

Said = BacklitError | Outcome | Mapping[str, str]
"""What ended the work, what came of a group, or what is known of the model."""


def asking(spec: ModelSpec, job: Job) -> bytes:
    """What to do, for a worker that is to do it."""
    options = {
        name: asdict(one) if is_dataclass(one) and not isinstance(one, type) else one
        for name, one in spec.options.items()
    }
    return _line({"source": spec.source, "options": options, "job": job_json(job)})


def asked(line: bytes) -> tuple[ModelSpec, Job]:
    """What `asking` says."""
    found = json.loads(line)
    return ModelSpec(found["source"], found["options"]), job_of(found)


def saying(said: Said) -> bytes:
    """What a worker says."""
    if isinstance(said, BacklitError):
        return _line({"error": asdict(Failure(said.code, said.message, said.hint))})
    if isinstance(said, Outcome):
        member = b64encode(said.member).decode()
        return _line({"outcome": asdict(said) | {"member": member}})
    return _line({"facts": dict(said)})


def said(line: bytes) -> Said:
    """What `saying` says."""
    ((kind, found),) = json.loads(line).items()
    if kind == "error":
        return error_of(Failure(**found))
    if kind == "outcome":
        ends = found["ends"] and Failure(**found["ends"])
        return Outcome(**found | {"member": b64decode(found["member"]), "ends": ends})
    facts: Mapping[str, str] = found
    return facts


def error_of(failure: Failure) -> BacklitError:
    """The error that a failure is of."""
    kind: Any = getattr(errors, failure.code, BacklitError)
    error: BacklitError = kind(failure.message, failure.hint)
    return error


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
