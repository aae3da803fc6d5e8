"""Altered prompts on llama.cpp's server, against as many plain calls made one after the other."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import httpx2
import numpy as np

from backlit import load_dataset, load_model
from backlit.engines.base import Engine, as_scorer
from backlit.segments import segment
from backlit.types import TokenSequence
from benchmarks.timing import Line, median, seconds
from scripts.llama_server import default_model, running

SLOTS, THREADS = 4, 2
ANSWER = (
    " You dislike eggplant.\nThe eggplant is full of eggplant.\nRecommendation: You have to try it."
)
MASKS = 64
ROUNDS = 3
Ids = tuple[int, ...]
Timings = dict[str, float]  # as llama.cpp tells them


def run() -> Iterator[Line]:
    """Without each line of `fewshot-mistake`, and without half of them, as sparse ablation asks."""
    for what, altered in (("occlusion by line", one_left_out), ("64 random halves", halves)):
        title = f"llama.cpp: {what} / plain calls"
        ratios, afresh, reading = [], [], []
        for _ in range(ROUNDS):
            ours, _ = timed(altered, ours_of)
            plain, told = timed(altered, one_by_one)
            ratios.append(ours / plain)
            # By lines, nobody who asks for each exactly can have it in less: no order reads fewer.
            reading.append(sum(one["prompt_ms"] for one in told) / 1_000 / plain)
            nothing_kept, _ = timed(altered, partial(one_by_one, reuse=False))
            afresh.append(ours / nothing_kept)
        yield median(f"{title} one by one", ratios, bound=0.5, unit="x")
        yield median(f"{title}, their reading alone", reading, bound=None, unit="x")
        yield median(f"{title} that read all anew", afresh, bound=None, unit="x")


def timed(
    altered: Callable[[TokenSequence], list[Ids]],
    way: Callable[[Engine, str, list[Ids], Ids], list[Timings]],
) -> tuple[float, list[Timings]]:
    """Seconds for altered prompts on a server that knows none of them yet, and what it tells."""
    example = next(e for e in load_dataset("sample_prompts").examples if e.id == "fewshot-mistake")
    with running(default_model(), slots=SLOTS, threads=THREADS) as url:
        engine = load_model(f"endpoint:{url}").engine
        prompt = engine.tokenize(example.prompt)
        answer = engine.append(prompt, ANSWER).input_ids[prompt.prompt_length :]
        contexts = altered(prompt)
        told: list[Timings] = []
        return seconds(lambda: told.extend(way(engine, url, contexts, answer))), told


def ours_of(engine: Engine, url: str, contexts: list[Ids], answer: Ids) -> list[Timings]:
    for _ in as_scorer(engine).score(contexts, answer):
        pass
    return []


def one_by_one(
    engine: Engine, url: str, contexts: list[Ids], answer: Ids, *, reuse: bool = True
) -> list[Timings]:
    """Write as many tokens after each, which is what a plain call does."""
    told: list[Timings] = []
    wanted = {"n_predict": len(answer), "ignore_eos": True, "cache_prompt": reuse}
    with httpx2.Client(base_url=url, timeout=600) as client:
        for ids in contexts:
            reply = client.post("/completion", json={"prompt": list(ids), **wanted})
            told.append(reply.raise_for_status().json()["timings"])
    return told


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
