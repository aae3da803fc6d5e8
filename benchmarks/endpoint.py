"""Altered prompts on llama.cpp's server, against as many plain calls made one after the other."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import numpy as np

from backlit import load_dataset, load_model
from backlit.engines.base import Engine, as_scorer
from backlit.segments import segment
from backlit.types import TokenSequence
from benchmarks.timing import Line, median, seconds
from scripts.llama_server import default_model, dequantised, running

SLOTS, THREADS = 4, 2
ANSWER = (
    " You dislike eggplant.\nThe eggplant is full of eggplant.\nRecommendation: You have to try it."
)
MASKS = 64
ROUNDS = 3
LONG = 512  # tokens, of which reading is as quick for each as it gets
Ids = tuple[int, ...]
Way = Callable[[Engine, str, list[Ids], Ids], float]


def run() -> Iterator[Line]:
    """Without each line of `fewshot-mistake`, and without half of them, as sparse ablation asks.

    The file in which the default model comes is of a kind (Q4_1) of which llama.cpp multiplies one
    token at a time, so that several answers at once take as long as one after the other. In float32
    it multiplies several.
    """
    quantised = default_model()
    for kind, file in (("Q4_1", quantised), ("float32", dequantised(quantised.parent))):
        for what, altered in (("without a line", one_left_out), ("64 halves", halves)):
            title = f"llama.cpp, {kind}, {what}: ours / plain calls"
            ratios, floors = [], []
            for _ in range(ROUNDS):
                ours, plain, floor = (
                    on_a_new_server(file, altered, way) for way in (scored, one_by_one, at_least)
                )
                ratios.append(ours / plain)
                floors.append(floor / plain)
            yield median(title, ratios, bound=0.5, unit="x")
            yield median(
                "  what nothing that reads them all can beat", floors, bound=None, unit="x"
            )


def on_a_new_server(file: Path, altered: Callable[[TokenSequence], list[Ids]], way: Way) -> float:
    """Seconds that a way takes on a server that has read none of the altered prompts."""
    example = next(e for e in load_dataset("sample_prompts").examples if e.id == "fewshot-mistake")
    with running(file, slots=SLOTS, threads=THREADS) as url:
        engine = load_model(f"endpoint:{url}").engine
        prompt = engine.tokenize(example.prompt)
        answer = engine.append(prompt, ANSWER).input_ids[prompt.prompt_length :]
        return way(engine, url, altered(prompt), answer)


def scored(engine: Engine, url: str, contexts: list[Ids], answer: Ids) -> float:
    """How likely the answer is after each, as Backlit asks."""
    return seconds(lambda: list(as_scorer(engine).score(contexts, answer)))


def one_by_one(engine: Engine, url: str, contexts: list[Ids], answer: Ids) -> float:
    """Write as many tokens after each, which is what a plain call does; the server reads what
    prompts begin with alike once.
    """
    wanted = {"n_predict": len(answer), "ignore_eos": True, "cache_prompt": True}

    def each() -> None:
        for ids in contexts:
            complete(url, {"prompt": list(ids), **wanted})

    return seconds(each)


def at_least(engine: Engine, url: str, contexts: list[Ids], answer: Ids) -> float:
    """Every token that has to be read or written, what prompts begin with alike once, as if all
    were read in one go.
    """
    beginnings = {ids[:length] for ids in contexts for length in range(1, len(ids) + 1)}
    tokens = len(beginnings) + len(contexts) * len(answer)
    text = [i for ids in contexts for i in ids][:LONG]
    told = complete(url, {"prompt": text, "n_predict": 1})["timings"]
    return tokens * float(told["prompt_ms"]) / float(told["prompt_n"]) / 1_000


def complete(url: str, body: dict[str, Any]) -> Any:
    reply = httpx2.post(f"{url}/completion", json=body, timeout=600)
    return reply.raise_for_status().json()


def one_left_out(prompt: TokenSequence) -> list[Ids]:
    """Without each line, in the order of the lines."""
    ids = prompt.input_ids
    return [ids[: one.start] + ids[one.stop :] for one in segment(prompt, "line")]


def halves(prompt: TokenSequence) -> list[Ids]:
    """Half of the lines, drawn by chance."""
    lines: Sequence[Ids] = [
        prompt.input_ids[one.start : one.stop] for one in segment(prompt, "line")
    ]
    kept = np.random.default_rng(0).random((MASKS, len(lines))) < 0.5
    return [
        tuple(i for line, keep in zip(lines, mask, strict=True) if keep for i in line)
        for mask in kept
    ]
