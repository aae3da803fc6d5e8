"""Runs to hand on: all that a colleague needs to read them, without the program or a model."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args
from uuid import uuid4

from backlit.display import markdown
from backlit.display.document import document
from backlit.display.figure import MapFigure, one_line
from backlit.display.picture import maps_svg
from backlit.display.speech import counted, digits, say
from backlit.display.table import maps_csv
from backlit.errors import InputError, OptionsError
from backlit.explanation.attribution import Attribution
from backlit.explanation.figures import figure_of, remarks_of
from backlit.explanation.finding import finding
from backlit.explanation.generation import Generation
from backlit.explanation.masking import without_model, without_options, without_prompt
from backlit.segments import GRANULARITIES, token_spans
from backlit.types import SIGNS, Granularity, Scope, Span

if TYPE_CHECKING:
    from pydantic import TypeAdapter

LogProbs = tuple[tuple[float | None, ...], ...]
"""Nats, `(prompts, answers)`; None where nobody could say."""
Places = tuple[tuple[int, int], ...]
"""Of prompts and answers among them."""

Part = Literal["prompt", "model", "settings", "check"]
"""What a report may be without: the words of the prompt, of which blocks stay; the model's name and
whatever tells it; how it was asked to write; whether the maps hold up."""

PARTS: Mapping[Part, str] = {
    "prompt": "the words of the prompt",
    "model": "the model",
    "settings": "how it was asked to write",
    "check": "whether the maps hold up",
}

ReportFormat = Literal["html", "md", "csv", "svg"]

ENDS: Mapping[str, ReportFormat] = {
    ".html": "html",
    ".htm": "html",
    ".md": "md",
    ".csv": "csv",
    ".svg": "svg",
}

NOBODY = "a model"  # whose name was left out
MAX_WORDS = 60  # characters of an answer in a title


@dataclass(frozen=True, slots=True)
class ReportedRun:
    """An answer and its maps, as they are handed on.

    Attributes:
        generation: the prompt and the answer.
        attributions: its maps, of which a reader chooses one.
        metadata: of the model, as an explanation has it.
        segmentations: token spans of every granularity.
        findings: what was found, of each map; None where nothing was measured.
        remarks: what else is to be said of each map.
        example: how the example is called that the prompt came from.
        scope: which parts are spoken of.
    """

    generation: Generation
    attributions: tuple[Attribution, ...]
    metadata: Mapping[str, str | float] = field(hash=False)
    segmentations: Mapping[Granularity, tuple[Span, ...]] = field(hash=False)
    findings: tuple[str | None, ...]
    remarks: tuple[tuple[str, ...], ...]
    example: str | None = None
    scope: Scope = "both"

    @classmethod
    def of(
        cls,
        generation: Generation,
        attributions: tuple[Attribution, ...],
        metadata: Mapping[str, str | float],
        example: str | None = None,
        scope: Scope = "both",
        without: Collection[Part] = (),
        name: str = "",
    ) -> "ReportedRun":
        """A run without some parts: what is said of it is made of what is left.

        Args:
            generation: the prompt and the answer.
            attributions: its maps.
            metadata: of the model.
            example: how the example is called that the prompt came from.
            scope: which parts are spoken of.
            without: what is left out.
            name: stands for that of a model which is left out; without one, `NOBODY` does.
        """
        whole = generation.sequence
        spans: dict[Granularity, tuple[Span, ...]] = {
            g: tuple(token_spans(whole, g)) for g in GRANULARITIES if g != "custom"
        }
        if "prompt" in without:
            generation, attributions = without_prompt(generation, attributions)
            example = None  # it often says the same
        if "model" in without:
            generation, attributions = without_model(generation, attributions, name or say(NOBODY))
            metadata = {}
        if "settings" in without:
            generation = replace(generation, options=None)
            attributions = tuple(without_options(one) for one in attributions)
            example = None
        if "check" in without:
            attributions = tuple(replace(one, faithfulness=None) for one in attributions)
        return cls(
            generation,
            attributions,
            metadata,
            spans,
            tuple(finding(generation, one, scope) for one in attributions),
            tuple(remarks_of(generation, one) for one in attributions),
            example,
            scope,
        )

    def figures(self) -> list[MapFigure]:
        """What is shown of each map."""
        return [figure_of(self.generation, one, self.scope) for one in self.attributions]


@dataclass(frozen=True, slots=True)
class Report:
    """One run, or several beside each other.

    Attributes:
        id: by which a review of it says what it is about; by chance, so that it tells nothing.
        runs: one or more.
        title: what it is about, on one line.
        log_probs: how likely each answer is after each prompt; None if nobody compared them.
        at_most: the places of those of which only that is known: they are at most that.
        sentences: what is other than in the first run, of each but that.
        note: what somebody has to say of it.
        without: what was left out.
        made: when, in ISO 8601, UTC.
        version: of Backlit.
    """

    id: str
    runs: tuple[ReportedRun, ...]
    title: str
    log_probs: LogProbs | None
    sentences: tuple[str, ...]
    note: str
    without: tuple[Part, ...]
    made: str
    version: str
    at_most: Places = ()

    @classmethod
    def of(
        cls,
        runs: tuple[ReportedRun, ...],
        note: str = "",
        without: Collection[Part] = (),
        log_probs: LogProbs | None = None,
        at_most: Places = (),
        sentences: tuple[str, ...] = (),
    ) -> "Report":
        """With its title, made now."""
        made = datetime.now(UTC).isoformat(timespec="seconds")
        parts = tuple(part for part in PARTS if part in without)
        title = _title(runs)
        return cls(
            uuid4().hex,
            runs,
            title,
            log_probs,
            sentences,
            note,
            parts,
            made,
            version("backlit"),
            at_most,
        )

    def written(self, form: ReportFormat) -> str:
        """As a page to open (`html`), as text (`md`), as a table (`csv`), as a picture (`svg`).

        Raises:
            InputError: a table or a picture of runs that have no map, or a picture too large.
            OptionsError: no such form.
        """
        if form not in get_args(ReportFormat):
            raise OptionsError(
                f"There is no form {form!r}.", f"Use one of {', '.join(get_args(ReportFormat))}."
            )
        if form == "html":
            return self.to_html()
        if form == "md":
            return self.to_markdown()
        return maps_csv(self._maps()) if form == "csv" else maps_svg(self._maps())

    def to_html(self) -> str:
        """One file that opens anywhere and loads nothing, with all there is to point at."""
        found = [one for run in self.runs for one in run.findings if one]
        return document(self.title, self.to_json(), [self.title, *self.sentences, *found])

    def to_markdown(self) -> str:
        """What was found and the first parts, of each run."""
        left_out = ", ".join(say(PARTS[part]) for part in self.without)
        lines = [
            *(line for line in self.note.splitlines() if line.strip()),
            *self.sentences,
            *([say("Left out: {parts}.", parts=left_out)] if left_out else []),
        ]
        said = "".join(f"{markdown.escaped(line)}\n\n" for line in lines)
        runs = "\n".join(markdown.maps_markdown(run.figures()) for run in self.runs)
        return f"## {markdown.escaped(self.title)}\n\n{said}{self._matrix()}{runs}"

    def to_json(self) -> str:
        """What the page in the file reads."""
        return _adapter().dump_json(self).decode()

    def _maps(self) -> list[MapFigure]:
        figures = [figure for run in self.runs for figure in run.figures()]
        if not figures:
            raise InputError(
                "There is no map to hand on: nothing was asked about the answer.",
                "Ask about some of its words first, or use the format html or md.",
            )
        return figures

    def _matrix(self) -> str:
        """How likely each answer is after each prompt."""
        if self.log_probs is None:
            return ""
        answers = [say("answer {number}", number=n) for n in range(1, len(self.runs) + 1)]
        header = [say("log p, nats"), *answers]
        rows = [
            [
                say("prompt {number}", number=n),
                *(self._log_prob(n - 1, j, one) for j, one in enumerate(row)),
            ]
            for n, row in enumerate(self.log_probs, start=1)
        ]
        return f"{markdown.table(header, rows)}\n"

    def _log_prob(self, prompt: int, answer: int, value: float | None) -> str:
        if value is None:
            return say("unknown")
        sign = f"{SIGNS['at_most']} " if (prompt, answer) in self.at_most else ""
        return f"{sign}{digits(value, 3)}"


def form_of(path: str | Path) -> ReportFormat | None:
    """By what a file's name ends in; None if by none."""
    return ENDS.get(Path(path).suffix.lower())


def parts_of(without: Collection[str]) -> tuple[Part, ...]:
    """What is to be left out, in order.

    Raises:
        OptionsError: there is no such part, so that nothing stays in by a slip of the pen.
    """
    asked = [without] if isinstance(without, str) else without
    for part in asked:
        if part not in PARTS:
            raise OptionsError(
                f"There is no part {part!r} to leave out.", f"Use some of {', '.join(PARTS)}."
            )
    return tuple(part for part in PARTS if part in asked)


def _title(runs: tuple[ReportedRun, ...]) -> str:
    generation, maps = runs[0].generation, runs[0].attributions
    words = generation.text_of(maps[0].target) if maps else generation.response
    about = f"“{one_line(words, MAX_WORDS)}”"
    if len(runs) > 1:
        return say("{runs} compared: {about}", runs=counted(len(runs), "run"), about=about)
    return (
        say("What led to {about}", about=about) if maps else say("An answer: {about}", about=about)
    )


@cache
def _adapter() -> "TypeAdapter[Report]":
    from pydantic import TypeAdapter  # not at the top: `import backlit` stays quick

    return TypeAdapter(Report)
