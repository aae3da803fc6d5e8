"""`make bench-keras`: Keras on one framework beside transformers on torch, on the same weights.

Run in the environment of the framework, which KERAS_BACKEND names; exits with 1 if the bound is
not kept.
"""

import argparse
import os
import sys
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: see backlit.cli

from collections.abc import Iterator
from typing import Any

from backlit import load_dataset, load_model
from backlit.explaining.attribution import Segmenting, attribute
from backlit.explaining.responses import respond
from backlit.explaining.targets import select_target
from backlit.methods import make_method
from backlit.methods.objective import Objective
from backlit.progress import SILENT
from backlit.types import GenerationOptions, Target, TokenSequence
from benchmarks.timing import Line, ratio

MODEL = "gemma3"
BOUND = 1.2
JUST_ABOVE = 132  # tokens: the least that is padded to 192 where shapes are compiled, and a few


def run(rounds: int) -> Iterator[Line]:
    """Grad L2, occlusion and writing, for one selection on `fewshot-mistake`."""
    started = time.perf_counter()
    engine: Any = load_model(f"keras:{MODEL}").engine
    opened = time.perf_counter() - started
    peer: Any = load_model(MODEL, device="cpu").engine
    name = engine.metadata["backend"]
    example = next(e for e in load_dataset("sample_prompts").examples if e.id == "fewshot-mistake")
    assert example.target is not None
    sequence = respond(peer, example.prompt, example.target).sequence
    target = select_target(sequence, "Recommendation: You have to try it.")
    size = len(sequence.tokens)
    print(f"{MODEL} by Keras on {name}: {size} tokens, target {target.start}:{target.stop}")

    def explain(engine: Any, method: str, target: Target) -> None:
        objective = Objective(engine, sequence, target)
        attribute(objective, make_method(method), Segmenting("line"), SILENT)

    def write(engine: Any, prompt: TokenSequence) -> None:
        for step in engine.generate(prompt, GenerationOptions(max_new_tokens=24)):
            assert step.tokens

    yield Line(f"{name}: opening the model", opened, None, "s")
    started = time.perf_counter()
    explain(engine, "grad_l2", target)
    yield Line(f"{name}: the first Grad L2, compiling", time.perf_counter() - started, None, "s")
    short = Target(JUST_ABOVE - 8, JUST_ABOVE)
    for what, work, bound in (
        ("Grad L2", lambda e: explain(e, "grad_l2", target), BOUND),
        (f"Grad L2 of {JUST_ABOVE} tokens", lambda e: explain(e, "grad_l2", short), None),
        ("occlusion by lines", lambda e: explain(e, "occlusion", target), None),
        ("writing 24 tokens", lambda e: write(e, sequence.prompt), None),
    ):
        yield ratio(
            f"{name}: {what} / transformers on torch",
            lambda work=work: work(engine),  # type: ignore[misc]
            lambda work=work: work(peer),  # type: ignore[misc]
            bound=bound,
            rounds=rounds,
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keras_backends")
    parser.add_argument("--rounds", type=int, default=5)
    kept = True
    for line in run(parser.parse_args().rounds):
        print(line, flush=True)
        kept &= line.kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
