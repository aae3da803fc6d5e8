"""What checks and proofs take, counted in tokens that the model ran: the same on any machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from backlit import Explanation, Model, load_dataset, load_model
from backlit.explanation import Provisional
from benchmarks.timing import Line

TARGET = "Recommendation: You have to try it."
CONTINUATIONS = 3  # one for each proof, as long as the target


class Counted:
    """How many tokens a model has run."""

    tokens = 0


@contextmanager
def counting(model: Any) -> Iterator[Counted]:
    """Count the tokens of every forward pass of a model of transformers."""
    counted = Counted()

    def count(module: Any, args: Any, kwargs: dict[str, Any]) -> None:
        read = kwargs.get("input_ids")
        read = kwargs["inputs_embeds"][..., 0] if read is None else read
        counted.tokens += read.numel()

    hook = model.register_forward_pre_hook(count, with_kwargs=True)
    try:
        yield counted
    finally:
        hook.remove()


def run(name: str) -> Iterator[Line]:
    """The check and the proofs of the default map of `fewshot-mistake`."""
    model = load_model(name, device="cpu")
    example = next(e for e in load_dataset("sample_prompts").examples if e.id == "fewshot-mistake")
    yield from lines(model, model.explain(example.prompt, response=example.target, target=TARGET))


def lines(model: Model, explanation: Explanation) -> Iterator[Line]:
    """What a check and the proofs of a map take, on any engine of transformers."""
    name, engine = model.name, cast(Any, model.engine)
    target = explanation[0].target
    whole, answer = target.start, target.stop - target.start
    with counting(engine._model) as counted:
        verdicts: list[tuple[int, Provisional]] = []
        checked = model.check(
            explanation, so_far=lambda so_far: verdicts.append((counted.tokens, so_far))
        )
    assert checked[0].faithfulness is not None, "it was checked"
    first, last = verdicts[0], verdicts[-1]
    assert last[1].verdict == checked[0].faithfulness.verdict, "the last that was told stands"
    yield Line(f"{name}: check, first sentence", first[0] / whole, 8, "passes")
    yield Line(f"{name}: check, verdict ({last[1].verdict})", last[0] / whole, 40, "passes")
    yield Line(f"{name}: check, all figures", counted.tokens / whole, None, "passes")
    fresh = load_model(engine)
    with counting(engine._model) as counted:
        proofs = fresh.prove(explanation)[0].proofs
    assert len(proofs) >= CONTINUATIONS, "three were taken away"
    written = CONTINUATIONS * answer
    yield Line(
        f"{name}: three proofs, beside {CONTINUATIONS} continuations",
        (counted.tokens - written) / whole,
        6,
        "passes",
    )
