"""Servers that answer as SGLang, vLLM, llama.cpp, llama-cpp-python (`echo`) and those that only
chat do, or that tell the likeliest tokens alone, with the toy model behind them.

What they take and tell has the shapes that the real ones document, or were seen to have; nothing of
Backlit's endpoints is used, so that both sides can't be wrong in the same way.
"""

import codecs
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import numpy as np
from tokenizers.pre_tokenizers import ByteLevel

from backlit.engines.base import FloatArray
from backlit.engines.toy import ToyEngine
from backlit.engines.writing import log_softmax
from backlit.types import GenerationOptions, Message, Token, TokenSequence

Kind = Literal["sglang", "vllm", "llama", "echo", "chat", "likeliest", "prefill"]
Style = Literal["", "continue_final_message", "prefix"]
KINDS: tuple[Kind, ...] = ("sglang", "vllm", "llama")  # those that take ids
MODEL = "toy-model"
CONTEXT = 512
SLOTS = 3
DRAFTED = 4  # tokens at once
SAYS_SO = {"speculative.types": "ngram-mod"}  # what llama.cpp tells where it drafts
OF_MODEL = ("/generate", "/v1/completions", "/completion", "/v1/chat/completions")
_GRAMMAR = re.compile(r"<\[(\d+)\]>")


class Odd(Exception):
    """An answer that is none: a status, a body, headers, and how it ends."""

    def __init__(
        self,
        status: int,
        body: str = "",
        headers: dict[str, str] | None = None,
        kind: str = "application/json",
    ) -> None:
        super().__init__(status)
        self.status, self.body, self.headers, self.kind = status, body, headers or {}, kind


class Cut(Exception):
    """The connection ends here."""


@dataclass
class Fake:
    """A server, and what was asked of it.

    Attributes:
        kind: which it answers as.
        key: that it wants, if any.
        spoil: changes answers, given path, request and answer; raises `Odd` or `Cut`.
        asked: `(path, body)` of each request.
        headers: of each request.
        script: ids that are written whatever the model would.
        thinks: before an answer, told apart from it.
        limit: what the field is called that bounds an answer of a chat.
        plain: whether SGLang tells what is likely as it is before the temperature.
        style: how `prefill` is asked to go on from a message that is begun; None if it can't be.
        trims: whether it leaves out blanks that such a message, or a text, ends with.
        most: of the likeliest tokens that are told; more are refused.
        chats: whether `likeliest` tells them in the shape of chats.
        drafts: whether llama.cpp's does; where it is to write more than two tokens, all but the
            first are drafted.
        pauses: whether between two drafts a token is not.
        settings: what llama.cpp's tells of how it writes.
        counts_ahead: whether it counts all tokens of a draft, which are up to four, with the first.
        go: while it is not set, answers wait.
        closed: once somebody went away before they had their answer.
        in_flight: requests that the model works for.
    """

    kind: Kind
    key: str | None = None
    spoil: Callable[[str, Any, Any], Any] = lambda path, body, answer: answer
    asked: list[tuple[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    script: Sequence[int] = ()
    plain: bool = False
    thinks: str = ""
    limit: str = "max_tokens"
    style: Style | None = ""
    trims: bool = False
    most: int = 20
    chats: bool = False
    drafts: bool = False
    pauses: bool = False
    settings: Any = field(default_factory=lambda: {"speculative.types": "none"})
    counts_ahead: bool = False
    go: threading.Event = field(default_factory=threading.Event)
    most_in_flight: int = 0
    in_flight: int = 0
    closed: threading.Event = field(default_factory=threading.Event)
    toy: ToyEngine = field(default_factory=ToyEngine)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def source(self) -> str:
        """The server as a model's source."""
        return f"endpoint:{self.url}"

    def of_model(self) -> list[tuple[str, Any]]:
        """Requests that the model had to work for."""
        return [one for one in self.asked if one[0] in OF_MODEL]

    @property
    def end(self) -> Token:
        """The token that ends a response, as if it had been likely."""
        return Token(self.toy.vocabulary_size - 1, "<end>", 0, 0, log_prob=-0.1)

    # ---- the model ---------------------------------------------------------------------------

    def written(self, ids: Sequence[int], count: int, **options: Any) -> Iterator[Token]:
        read = TokenSequence("", tuple(Token(i, "", 0, 0) for i in ids), len(ids))
        asked = GenerationOptions(max_new_tokens=count, **options)
        if self.script:
            yield from self.scored(ids, self.script[:count])
            return
        for step in self.toy.generate(read, asked):
            yield from step.tokens

    def all_log_probs(self, ids: Sequence[int]) -> FloatArray:
        """Of every token of the vocabulary that may come next, `(vocab,)`."""
        logits = self.toy._logits(self.toy.embed(ids), len(ids) - 1)  # (1, vocab)
        log_probs: FloatArray = log_softmax(logits)[0]
        return log_probs

    def heated(self, ids: Sequence[int], tokens: list[Token], temperature: float) -> list[Token]:
        """Tokens with log-probabilities as they are after a temperature."""
        heated: list[Token] = []
        for token in tokens:
            values = self.all_log_probs([*ids, *(one.id for one in heated)]) / temperature
            values -= np.log(np.exp(values).sum())
            others = tuple(replace(a, log_prob=values[a.id]) for a in token.alternatives)
            heated.append(replace(token, log_prob=values[token.id], alternatives=others))
        return heated

    def scored(self, context: Sequence[int], answer: Sequence[int]) -> list[Token]:
        tokens = tuple(Token(i, "", 0, 0) for i in (*context, *answer))
        whole = self.toy.annotate(TokenSequence("", tokens, len(context)))
        return list(whole.tokens[len(context) :])

    def ids(self, text: str) -> list[int]:
        return list(self.toy.tokenize(text).input_ids) if text else []

    def piece(self, token_id: int) -> bytes:
        return self.toy.vocabulary[token_id]

    def text(self, ids: Sequence[int]) -> str:
        return b"".join(map(self.piece, ids)).decode(errors="replace")

    def chat(self, messages: list[dict[str, str]]) -> str:
        return self.toy.tokenize(tuple(Message(m["role"], m["content"]) for m in messages)).text


def answer(fake: Fake, path: str, body: Any) -> Any:
    """What it says: JSON, or an iterator of a stream's events."""
    common: dict[str, Callable[[], Any]] = {"/v1/models": lambda: _models(fake)}
    kinds = {
        "llama": _llama,
        "vllm": _vllm,
        "sglang": _sglang,
        "echo": _echo,
        "chat": _chat,
        "likeliest": _likeliest,
        "prefill": _chat,
    }
    own = kinds[fake.kind](fake, body)
    known = common | own
    if path not in known:
        raise Odd(404, json.dumps({"error": {"message": "File Not Found", "code": 404}}))
    return known[path]()


def _models(fake: Fake) -> Any:
    meta = {"meta": {"n_vocab": fake.toy.vocabulary_size}} if fake.kind == "llama" else {}
    length = {"max_model_len": CONTEXT} if fake.kind in ("vllm", "sglang") else {}
    return {"object": "list", "data": [{"id": MODEL, "object": "model", **meta, **length}]}


# ---- llama.cpp -------------------------------------------------------------------------------


def _llama(fake: Fake, body: Any) -> dict[str, Callable[[], Any]]:
    def tokenize() -> Any:
        ids = fake.ids(body.get("content", ""))
        if not body.get("with_pieces"):
            return {"tokens": ids}
        return {"tokens": [{"id": i, "piece": _llama_piece(fake.piece(i))} for i in ids]}

    return {
        "/props": lambda: {
            "default_generation_settings": {"n_ctx": CONTEXT},
            "total_slots": SLOTS,
            "chat_template": "[{{role}}]",
        },
        "/tokenize": tokenize,
        "/detokenize": lambda: {"content": fake.text(body["tokens"])},
        "/apply-template": lambda: {"prompt": fake.chat(body["messages"])},
        "/completion": lambda: _llama_completion(fake, body),
        # It takes echo and prompt_logprobs, and ignores both.
        "/v1/completions": lambda: {"choices": [{"text": " x", "index": 0, "logprobs": None}]},
    }


def _llama_completion(fake: Fake, body: Any) -> Any:
    if body.get("grammar") == 'root ::= "a"':
        return {"content": "a", "stop": True, **_llama_whole(fake, body)}
    forced = [int(i) for i in _GRAMMAR.findall(body.get("grammar", ""))]
    if any(is_piece(fake.piece(token_id)) for token_id in forced):
        raise Odd(500, json.dumps({"error": {"message": "Unexpected empty grammar stack"}}))
    if forced:
        tokens = fake.scored(body["prompt"], forced[: body["n_predict"]])
        return _llama_all(fake, tokens, body)
    seed = body.get("seed", -1)
    writing = fake.written(
        body["prompt"],
        body["n_predict"],
        temperature=body["temperature"],
        top_p=body.get("top_p", 1.0),
        seed=None if seed < 0 else seed,
    )
    if not body.get("stream"):
        return _llama_all(fake, list(writing), body)

    def events() -> Iterator[Any]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        drafts = fake.drafts and body["n_predict"] > 2
        tokens: Iterable[Token] = list(writing) if fake.counts_ahead else writing
        total = len(tokens) if isinstance(tokens, list) else 0

        def event(count: int, token: Token, text: str) -> Any:
            last = count + ((0 if fake.pauses else 1) - count) % DRAFTED  # of its draft
            drafted = drafts and count > 1 and not (fake.pauses and count % DRAFTED == 1)
            told = {} if drafted else _llama_told(fake, [token], body["n_probs"])
            so_far = min(last, total) if fake.counts_ahead and drafted else count
            return {
                "content": text,
                "tokens": [token.id],
                "stop": False,
                "tokens_predicted": so_far,
                **told,
            }

        count = 0
        for token in tokens:
            count += 1
            text = decoder.decode(fake.piece(token.id))
            if not decoder.getstate()[0]:  # nothing is told before a character is complete, and
                yield event(count, token, text)  # then of its last token
        ended = "limit" if count == body["n_predict"] else "eos"
        if ended == "eos":  # it is told as any other, but for its text
            count = total = count + 1
            yield event(count, fake.end, "")
        last = {"tokens_predicted": count, "stop_type": ended}
        yield {"content": "", "tokens": [], "stop": True, **last}

    return events()


def _llama_all(fake: Fake, tokens: Sequence[Token], body: Any) -> Any:
    told = _llama_told(fake, tokens, body["n_probs"])
    if fake.drafts and body["n_predict"] > 2:
        for entry in told["completion_probabilities"][1:]:
            entry |= {"logprob": 0.0, "top_logprobs": []}
    return {"content": "", "stop": True, "generation_settings": fake.settings, **told}


def _llama_told(fake: Fake, tokens: Sequence[Token], top: int) -> Any:
    return {
        "completion_probabilities": [
            {
                **_llama_entry(fake, token.id, token.log_prob),
                "top_logprobs": [
                    _llama_entry(fake, a.id, a.log_prob) for a in token.alternatives[:top]
                ],
            }
            for token in tokens
        ]
    }


def _llama_whole(fake: Fake, body: Any) -> Any:
    """An "a", and how likely each token of the vocabulary was."""
    values = fake.all_log_probs(body["prompt"])
    best = np.argsort(-values, kind="stable")[: body["n_probs"]].tolist()
    (a,) = fake.ids("a")
    others = [_llama_entry(fake, i, float(values[i])) for i in best]
    entry = {**_llama_entry(fake, a, float(values[a])), "top_logprobs": others}
    return {"completion_probabilities": [entry]}


def is_piece(piece: bytes) -> bool:
    """Whether it is a part of a character."""
    return "\ufffd" in piece.decode(errors="replace")


def _llama_entry(fake: Fake, token_id: int, log_prob: float | None) -> Any:
    piece = fake.piece(token_id)
    text = piece.decode(errors="replace")
    return {"id": token_id, "token": text, "bytes": list(piece), "logprob": log_prob}


def _llama_piece(piece: bytes) -> str | list[int]:
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return list(piece)


# ---- vLLM ------------------------------------------------------------------------------------


def _vllm(fake: Fake, body: Any) -> dict[str, Callable[[], Any]]:
    def tokenize() -> Any:
        ids = fake.ids(_text_of(fake, body))
        names = [name_of(fake.piece(i)) for i in ids] if body.get("return_token_strs") else None
        return {"count": len(ids), "max_model_len": CONTEXT, "tokens": ids, "token_strs": names}

    return {
        "/tokenize": tokenize,
        "/detokenize": lambda: {"prompt": fake.text(body["tokens"])},
        "/v1/completions": lambda: _vllm_completion(fake, body),
    }


def _text_of(fake: Fake, body: Any) -> str:
    if "messages" in body:
        return fake.chat(body["messages"])
    return _prompt_of(body)


def _prompt_of(body: Any) -> str:
    if "prompt" not in body:
        raise Odd(422, json.dumps({"detail": [{"type": "missing", "loc": ["body", "prompt"]}]}))
    return str(body["prompt"])


def _vllm_completion(fake: Fake, body: Any) -> Any:
    if body.get("model", MODEL) != MODEL:
        said = f"The model `{body['model']}` does not exist."
        raise Odd(404, json.dumps({"error": {"message": said, "type": "NotFoundError"}}))
    ids = fake.ids(body["prompt"]) if isinstance(body["prompt"], str) else body["prompt"]
    if len(ids) + body["max_tokens"] > CONTEXT:
        said = f"This model's maximum context length is {CONTEXT} tokens."
        raise Odd(400, json.dumps({"error": {"message": said, "code": 400}}))
    if "prompt_logprobs" in body:
        told: list[Any] = [None]
        for token in fake.scored(ids[:1], ids[1:]):
            best = {
                str(a.id): {"logprob": a.log_prob, "rank": n, "decoded_token": a.text}
                for n, a in enumerate(token.alternatives[: body["prompt_logprobs"]], start=1)
            }
            own = {"logprob": token.log_prob, "rank": 99, "decoded_token": token.text}
            told.append({str(token.id): own} | best)
        return {"choices": [{"index": 0, "text": "", "prompt_logprobs": told}]}
    writing = fake.written(
        ids,
        body["max_tokens"],
        temperature=body["temperature"],
        top_p=body.get("top_p", 1.0),
        seed=body.get("seed"),
    )
    if not body.get("stream"):
        return {"choices": [{"index": 0, "logprobs": _vllm_told(list(writing), body["logprobs"])}]}

    def events() -> Iterator[Any]:
        count = 0
        for token in writing:
            count += 1
            told = _vllm_told([token], body["logprobs"])
            text = fake.text([token.id])
            yield {"choices": [{"text": text, "logprobs": told, "finish_reason": None}]}
        ended = "length" if count == body["max_tokens"] else "stop"
        told = _vllm_told([fake.end], body["logprobs"]) if ended == "stop" else None
        yield {"choices": [{"text": "", "logprobs": told, "finish_reason": ended}]}
        yield {"choices": [], "usage": {"completion_tokens": count}}

    return events()


def _vllm_told(tokens: Sequence[Token], top: int) -> Any:
    return {
        "tokens": [f"token_id:{token.id}" for token in tokens],
        "token_logprobs": [token.log_prob for token in tokens],
        "top_logprobs": [
            {f"token_id:{a.id}": a.log_prob for a in token.alternatives[:top]} for token in tokens
        ],
    }


def name_of(piece: bytes) -> str:
    """What a byte-level vocabulary calls a token, by the library that has it."""
    signs = {}
    for byte in range(256):
        if byte < 128:
            ((name, _),) = ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(
                chr(byte)
            )
            signs[byte] = name
    for lead in range(0x80, 0x800):
        ((name, _),) = ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(
            chr(lead)
        )
        signs |= dict(zip(chr(lead).encode(), name, strict=True))
    return "".join(signs.get(byte, "?") for byte in piece)


# ---- SGLang ----------------------------------------------------------------------------------


def _sglang(fake: Fake, body: Any) -> dict[str, Callable[[], Any]]:
    def tokenize() -> Any:
        ids = fake.ids(_prompt_of(body))  # it takes no messages
        return {"tokens": ids, "count": len(ids), "max_model_len": CONTEXT}

    return {
        "/tokenize": tokenize,
        "/detokenize": lambda: {"text": fake.text(body["tokens"])},
        "/generate": lambda: _sglang_generate(fake, body),
    }


def _sglang_generate(fake: Fake, body: Any) -> Any:
    ids, params = body["input_ids"], body["sampling_params"]
    top = body.get("top_logprobs_num", 0)
    start = body.get("logprob_start_len")
    if start is not None:
        scored = fake.scored(ids[: start + 1], ids[start + 1 :])
        info = _sglang_told("input", scored, top)
        info["input_token_logprobs"].insert(0, [None, ids[start], None])
        info["input_top_logprobs"].insert(0, None)
        return {"text": "", "output_ids": [0], "meta_info": info}
    writing = fake.written(
        ids,
        params["max_new_tokens"],
        temperature=params["temperature"],
        top_p=params.get("top_p", 1.0),
        seed=params.get("sampling_seed"),
    )
    wrote: Iterable[Token] = writing
    if params["temperature"] not in (0, 1) and not fake.plain:
        wrote = fake.heated(ids, list(writing), params["temperature"])
    if not body.get("stream"):
        return {"text": "", "meta_info": _sglang_told("output", list(wrote), top)}

    def events() -> Iterator[Any]:
        tokens: list[Token] = []
        for token in wrote:
            tokens.append(token)
            info = {**_sglang_told("output", tokens, top), "finish_reason": None}
            yield {"text": fake.text([t.id for t in tokens]), "meta_info": info}
        length = len(tokens) == params["max_new_tokens"]
        reason = {"type": "length"} if length else {"type": "stop", "matched": fake.end.id}
        tokens += [] if length else [fake.end]
        info = {**_sglang_told("output", tokens, top), "finish_reason": reason}
        yield {"text": fake.text([t.id for t in tokens]), "meta_info": info}

    return events()


def _sglang_told(of: str, tokens: Sequence[Token], top: int) -> dict[str, Any]:
    return {
        f"{of}_token_logprobs": [[t.log_prob, t.id, None] for t in tokens],
        f"{of}_top_logprobs": [
            [[a.log_prob, a.id, None] for a in t.alternatives[:top]] for t in tokens
        ],
        "completion_tokens": len(tokens),
    }


# ---- llama-cpp-python ------------------------------------------------------------------------


def _echo(fake: Fake, body: Any) -> dict[str, Callable[[], Any]]:
    return {"/v1/completions": lambda: _echo_completion(fake, body)}


def _echo_completion(fake: Fake, body: Any) -> Any:
    ids = fake.ids(body["prompt"])
    if len(ids) + body["max_tokens"] > CONTEXT:
        said = f"This model's maximum context length is {CONTEXT} tokens."
        raise Odd(400, json.dumps({"error": {"message": said, "code": "context_length_exceeded"}}))
    writing = fake.written(
        ids,
        body["max_tokens"],
        temperature=body["temperature"],
        top_p=body.get("top_p", 1.0),
        seed=body.get("seed"),
    )
    if body.get("stream"):
        return _echo_events(fake, body, writing)
    new = list(writing)
    before = fake.scored(ids[:1], ids[1:]) if body.get("echo") else []
    told = [*before, *new]
    first = [ids[0]] if body.get("echo") else []
    every = [*first, *(token.id for token in told)]
    start = 0 if body.get("echo") else len(body["prompt"])
    none = [None] * len(first)
    logprobs = {
        "tokens": [fake.piece(i).decode(errors="ignore") for i in every],
        "text_offset": [
            start + len(b"".join(map(fake.piece, every[:n])).decode(errors="ignore"))
            for n in range(len(every))
        ],
        "token_logprobs": [*none, *(token.log_prob for token in told)],
        "top_logprobs": [
            *none,
            *({fake.text([a.id]): a.log_prob for a in token.alternatives} for token in told),
        ],
    }
    return {"choices": [{"index": 0, "text": fake.text(every), "logprobs": logprobs}]}


def _echo_events(fake: Fake, body: Any, writing: Iterator[Token]) -> Iterator[Any]:
    count = 0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for token in writing:
        count += 1
        if text := decoder.decode(fake.piece(token.id)):
            yield {"choices": [{"text": text, "logprobs": None, "finish_reason": None}]}
    ended = "length" if count == body["max_tokens"] else "stop"
    yield {"choices": [{"text": "", "logprobs": None, "finish_reason": ended}]}


# ---- chats -----------------------------------------------------------------------------------


def _chat(fake: Fake, body: Any) -> dict[str, Callable[[], Any]]:
    return {"/v1/chat/completions": lambda: _chat_completion(fake, body)}


def _chat_completion(fake: Fake, body: Any) -> Any:
    if fake.limit not in body:
        said = f"Unsupported parameter. Use '{fake.limit}' instead."
        raise Odd(400, json.dumps({"error": {"message": said, "code": "unsupported_parameter"}}))
    count = body[fake.limit]
    ids = fake.ids(_begun(fake, body))
    new = fake.written(
        ids,
        count,
        temperature=body.get("temperature", 1.0),
        top_p=body.get("top_p", 1.0),
        seed=body.get("seed"),
    )
    tells = fake.kind == "prefill" and body.get("logprobs")
    top = _top(fake, body["top_logprobs"]) if tells else 0
    if not body.get("stream"):
        tokens = list(new)
        message = {"role": "assistant", "content": fake.text([token.id for token in tokens])}
        told = _chat_told(fake, ids, tokens, top) if tells else None
        ended = "length" if len(tokens) == count else "stop"
        choice = {"index": 0, "message": message, "finish_reason": ended, "logprobs": told}
        return {"choices": [choice]}

    def events() -> Iterator[Any]:
        yield {"choices": [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}
        for word in fake.thinks.split(" ") if fake.thinks else ():
            yield {"choices": [{"delta": {"reasoning_content": word}, "finish_reason": None}]}
        written = 0
        for token in new:
            written += 1
            told = _chat_told(fake, ids, [token], top) if tells else None
            ids.append(token.id)
            yield {"choices": [{"delta": {"content": fake.text([token.id])}, "logprobs": told}]}
        ended = "length" if written == count else "stop"
        yield {"choices": [{"delta": {}, "finish_reason": ended}]}
        yield {"choices": [], "usage": {"completion_tokens": written}}

    return events()


def _begun(fake: Fake, body: Any) -> str:
    """What is read, with a message that is begun where it is asked to go on from one."""
    *before, last = body["messages"]
    goes_on = {
        "": True,
        "continue_final_message": body.get("continue_final_message", False),
        "prefix": last.get("prefix", False),
    }
    if last["role"] != "assistant" or fake.style is None or not goes_on[fake.style]:
        return fake.chat(body["messages"])
    begun = str(last["content"])
    return fake.chat(before) + (begun.rstrip() if fake.trims else begun)


def _top(fake: Fake, wanted: int) -> int:
    if wanted > fake.most:
        said = f"Invalid value for 'top_logprobs': must be at most {fake.most}."
        raise Odd(400, json.dumps({"error": {"message": said}}))
    return wanted


def _chat_told(fake: Fake, before: Sequence[int], tokens: Sequence[Token], top: int) -> Any:
    def entry(token_id: int, value: float) -> Any:
        piece = fake.piece(token_id)
        return {
            "token": piece.decode(errors="replace"),
            "logprob": value,
            "bytes": list(piece),
        }

    ids = list(before)
    content = []
    for token in tokens:
        values = fake.all_log_probs(ids)
        best = np.argsort(-values, kind="stable")[:top].tolist()
        others = [entry(one, float(values[one])) for one in best]
        content.append({**entry(token.id, float(values[token.id])), "top_logprobs": others})
        ids.append(token.id)
    return {"content": content}


# ---- the likeliest tokens of text ------------------------------------------------------------


def _likeliest(fake: Fake, body: Any) -> dict[str, Callable[[], Any]]:
    return {"/v1/completions": lambda: _likeliest_completion(fake, body)}


def _likeliest_completion(fake: Fake, body: Any) -> Any:
    """It takes echo, and ignores it."""
    ids = fake.ids(body["prompt"].rstrip() if fake.trims else body["prompt"])
    if len(ids) + body["max_tokens"] > CONTEXT:
        said = f"This model's maximum context length is {CONTEXT} tokens."
        raise Odd(400, json.dumps({"error": {"message": said}}))
    top = _top(fake, body.get("top_logprobs") or body.get("logprobs") or 0)
    count = body["max_tokens"]
    new = fake.written(
        ids,
        count,
        temperature=body["temperature"],
        top_p=body.get("top_p", 1.0),
        seed=body.get("seed"),
    )

    def told(tokens: Sequence[Token]) -> Any:
        chat = _chat_told(fake, ids, tokens, top)
        if fake.chats:
            return chat
        entries = chat["content"]
        return {
            "tokens": [one["token"] for one in entries],
            "token_logprobs": [one["logprob"] for one in entries],
            "top_logprobs": [
                {other["token"]: other["logprob"] for other in reversed(one["top_logprobs"])}
                for one in entries
            ],
        }

    if not body.get("stream"):
        tokens = list(new)
        text = fake.text([token.id for token in tokens])
        ended = "length" if len(tokens) == count else "stop"
        logprobs = told(tokens) if top else None
        choice = {"index": 0, "text": text, "logprobs": logprobs, "finish_reason": ended}
        return {"choices": [choice]}

    def events() -> Iterator[Any]:
        written = 0
        for token in new:
            written += 1
            choice = {"text": fake.text([token.id]), "logprobs": told([token]) if top else None}
            ids.append(token.id)
            yield {"choices": [{**choice, "finish_reason": None}]}
        ended = "length" if written == count else "stop"
        yield {"choices": [{"text": "", "logprobs": None, "finish_reason": ended}]}

    return events()


# ---- HTTP ------------------------------------------------------------------------------------


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits for the client's delayed word
    fake: Fake

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self._answer(json.loads(self.rfile.read(length)))

    def _answer(self, body: Any) -> None:
        fake = self.fake
        self.path = self.path.partition("?")[0]
        with fake.lock:
            fake.asked.append((self.path, body))
            fake.headers.append(dict(self.headers))
            fake.in_flight += self.path in OF_MODEL
            fake.most_in_flight = max(fake.most_in_flight, fake.in_flight)
        try:
            self._told(body)
        except Cut:
            self.close_connection = True
        except (BrokenPipeError, ConnectionResetError):
            fake.closed.set()
            self.close_connection = True
        except Odd as odd:
            self._send(odd.status, odd.body.encode(), odd.kind, odd.headers)
        finally:
            with fake.lock:
                fake.in_flight -= self.path in OF_MODEL

    def _told(self, body: Any) -> None:
        fake = self.fake
        if fake.key is not None and self.headers.get("Authorization") != f"Bearer {fake.key}":
            given = self.headers.get("Authorization", "")
            raise Odd(401, json.dumps({"error": {"message": f"Incorrect API key: {given}"}}))
        said = answer(fake, self.path, body)
        said = fake.spoil(self.path, body, said)
        while not fake.go.wait(0.01):
            self._notice_if_closed()
        if not isinstance(said, Iterator):
            self._send(200, json.dumps(said).encode(), "application/json", {})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for event in said:
            while not fake.go.wait(0.01):
                self._notice_if_closed()
            # As vLLM and SGLang do, so that U+2028 stands there as it is.
            told = json.dumps(event, ensure_ascii=False)
            self.wfile.write(f"data: {told}\n\n".encode(errors="surrogatepass"))
            self.wfile.flush()
        self.wfile.write(b"data: [DONE]\n\n")

    def _notice_if_closed(self) -> None:
        self.connection.setblocking(False)
        try:
            if self.connection.recv(1) == b"":
                raise BrokenPipeError
        except BlockingIOError:
            pass
        finally:
            self.connection.setblocking(True)

    def _send(self, status: int, content: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def faked(kind: Kind, **options: Any) -> Iterator[Fake]:
    """A server that is there for a while."""
    fake = Fake(kind, **options)
    fake.go.set()
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        fake.go.set()
        server.shutdown()
        thread.join()
        server.server_close()


__all__ = [
    "CONTEXT",
    "KINDS",
    "MODEL",
    "SAYS_SO",
    "SLOTS",
    "Cut",
    "Fake",
    "Kind",
    "Odd",
    "Style",
    "faked",
]
