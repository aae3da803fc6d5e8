"""vLLM's `/v1/completions` with `prompt_logprobs`: one pass over the prompt and the answer.

Its cache of prefixes is not read then, so each prompt is run from its beginning.
https://docs.vllm.ai/en/stable/serving/openai_compatible_server/
"""

import re
from typing import Any

from backlit.engines.base import FloatArray
from backlit.engines.endpoint.answers import (
    Ask,
    Ids,
    News,
    Stream,
    Writing,
    Written,
    at,
    id_of,
    likeliest,
    log_prob_of,
    odd,
    of_answer,
    reason_of,
    rows_at,
)
from backlit.types import FinishReason, GenerationOptions

PATH = "/v1/completions"
REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length"}
# Else what a checkpoint's generation_config.json has is used, which changes what is likely.
NEUTRAL = {
    "top_k": 0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}
_TOKEN = re.compile(r"token_id:(\d{1,10})")


class VLLM:
    """Scores and writes as vLLM does."""

    name = "vLLM's /v1/completions"
    reuses_prefix = False
    one_by_one = False

    def score(self, model: str | None, context: Ids, answer: Ids) -> Ask[FloatArray]:
        def read(told: Any) -> FloatArray:  # (answer,)
            entries = _of_answer(told, context, answer)
            own = zip(answer, entries, strict=True)
            return of_answer([(i, at(entry, str(i), "logprob")) for i, entry in own], answer)

        return Ask(PATH, _scoring(model, context, answer, 0), read)

    def annotate(
        self, model: str | None, context: Ids, answer: Ids, top: int
    ) -> Ask[list[Written]]:
        def read(told: Any) -> list[Written]:
            entries = _of_answer(told, context, answer)
            return [_scored(i, entry, top) for i, entry in zip(answer, entries, strict=True)]

        return Ask(PATH, _scoring(model, context, answer, top), read)

    def next(self, model: str | None, ids: Ids, top: int, temperature: float = 0.0) -> Ask[Written]:
        body = {**_writing(model, ids, top), "max_tokens": 1, "temperature": temperature}
        return Ask(PATH, body, lambda told: _written(at(told, "choices", 0, "logprobs"), 0))

    def write(self, model: str | None, ids: Ids, options: GenerationOptions, top: int) -> Writing:
        body = {
            **_writing(model, ids, top),
            "stream": True,
            "max_tokens": options.max_new_tokens,
            "temperature": options.heat,
            "top_p": options.top_p,
            "seed": options.seed,
            **NEUTRAL,
        }
        return Stream(PATH, body, lambda: _read)


def _named(model: str | None) -> dict[str, str]:
    return {} if model is None else {"model": model}


def _scoring(model: str | None, context: Ids, answer: Ids, top: int) -> dict[str, Any]:
    return {
        **_named(model),
        "prompt": [*context, *answer],
        "max_tokens": 1,
        "temperature": 0,
        "prompt_logprobs": top,
    }


def _of_answer(told: Any, context: Ids, answer: Ids) -> list[Any]:
    """What is told of each of an answer's tokens: by id, theirs and those of the likeliest."""
    entries = rows_at(told, "choices", 0, "prompt_logprobs")
    count = len(context) + len(answer)
    if len(entries) != count:
        raise odd(f"{len(entries)} log-probabilities for {count} tokens")
    return entries[len(context) :]


def _scored(token_id: int, entry: Any, top: int) -> Written:
    others = likeliest(
        (id_of(int(name)), None, at(other, "logprob"))
        for name, other in entry.items()
        if at(other, "rank") <= top  # the token's own is told whatever its rank
    )
    return Written(token_id, None, log_prob_of(at(entry, str(token_id), "logprob")), others)


def _writing(model: str | None, ids: Ids, top: int) -> dict[str, Any]:
    return {
        **_named(model),
        "prompt": list(ids),
        "logprobs": top,
        "return_tokens_as_token_ids": True,
    }


def _read(event: Any) -> News:
    if not rows_at(event, "choices"):
        return [], None  # of the usage
    choice = at(event, "choices", 0)
    told = choice.get("logprobs") or {}
    new = [_written(told, place) for place in range(len(told.get("tokens") or ()))]
    end = choice.get("finish_reason")
    if end == "stop":
        new = new[:-1]  # the token that ends a response is none of it
    return new, reason_of(end, REASONS) if end else None


def _written(told: Any, place: int) -> Written:
    others = likeliest(
        (_id(name), None, value) for name, value in (at(told, "top_logprobs", place) or {}).items()
    )
    value = log_prob_of(at(told, "token_logprobs", place))
    return Written(_id(at(told, "tokens", place)), None, value, others)


def _id(name: Any) -> int:
    match = _TOKEN.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        raise odd(f"a token without its id: {name!r:.40}")
    return id_of(int(match[1]))
