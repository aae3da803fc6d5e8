"""llama.cpp's `/completion`: a grammar of tokens forces the answer, and each is told its chance.

The values are those of the model's own distribution, whatever the grammar allows: llama.cpp reads
them before it samples. One request, a pass over what of the prompt is not in the slot's cache yet,
and a step for each token of the answer.
"""

from typing import Any

from backlit.engines.base import FloatArray
from backlit.engines.endpoint.answers import (
    Ask,
    Events,
    Ids,
    Stream,
    Written,
    at,
    id_of,
    likeliest,
    log_prob_of,
    of_answer,
    reason_of,
    rows_at,
)
from backlit.errors import EndpointError
from backlit.types import FinishReason, GenerationOptions

PATH = "/completion"
REASONS: dict[str, FinishReason] = {"eos": "stop", "word": "stop", "limit": "length"}
# All else that llama.cpp may do to a distribution is left out, and the order is ours.
SAMPLERS = ["temperature", "top_p"]


class LlamaCpp:
    """Scores and writes as llama.cpp's server does."""

    name = "llama.cpp's /completion"
    reuses_prefix = True
    scores_pieces = False  # its grammars know whole characters

    def score(self, model: str | None, context: Ids, answer: Ids) -> Ask[FloatArray]:
        def read(told: Any) -> FloatArray:  # (answer,)
            entries = rows_at(told, "completion_probabilities")
            return of_answer([(at(e, "id"), at(e, "logprob")) for e in entries], answer)

        return Ask(PATH, _forced(model, context, answer, 1), read)

    def annotate(
        self, model: str | None, context: Ids, answer: Ids, top: int
    ) -> Ask[list[Written]]:
        def read(told: Any) -> list[Written]:
            written = [_written(entry) for entry in rows_at(told, "completion_probabilities")]
            of_answer([(one.id, one.log_prob) for one in written], answer)
            return written

        return Ask(PATH, _forced(model, context, answer, top), read)

    def next(self, model: str | None, ids: Ids, top: int) -> Ask[Written]:
        body = {**_common(model, ids, top), "n_predict": 1, "temperature": 0}
        return Ask(PATH, body, lambda told: _written(at(told, "completion_probabilities", 0)))

    def write(self, model: str | None, ids: Ids, options: GenerationOptions, top: int) -> Stream:
        body = {
            **_common(model, ids, top),
            "stream": True,
            "n_predict": options.max_new_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "samplers": SAMPLERS,
            "seed": -1 if options.seed is None else options.seed % 2**32,
        }

        return Stream(PATH, body, _reader)


def _reader() -> Events:
    held: list[Written] = []  # without text, as the token that ends a response
    seen = 0

    def read(event: Any) -> tuple[list[Written], FinishReason | None]:
        nonlocal held, seen
        if at(event, "stop"):
            if event.get("stop_type") != "limit":  # which may cut a character
                _check_count(event, seen)
            new = [] if event.get("stop_type") == "eos" else held
            return new, reason_of(event.get("stop_type"), REASONS)
        written = [_written(entry) for entry in event.get("completion_probabilities") or ()]
        seen += len(written)
        _check_count(event, seen)
        new, held = held + written, []
        if not event.get("content"):
            new, held = new[:-1], new[-1:]
        return new, None

    return read


def _check_count(event: Any, seen: int) -> None:
    """Refuse to go on without tokens that llama.cpp wrote and did not tell.

    Raises:
        EndpointError: there are some.
    """
    if event.get("tokens_predicted", seen) > seen:
        raise EndpointError(
            "llama.cpp wrote a character of several tokens, such as some emoji, and does not tell "
            "which tokens these are.",
            "Ask for an answer without such characters, or give the answer yourself.",
        )


def _forced(model: str | None, context: Ids, answer: Ids, top: int) -> dict[str, Any]:
    return {
        **_common(model, context, top),
        "n_predict": len(answer),
        "temperature": 0,
        "grammar": "root ::= " + " ".join(f"<[{token_id}]>" for token_id in answer),
    }


def _common(model: str | None, ids: Ids, top: int) -> dict[str, Any]:
    named = {} if model is None else {"model": model}  # a router of several models reads it
    return {**named, "prompt": list(ids), "n_probs": top, "cache_prompt": True}


def _written(entry: Any) -> Written:
    others = likeliest(
        (at(other, "id"), bytes(rows_at(other, "bytes")) or None, at(other, "logprob"))
        for other in entry.get("top_logprobs") or ()
    )
    # The token's own bytes may have those of a character that began before it.
    return Written(id_of(at(entry, "id")), None, log_prob_of(at(entry, "logprob")), others)
