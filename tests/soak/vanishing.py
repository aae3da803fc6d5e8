"""Clients that go away in the middle: how soon the model is free for the next one."""

import json
import random
import time
from collections.abc import Iterator
from typing import Any

import httpx2

from tests.support.server import Served

SENTENCE = "The cat likes warm milk and the dog likes cold water. "
WORK = (
    ("generate", {"options": {"max_new_tokens": 4_000}}),
    ("explain", {"method": "gate_relevance", "granularity": "token"}),
    ("explain", {"method": "occlusion", "granularity": "word"}),
    ("explain", {"method": "shapley", "granularity": "sentence"}),
)


def seconds_until_free(served: Served, model: str, rounds: int, longest: float) -> Iterator[float]:
    """Leave work of each kind after a random time, and ask for something else."""
    chance = random.Random(rounds)
    with served.entered() as client:
        _first_event(client, model, -1)  # loads it
        for number in range(rounds):
            kind, fields = WORK[number % len(WORK)]
            _leave(client, kind, _request(client, model, kind, dict(fields)), chance, longest)
            begun = time.monotonic()
            _first_event(client, model, number)
            yield time.monotonic() - begun


def _request(
    client: httpx2.Client, model: str, kind: str, fields: dict[str, object]
) -> dict[str, object]:
    reference: dict[str, object] = {"prompt": SENTENCE * 200}
    body: dict[str, object] = {"model": model, "reference": reference, **fields}
    if kind == "explain":
        (answer,) = [
            event
            for event in _events(client, "respond", {**body_of(body), "response": " milk"})
            if event["type"] == "generation"
        ]
        sequence = answer["generation"]["sequence"]
        start = sequence["prompt_length"]
        reference["response_ids"] = [token["id"] for token in sequence["tokens"][start:]]
        body["target"] = (start, start + 1)
    return body


def body_of(body: dict[str, object]) -> dict[str, object]:
    """What every kind of request has."""
    return {name: body[name] for name in ("model", "reference")}


def _events(client: httpx2.Client, kind: str, body: dict[str, object]) -> Iterator[dict[str, Any]]:
    with client.stream("POST", f"/api/{kind}", json=body) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                yield json.loads(line[5:])


def _leave(
    client: httpx2.Client,
    kind: str,
    body: dict[str, object],
    chance: random.Random,
    longest: float,
) -> None:
    """Ask, and go away some time after the work began."""
    with client.stream("POST", f"/api/{kind}", json=body) as stream:
        lines = stream.iter_lines()  # kept: the connection is closed with it
        next(lines)
        time.sleep(chance.uniform(0, longest))


def _first_event(client: httpx2.Client, model: str, number: int) -> None:
    """Ask for one token of another prompt each time, until the model's thread reads it."""
    body: dict[str, object] = {
        "model": model,
        "reference": {"prompt": f"One two {number}"},
        "options": {"max_new_tokens": 1},
    }
    for event in _events(client, "generate", body):
        if event["type"] not in ("queued", "model"):
            return
    raise AssertionError("it ended before it began")
