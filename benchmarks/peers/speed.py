"""Seconds side by side: occlusion, gradients, sparse ablation."""

from collections.abc import Iterator
from typing import Any

from backlit.explaining.attribution import Segmenting, attribute
from backlit.explanation import Attribution
from backlit.methods import make_method
from backlit.methods.objective import Objective
from backlit.progress import SILENT
from benchmarks.peers import captum_peer, context_cite_peer, inseq_peer, lit_peer
from benchmarks.peers.race import Race, Report, because
from benchmarks.peers.subject import Subject
from benchmarks.salience import forward_backward

ABLATIONS = 64
BATCHES = (1, 4, 8)


def ours(subject: Subject, method: str, **params: Any) -> Attribution:
    """A method of ours by lines, from a fresh objective: nothing is known from earlier runs."""
    objective = Objective(subject.engine, subject.sequence, subject.target)
    return attribute(objective, make_method(method, **params), Segmenting("line"), SILENT)


def floor(subject: Subject) -> None:
    """One forward and backward, cut at the target: what the peers' costs are told in."""
    forward_backward(subject.model, subject.sequence, subject.target, cut=True)


def occlusion(subject: Subject, rounds: int) -> Iterator[Report]:
    """Leave-one-out by lines."""
    try:
        wrong = captum_peer.log_probability(subject, as_it_comes=True)
        yield (
            f"Captum's LLMAttribution as it comes says {wrong:.2f} nats for the target's "
            f"{subject.log_prob:.2f} on this transformers; timed with forward_in_tokens=False"
        )
    except ImportError:
        pass  # said below
    race = Race(
        {
            "ours": lambda: ours(subject, "occlusion"),
            "floor": lambda: floor(subject),
            "LLMAttribution": lambda: captum_peer.llm_ablation(subject),
        }
    )
    best = race.fastest(
        "FeatureAblation",
        {str(n): lambda n=n: captum_peer.feature_ablation(subject, n) for n in BATCHES},  # type: ignore[misc]
    )
    yield f"Captum's quickest perturbations_per_eval: {best}"
    best = race.fastest(
        "Inseq",
        {str(n): lambda n=n: inseq_peer.occlusion(subject, n) for n in BATCHES},  # type: ignore[misc]
    )
    yield (
        f"Inseq's quickest perturbations_per_eval: {best}. It knows windows of one width only, so "
        f"it got {len(subject.lines)} lines' worth of them, and one step for the whole target "
        "instead of its one for each target token"
    )
    race.run(rounds)
    yield race.seconds("occlusion by lines, ours", "ours")
    yield race.ratio("occlusion: ours / Captum FeatureAblation", "ours", "FeatureAblation", 0.5)
    yield race.ratio("occlusion: ours / Captum LLMAttribution", "ours", "LLMAttribution", 0.5)
    yield race.ratio("occlusion: ours / Inseq, as many units", "ours", "Inseq", 0.5)
    for name in ("ours", "FeatureAblation", "LLMAttribution", "Inseq"):
        yield race.ratio(f"occlusion: {name} / floor", name, "floor")


def gradients(subject: Subject, rounds: int) -> Iterator[Report]:
    """Gate × Gradient beside Grad L2, both ours, and LIT's salience request."""
    race = Race(
        {
            "Grad L2": lambda: ours(subject, "grad_l2"),
            "Gate x Gradient": lambda: ours(subject, "gate_gradient"),
            "LIT": lambda: lit_peer.salience(subject),
            "floor": lambda: floor(subject),
        }
    )
    race.run(rounds)
    yield race.ratio("gate_gradient / grad_l2, by lines", "Gate x Gradient", "Grad L2", 1.3)
    yield race.ratio("Grad L2: ours / LIT's salience request", "Grad L2", "LIT")
    for name in ("Grad L2", "LIT"):
        yield race.ratio(f"{name} / floor", name, "floor")


def ablation(subject: Subject, rounds: int) -> Iterator[Report]:
    """context-cite beside our sparse ablation: seconds, and where the mistaken line comes."""
    race = Race(
        {
            "ours": lambda: ours(subject, "sparse_ablation", n_samples=ABLATIONS).scores,
            "context-cite": lambda: context_cite_peer.scores(subject, ABLATIONS),
        }
    )
    for name, scores in race.results.items():
        above = int((scores > scores[subject.mistake]).sum())
        place = f"the mistaken line comes {above + 1}. of {len(scores)}"
        yield f"{name}, {ABLATIONS} ablations: {place}"
    try:
        subject.check(context_cite_peer.log_probability(subject))
    except Exception as error:  # noqa: BLE001  a peer may fail in any way; it is told
        race.exclude("context-cite", because(error))
    race.run(rounds)
    for name in ("ours", "context-cite"):
        yield race.seconds(f"{ABLATIONS} ablations, {name}", name)
    yield race.ratio(f"{ABLATIONS} ablations: ours / context-cite", "ours", "context-cite")
