"""Do the scores agree where the definitions do? Correctness beside speed."""

from collections.abc import Callable, Iterator

import numpy as np

from backlit.engines.base import FloatArray
from benchmarks.peers import captum_peer, context_cite_peer, inseq_peer, lit_peer
from benchmarks.peers.race import Report, because
from benchmarks.peers.speed import ours
from benchmarks.peers.subject import Subject

Pair = tuple[str, Callable[[], FloatArray], Callable[[], FloatArray], str]


def run(subject: Subject, rounds: int) -> Iterator[Report]:
    """A line for each pair: correlation, largest difference, and why they differ."""

    def tokens(method: str) -> FloatArray:
        found = ours(subject, method).token_scores
        assert found is not None
        return np.array(found)

    for what, mine, theirs, why in _pairs(subject, tokens):
        try:
            a, b = mine(), theirs()
        except Exception as error:  # noqa: BLE001  a peer may fail in any way; it is told
            yield f"? {what}: not compared, {because(error)}"
            continue
        together = float(np.corrcoef(a, b)[0, 1])
        apart = float(np.abs(a - np.sign(together) * b).max() / np.abs(a).max())
        yield f"{what:<48} r = {together:+.5f}, largest difference {apart:.1e}; {why}"
    for name, log_prob in _log_probs(subject).items():
        try:
            yield f"log-probability of the target, {name}: {log_prob():.4f}"
        except Exception as error:  # noqa: BLE001
            yield f"? log-probability of the target, {name}: {because(error)}"


def _pairs(subject: Subject, tokens: Callable[[str], FloatArray]) -> list[Pair]:
    same = "one definition"
    return [
        (
            "Grad x Input / Inseq input_x_gradient",
            lambda: tokens("grad_x_input"),
            lambda: inseq_peer.input_x_gradient(subject),
            same,
        ),
        (
            "Grad x Input / Captum InputXGradient",
            lambda: tokens("grad_x_input"),
            lambda: captum_peer.input_x_gradient(subject),
            same,
        ),
        (
            "Grad x Input / LIT grad_dot_input",
            lambda: tokens("grad_x_input"),
            lambda: lit_peer.salience(subject)[1],
            "LIT differentiates the loss, so the sign is the other",
        ),
        (
            "Grad L2 / Inseq saliency",
            lambda: tokens("grad_l2"),
            lambda: inseq_peer.saliency(subject),
            same,
        ),
        (
            "Grad L2 / LIT grad_l2",
            lambda: tokens("grad_l2"),
            lambda: lit_peer.salience(subject)[0],
            same,
        ),
        (
            "occlusion / Captum LLMAttribution",
            lambda: ours(subject, "occlusion").scores,
            lambda: captum_peer.llm_ablation(subject),
            "both delete the line",
        ),
        (
            "occlusion / Captum FeatureAblation",
            lambda: ours(subject, "occlusion").scores,
            lambda: captum_peer.feature_ablation(subject, 1),
            "it puts the padding token in place of each of the line's, where we delete them",
        ),
    ]


def _log_probs(subject: Subject) -> dict[str, Callable[[], float]]:
    return {
        "ours": lambda: subject.log_prob,
        "Captum, as it comes": lambda: captum_peer.log_probability(subject, as_it_comes=True),
        "Captum, forward_in_tokens=False": lambda: captum_peer.log_probability(
            subject, as_it_comes=False
        ),
        "Inseq, token by token": lambda: inseq_peer.log_probability(subject),
        "context-cite, nothing ablated": lambda: context_cite_peer.log_probability(subject),
    }
