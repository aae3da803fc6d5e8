"""What every contestant explains: one model, one prompt, one target, one cut into lines."""

from dataclasses import dataclass
from typing import Any

import torch

from backlit import load_dataset, load_model
from backlit.explaining.responses import respond
from backlit.explaining.targets import select_target
from backlit.segments import segment
from backlit.types import Segment, Target, TokenSequence

MODEL = "smollm2"
EXAMPLE = "fewshot-mistake"
SELECTED = "Recommendation: You have to try it."
THREADS = 2
TOLERANCE = 1e-2  # nats by which a peer's log-probability of the target may differ from ours


class WrongTargetError(Exception):
    """A peer explains something other than the target's log-probability."""


@dataclass(frozen=True)
class Subject:
    """The sequence, the target in it, and the lines before it."""

    engine: Any
    sequence: TokenSequence
    target: Target
    lines: tuple[Segment, ...]
    log_prob: float

    @property
    def model(self) -> Any:
        return self.engine._model

    @property
    def tokenizer(self) -> Any:
        return self.engine._tokenizer

    @property
    def ids(self) -> tuple[int, ...]:
        """Up to the target's end."""
        return self.sequence.input_ids[: self.target.stop]

    @property
    def context(self) -> torch.Tensor:
        """Ids before the target, `(1, start)`."""
        return torch.tensor([self.ids[: self.target.start]])

    @property
    def wanted(self) -> torch.Tensor:
        """Ids of the target, `(target,)`."""
        return torch.tensor(self.ids[self.target.start :])

    @property
    def context_text(self) -> str:
        return self.sequence.text[: self.sequence.tokens[self.target.start].start]

    @property
    def text(self) -> str:
        """Up to the target's end."""
        return self.sequence.text[: self.sequence.tokens[self.target.stop - 1].stop]

    @property
    def mistake(self) -> int:
        """Which line recommends what its analysis warns of: the last example's verdict."""
        return max(i for i, line in enumerate(self.lines) if line.text.startswith(SELECTED))

    def summed(self, **inputs: Any) -> torch.Tensor:
        """The target's log-probability in each row, `(batch,)`: what peers get to explain.

        Logits at the target's positions only, so that a peer pays for nothing but its own way.
        """
        wanted = self.wanted
        logits = self.model(use_cache=False, logits_to_keep=len(wanted), **inputs).logits
        picked = logits.gather(-1, wanted[None, :, None].expand(len(logits), -1, 1))[..., 0]
        found: torch.Tensor = (picked - logits.logsumexp(-1)).sum(-1)
        return found

    def check(self, log_prob: float) -> None:
        """Refuse a peer that explains another number than ours."""
        if abs(log_prob - self.log_prob) > TOLERANCE:
            raise WrongTargetError(f"{log_prob:.4f} nats where it is {self.log_prob:.4f}")

    def token_lines(self) -> torch.Tensor:
        """The line of each token before the target, `(1, start)`."""
        sizes = torch.tensor([line.stop - line.start for line in self.lines])
        return torch.repeat_interleave(sizes)[None]


def open_subject() -> Subject:
    """Load the model, on the CPU in float32, and lay out the prompt."""
    torch.set_num_threads(THREADS)
    engine: Any = load_model(MODEL, device="cpu", dtype="float32").engine
    example = next(e for e in load_dataset("sample_prompts").examples if e.id == EXAMPLE)
    assert example.target is not None
    sequence = respond(engine, example.prompt, example.target).sequence
    target = select_target(sequence, SELECTED)
    ids = sequence.input_ids
    scored = engine.score([ids[: target.start]], ids[target.start : target.stop])
    log_prob = float(next(iter(scored))[1].sum())
    lines = tuple(segment(sequence, "line", stop=target.start))
    return Subject(engine, sequence, target, lines, log_prob)
