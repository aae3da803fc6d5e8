"""Methods against floors and peers' ways of the same work, on a real model and prompt."""

from collections.abc import Iterator
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from backlit import load_dataset, load_model
from backlit.explaining.attribution import Segmenting, attribute
from backlit.explaining.responses import respond
from backlit.explaining.targets import select_target
from backlit.methods import default_method, make_method
from backlit.methods.objective import Objective
from backlit.progress import SILENT
from backlit.segments import segment
from backlit.types import Target, TokenSequence
from benchmarks.timing import Line, ratio


def run(name: str, rounds: int, full_bound: float) -> Iterator[Line]:
    """The default map, Grad L2 and occlusion of one selection on `fewshot-mistake`."""
    engine: Any = load_model(name, device="cpu").engine
    example = next(e for e in load_dataset("sample_prompts").examples if e.id == "fewshot-mistake")
    assert example.target is not None
    sequence = respond(engine, example.prompt, example.target).sequence
    target = select_target(sequence, "Recommendation: You have to try it.")
    yield from lines(name, engine, sequence, target, rounds, full_bound)


def lines(
    name: str,
    engine: Any,
    sequence: TokenSequence,
    target: Target,
    rounds: int,
    full_bound: float | None,
) -> Iterator[Line]:
    """Methods against floors, on any engine of transformers."""
    model = engine._model
    size = len(sequence.tokens)
    print(f"{name}: {size} tokens, target {target.start}:{target.stop}", flush=True)

    def explain(method: str) -> None:
        objective = Objective(engine, sequence, target)  # nothing is known from earlier rounds
        attribute(objective, make_method(method), Segmenting("line"), SILENT)

    def grad_l2() -> None:
        explain("grad_l2")

    def default() -> None:
        explain(default_method(engine))

    def occlusion() -> None:
        explain("occlusion")

    yield ratio(
        f"{name}: Grad L2 / one forward and backward, cut, sliced logits",
        grad_l2,
        lambda: forward_backward(model, sequence, target, cut=True),
        bound=1.15,
        rounds=rounds,
    )
    yield ratio(
        f"{name}: Grad L2 / full sequence, logits everywhere",
        grad_l2,
        lambda: forward_backward(model, sequence, target, cut=False),
        bound=full_bound,
        rounds=rounds,
    )
    yield ratio(
        f"{name}: {default_method(engine)} (the default) / Grad L2",
        default,
        grad_l2,
        bound=1.25,
        rounds=rounds,
    )
    yield ratio(
        f"{name}: occlusion by lines / one forward for each line",
        occlusion,
        lambda: forward_each(model, sequence, target),
        bound=0.6,
        rounds=rounds,
    )


def forward_backward(model: Any, sequence: TokenSequence, target: Target, *, cut: bool) -> None:
    """The least a gradient costs (`cut`), or the cross-entropy of every position, masked.

    The second is what tools do that differentiate a model's loss: logits and their
    normalization for the whole sequence, of which the target's positions are kept.
    """
    ids = sequence.input_ids[: target.stop - 1] if cut else sequence.input_ids
    embeddings = (
        model.get_input_embeddings()(torch.tensor([ids], device=model.device))
        .detach()
        .requires_grad_()
    )
    wanted = torch.tensor(sequence.input_ids[target.start : target.stop], device=model.device)
    count = len(wanted)
    kept = {"logits_to_keep": count} if cut else {}
    logits = model(inputs_embeds=embeddings, use_cache=False, **kept).logits[0]
    if cut:
        objective = logits.log_softmax(-1)[torch.arange(count, device=model.device), wanted].sum()
    else:
        losses = cross_entropy(
            logits[:-1], torch.tensor(ids[1:], device=model.device), reduction="none"
        )  # (seq - 1,)
        mask = torch.zeros(len(ids) - 1, device=model.device)
        mask[target.start - 1 : target.stop - 1] = 1
        objective = -(losses * mask).sum()
    (slope,) = torch.autograd.grad(objective, embeddings)
    slope.cpu()  # as ours: an accelerator may still be at it


@torch.inference_mode()
def forward_each(model: Any, sequence: TokenSequence, target: Target) -> None:
    """Leave-one-out as a loop: a forward for each line, cut at the target, sliced logits."""
    ids = sequence.input_ids
    device = model.device
    wanted = torch.tensor(ids[target.start : target.stop], device=device)
    for line in [None, *segment(sequence, "line", stop=target.start)]:
        row = ids[: target.stop - 1]
        if line is not None:
            row = row[: line.start] + row[line.stop :]
        logits = model(
            input_ids=torch.tensor([row], device=model.device),
            use_cache=False,
            logits_to_keep=len(wanted),
        ).logits[0]
        logits.log_softmax(-1)[torch.arange(len(wanted), device=model.device), wanted].sum().item()
