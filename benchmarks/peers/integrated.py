"""Integrated gradients: the time, and how far the scores' sum is from what it should be.

Each runs as it comes: ours from its faded baseline on, theirs with 50 steps from the zero
embedding (Captum) or the padding token's (Inseq). Since a baseline decides how hard the path is,
ours and Captum's are also run once from each other's.
"""

from collections.abc import Callable, Iterator

from backlit.explanation import Attribution
from backlit.methods.integrated_gradients import IntegratedGradients
from benchmarks.peers import captum_peer, inseq_peer
from benchmarks.peers.race import Race, Report, because
from benchmarks.peers.speed import floor, ours
from benchmarks.peers.subject import Subject
from benchmarks.timing import Line, seconds

METHOD = "integrated_gradients"
BATCHES = (1, 4)
TRIAL_STEPS = 4  # enough to see which batch is quicker


def run(subject: Subject, rounds: int) -> Iterator[Report]:
    """Seconds and completeness errors side by side."""
    captum = _quicker(lambda n: captum_peer.integrated_gradients(subject, n, steps=TRIAL_STEPS))
    inseq = _quicker(lambda n: inseq_peer.integrated_gradients(subject, n, TRIAL_STEPS))
    yield f"quickest internal_batch_size: Captum {captum}, Inseq {inseq}"
    race = Race(
        {
            "ours": lambda: ours(subject, METHOD),
            "Captum": lambda: captum_peer.integrated_gradients(subject, captum),
            "Inseq": lambda: inseq_peer.integrated_gradients(subject, inseq),
            "floor": lambda: floor(subject),
        }
    )
    peers = [name for name in ("Captum", "Inseq") if name in race.results]
    errors: dict[str, float] = {name: race.results[name][1] for name in peers}
    if "ours" in race.results:
        errors["ours"] = _error(race.results["ours"])
        yield from (f"ours: {note}" for note in race.results["ours"].notes)
    race.run(rounds)
    for name in ("ours", "Captum", "Inseq"):
        yield race.seconds(f"integrated gradients, {name}", name)
        if name in errors:
            yield f"integrated gradients, {name}: completeness error {errors[name]:.2%}"
    for name in ("Captum", "Inseq"):
        yield race.ratio(f"integrated gradients: ours / {name}", "ours", name, 1)
        what = f"completeness error: ours / {name}"
        if name in errors and "ours" in errors:
            share = errors["ours"] / errors[name]
            yield Line(what, share, 1, spread=(share, share))
        else:
            yield f"? {what}: not measured, {race.reason(name if 'ours' in errors else 'ours')}"
    for name in ("ours", "Captum", "Inseq"):
        yield race.ratio(f"integrated gradients: {name} / floor", name, "floor")
    yield from _swapped(subject, captum)


def _swapped(subject: Subject, batch: int) -> Iterator[Report]:
    """Ours and Captum's from each other's baseline, once."""
    what = "integrated gradients, ours from the zero embedding"
    try:
        found = ours(subject, METHOD, baseline="zero")
        yield f"{what}: completeness error {_error(found):.2%}"
        yield from (f"{what}: {note}" for note in found.notes)
    except Exception as error:  # noqa: BLE001  a way can fail; the report tells
        yield f"? {what}: not measured, {because(error)}"
    what = "integrated gradients, Captum from our faded baseline"
    try:
        fade = IntegratedGradients().fade
        _, missed = captum_peer.integrated_gradients(subject, batch, fade=fade)
        yield f"{what}: completeness error {missed:.2%}"
    except Exception as error:  # noqa: BLE001
        yield f"? {what}: not measured, {because(error)}"


def _error(found: Attribution) -> float:
    """How far the scores' sum is from what it should be, as a share of that."""
    assert found.convergence_delta is not None
    return abs(found.convergence_delta) / abs(float(found.scores.sum()) - found.convergence_delta)


def _quicker(work: Callable[[int], object]) -> int:
    """The batch that goes quicker, or 1 where the work fails, which the trial then tells."""
    try:
        work(1)
        return min(BATCHES, key=lambda n: seconds(lambda: work(n)))
    except Exception:  # noqa: BLE001
        return 1
