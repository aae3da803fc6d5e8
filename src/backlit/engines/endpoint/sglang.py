"""SGLang's `/generate`: log-probabilities of the input from a place on, in one pass.

What stands before that place may come from the cache, so that only what differs is run.
https://docs.sglang.ai/basic_usage/native_api.html
"""

from typing import Any

from backlit.engines.base import FloatArray
from backlit.engines.endpoint.answers import (
    Ask,
    Events,
    Ids,
    News,
    Stream,
    Writing,
    Written,
    at,
    id_of,
    likeliest,
    log_prob_of,
    of_answer,
    reason_of,
    rows_at,
)
from backlit.types import FinishReason, GenerationOptions

PATH = "/generate"
REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length"}
# Else what a checkpoint recommends is used, which changes what is likely.
NEUTRAL = {
    "top_k": -1,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}


class SGLang:
    """Scores and writes as SGLang does."""

    name = "SGLang's /generate"
    reuses_prefix = True
    one_by_one = False

    def score(self, model: str | None, context: Ids, answer: Ids) -> Ask[FloatArray]:
        def read(told: Any) -> FloatArray:  # (answer,)
            # Before them is the context's last token, of which nothing is told.
            entries = rows_at(told, "meta_info", "input_token_logprobs")[-len(answer) :]
            return of_answer([(at(e, 1), at(e, 0)) for e in entries], answer)

        return Ask(PATH, _scoring(context, answer), read)

    def annotate(
        self, model: str | None, context: Ids, answer: Ids, top: int
    ) -> Ask[list[Written]]:
        def read(told: Any) -> list[Written]:
            info = at(told, "meta_info")
            count = len(rows_at(info, "input_token_logprobs"))
            places = range(max(0, count - len(answer)), count)
            written = [_written(info, place, "input") for place in places]
            of_answer([(one.id, one.log_prob) for one in written], answer)
            return written

        body = {
            **_scoring(context, answer),
            "top_logprobs_num": top,
        }
        return Ask(PATH, body, read)

    def next(self, model: str | None, ids: Ids, top: int, temperature: float = 0.0) -> Ask[Written]:
        body = _writing(ids, {"max_new_tokens": 1, "temperature": temperature}, top)
        return Ask(PATH, body, lambda told: _written(at(told, "meta_info"), 0))

    def write(self, model: str | None, ids: Ids, options: GenerationOptions, top: int) -> Writing:
        params: dict[str, Any] = {
            "max_new_tokens": options.max_new_tokens,
            "temperature": options.heat,
            "top_p": options.top_p,
            **NEUTRAL,
        }
        if options.seed is not None:
            params["sampling_seed"] = options.seed
        return Stream(PATH, {**_writing(ids, params, top), "stream": True}, _reader)


def _scoring(context: Ids, answer: Ids) -> dict[str, Any]:
    return {
        "input_ids": [*context, *answer],
        "sampling_params": {"max_new_tokens": 1, "temperature": 0},
        "return_logprob": True,
        "logprob_start_len": len(context) - 1,
    }


def _writing(ids: Ids, params: dict[str, Any], top: int) -> dict[str, Any]:
    return {
        "input_ids": list(ids),
        "sampling_params": params,
        "return_logprob": True,
        "top_logprobs_num": top,
    }


def _reader() -> Events:
    seen = 0

    def read(event: Any) -> News:
        nonlocal seen
        told = at(event, "meta_info")
        count = len(rows_at(told, "output_token_logprobs"))
        total = told.get("completion_tokens", count)  # so far; most servers tell all of them again
        new = [_written(told, place) for place in range(max(0, count - (total - seen)), count)]
        seen = total
        end = told.get("finish_reason")
        if not end:
            return new, None
        if at(end, "type") == "stop" and new and end.get("matched") == new[-1].id:
            new.pop()  # the token that ends a response is none of it
        return new, reason_of(at(end, "type"), REASONS)

    return read


def _written(told: Any, place: int, of: str = "output") -> Written:
    value, token_id = (at(told, f"{of}_token_logprobs", place, i) for i in range(2))
    others = likeliest(
        (at(other, 1), None, at(other, 0)) for other in rows_at(told, f"{of}_top_logprobs", place)
    )
    return Written(id_of(token_id), None, log_prob_of(value), others)
