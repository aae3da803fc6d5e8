"""llama.cpp's `/completion`: a grammar of tokens forces the answer, and each is told its chance.

The values are those of the model's own distribution, whatever the grammar allows: llama.cpp reads
them before it samples. One request, a pass over what of the prompt is not in the slot's cache yet,
and a step for each token of the answer.

A server that drafts (speculative decoding) says of each token that it drafted that it was certain,
whatever it was: https://github.com/ggml-org/llama.cpp/issues/27972. It drafts nothing where it is
to write one token, so such a server is asked for one at a time, also once it should tell the truth:
an answer in which nothing was drafted does not show whether it does.
"""

from collections.abc import Iterable
from typing import Any

from backlit.engines.base import FloatArray
from backlit.engines.endpoint.answers import (
    Ask,
    Events,
    Ids,
    News,
    Other,
    Stream,
    Untold,
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
from backlit.errors import EndpointError
from backlit.types import FinishReason, GenerationOptions

PATH = "/completion"
REASONS: dict[str, FinishReason] = {"eos": "stop", "word": "stop", "limit": "length"}
# All else that llama.cpp may do to a distribution is left out, and the order is ours.
SAMPLERS = ["temperature", "top_p"]
WHOLE = "a"  # a character that every vocabulary has as one token
MOST_TOLD = 1_000_000  # tokens; there is no larger vocabulary
DRAFTS = (
    "The server drafts what it writes (speculative decoding), and does not tell how likely drafted "
    "tokens were."
)


class LlamaCpp:
    """Scores and writes as llama.cpp's server does.

    Args:
        one_by_one: a token at a time, as one that drafts has to be asked.
    """

    reuses_prefix = True

    def __init__(self, *, one_by_one: bool = False) -> None:
        self.one_by_one = one_by_one
        self.name = "llama.cpp's /completion" + (", a token at a time" if one_by_one else "")

    def score(self, model: str | None, context: Ids, answer: Ids) -> Ask[FloatArray]:
        def read(told: Any) -> FloatArray:  # (answer,)
            return of_answer([(one.id, one.log_prob) for one in self._all(told)], answer)

        return Ask(PATH, _forced(model, context, answer, 1), read)

    def annotate(
        self, model: str | None, context: Ids, answer: Ids, top: int
    ) -> Ask[list[Written]]:
        def read(told: Any) -> list[Written]:
            written = self._all(told)
            of_answer([(one.id, one.log_prob) for one in written], answer)
            return written

        return Ask(PATH, _forced(model, context, answer, top), read)

    def look(
        self, model: str | None, context: Ids, token_id: int, top: int, vocabulary: int
    ) -> Ask[Written]:
        # Nothing is told of a token before its character is complete, so another one is written,
        # and this one is found among all that might have been.
        body = {
            **_common(model, context, min(vocabulary, MOST_TOLD)),
            "n_predict": 1,
            "temperature": 0,
            "grammar": f'root ::= "{WHOLE}"',
        }

        def read(told: Any) -> Written:
            rows = rows_at(told, "completion_probabilities", 0, "top_logprobs")  # best first
            own = next((at(one, "logprob") for one in rows if at(one, "id") == token_id), None)
            if own is None:
                raise odd(f"no log-probability of the token {token_id}")
            return Written(token_id, None, log_prob_of(own), _likeliest(rows[:top]))

        return Ask(PATH, body, read)

    def next(self, model: str | None, ids: Ids, top: int, temperature: float = 0.0) -> Ask[Written]:
        body = {**_common(model, ids, top), "n_predict": 1, "temperature": temperature}
        return Ask(PATH, body, lambda told: _written(at(told, "completion_probabilities", 0)))

    def write(self, model: str | None, ids: Ids, options: GenerationOptions, top: int) -> Writing:
        body = {
            **_common(model, ids, top),
            "stream": True,
            "n_predict": options.max_new_tokens,
            "temperature": options.heat,
            "top_p": options.top_p,
            "samplers": SAMPLERS,
            "seed": -1 if options.seed is None else options.seed % 2**32,
        }

        return Stream(PATH, body, _reader)

    def _all(self, told: Any) -> list[Written]:
        """The tokens that were to be written.

        Raises:
            EndpointError: some may have been drafted.
        """
        written = [_written(entry) for entry in rows_at(told, "completion_probabilities")]
        drafts = _drafts(told.get("generation_settings") or {}) and not self.one_by_one
        if drafts or any(one.log_prob is None for one in written):
            raise EndpointError(DRAFTS, "Start it without a draft model and without --spec-type.")
        return written


def _drafts(settings: Any) -> bool:
    """Whether a server says that it does; what it does is one word, or several."""
    said = settings.get("speculative.types", settings.get("speculative.type"))
    return bool(set(str(said or "").split(",")) - {"", "none"})


def _reader() -> Events:
    held: list[Written | Untold] = []  # without text, as the token that ends a response
    seen, drafts = 0, False

    def read(event: Any) -> News:
        nonlocal held, seen, drafts
        if at(event, "stop"):
            new = [] if event.get("stop_type") == "eos" else held
            return new, reason_of(event.get("stop_type"), REASONS)
        text, count = str(event.get("content") or ""), event.get("tokens_predicted", 0)
        written = [_written(entry) for entry in event.get("completion_probabilities") or ()]
        untold: int | None = max(0, count - seen - len(written))
        if not written:  # it was drafted
            written = [Written(id_of(one), None, None) for one in event.get("tokens") or ()]
            drafts = True
        if text and not written:
            raise odd("text without its tokens")
        if drafts:  # some count all tokens of a draft with its first one
            untold = 0 if text.isascii() else None
        seen = count
        told: list[Written | Untold] = [*written]
        if untold != 0 and written:
            told = [*written[:-1], Untold(text, untold, written[-1])]
        new, held = held + told, []
        if not text:
            new, held = new[:-1], new[-1:]
        return new, None

    return read


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


def _likeliest(rows: Iterable[Any]) -> tuple[Other, ...]:
    return likeliest(
        (at(one, "id"), bytes(rows_at(one, "bytes")) or None, at(one, "logprob")) for one in rows
    )


def _written(entry: Any) -> Written:
    others = _likeliest(entry.get("top_logprobs") or ())
    told = at(entry, "logprob")
    log_prob = log_prob_of(told) if others or told != 0 else None  # what is told of a drafted one
    # The token's own bytes may have those of a character that began before it.
    return Written(id_of(at(entry, "id")), None, log_prob, others)
