"""How far a batch is: a bar, or lines for a log."""

import time
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from backlit.batch.running import Tally

LOG_SECONDS = 30.0  # between two lines


class Bar:
    """A bar on standard error: runs, how many a second, time left, tokens a second, failures."""

    def __init__(self) -> None:
        self.last: Tally | None = None
        self._bar: Any = None

    def show(self, tally: "Tally") -> None:
        """Show how far it is."""
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(desc="Runs", unit=" runs", total=tally.total, initial=tally.done)
        if tally.seconds:  # those since the model is there
            self._bar.start_t = time.time() - tally.seconds
        self._bar.set_postfix_str(_details(tally), refresh=False)
        self._bar.update(tally.done - self._bar.n)
        self.last = tally

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()


class Log:
    """A line on standard error now and then, and at the end."""

    def __init__(self) -> None:
        self.last: Tally | None = None
        self._told = 0.0

    def show(self, tally: "Tally") -> None:
        """Tell how far it is, if that was not told lately."""
        self.last = tally
        if time.monotonic() - self._told >= LOG_SECONDS or tally.done == tally.total:
            self._told = time.monotonic()
            speed = tally.new / tally.seconds if tally.seconds else 0.0
            left = f", {(tally.total - tally.done) / speed:,.0f} s left" if speed else ""
            runs = f"{tally.done:,} of {tally.total:,} runs, {speed:.2f} a second{left}"
            typer.echo(", ".join(one for one in (runs, _details(tally)) if one), err=True)

    def close(self) -> None:
        """Nothing is open."""


def sentence(tally: "Tally | None") -> str:
    """What is on the disk."""
    if tally is None:
        return "Nothing was run."
    told = f"{tally.done:,} of {tally.total:,} runs are on the disk"
    if tally.failed:
        told += f", {tally.failed:,} of them failed (--retry-failed does them again)"
    if tally.unmatched:
        told += f", {tally.unmatched:,} of them have nothing of what is to be explained"
    if tally.others:
        told += f"; {tally.others:,} more are of rows that the dataset does not have"
    made = f" {tally.calls:,} calls were made." if tally.calls else ""
    return f"{told}.{made}"


def _details(tally: "Tally") -> str:
    told = [f"{tally.tokens / tally.seconds:,.0f} tokens/s"] if tally.seconds else []
    if tally.calls and tally.new:
        in_all = tally.calls / tally.new * (tally.new + tally.total - tally.done)
        told.append(f"{tally.calls:,} of some {in_all:,.0f} calls")
    if tally.failed:
        told.append(f"{tally.failed:,} failed")
    if tally.unmatched:
        told.append(f"{tally.unmatched:,} unmatched")
    return ", ".join(told)
