"""What holds on average over a batch: of each variant, which part of the prompt did it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal

from backlit.batch.averages.effect import By, Effect, Measured, VariantSummary
from backlit.batch.averages.page import page
from backlit.batch.averages.plot import plot
from backlit.batch.averages.table import Table, answers_table, effects_table
from backlit.batch.averages.words import sentence
from backlit.display.figure import count_of, one_line
from backlit.display.markdown import escaped
from backlit.display.speech import say
from backlit.errors import OptionsError
from backlit.explanation.file import write_file

Form = Literal["text", "md", "json", "svg", "html"]
FORMS: Mapping[str, Form] = {
    ".txt": "text",
    ".md": "md",
    ".json": "json",
    ".svg": "svg",
    ".html": "html",
    ".htm": "html",
}


@dataclass(frozen=True, slots=True, repr=False)
class Summary:
    """What holds on average; the first variant is what others are compared with.

    Attributes:
        model: that answered.
        data: the dataset's name.
        of: what the scores are: method, granularity, measure, unit, and whether they have a sign.
        by: what is a part of the prompt.
        variants: in order; a single one without a name where there are none.
        find: what was looked for in answers: a phrase, or a regular expression in slashes.
        notes: how to read it: sentences.
    """

    model: str
    data: str
    of: Measured
    by: By
    variants: tuple[VariantSummary, ...]
    find: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Which part did it with the first variant, by how much, or that none stands out."""
        return self.sentences[0]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same of each variant."""
        return tuple(
            sentence(self.of, self.variants, index, self.find)
            for index in range(len(self.variants))
        )

    @property
    def title(self) -> str:
        """What it is of."""
        return say(
            "What holds on average: {data}, {model}",
            data=one_line(self.data),
            model=one_line(self.model),
        )

    @property
    def tables(self) -> tuple[Table, ...]:
        """One of the answers, and one of each variant's parts."""
        effects = [effects_table(self.of, one) for one in self.variants if one.effects]
        return (answers_table(self.variants, self.find), *effects)

    def save(self, path: str | Path) -> None:
        """Write it, whole or not at all, as its ending says: `.md`, `.json`, `.svg`, `.html`, or
        `.txt`.

        Raises:
            OptionsError: another ending.
            DiskError: the file can't be written.
        """
        form = form_of(path)
        if form is None:
            raise OptionsError(
                f"What kind of file {Path(path).name} is to be is not known.",
                f"Let its name end in {', '.join(FORMS)}.",
            )
        write_file(path, self.written(form))

    def written(self, form: Form) -> str:
        """It in one of the forms."""
        if form == "text":
            return f"{self}\n"
        if form == "json":
            return self.to_json()
        return {"md": self.to_markdown, "svg": self.to_svg, "html": self.to_html}[form]()

    def to_markdown(self) -> str:
        """Sentences, tables and notes."""
        told = "".join(f"{escaped(one)}\n\n" for one in self.sentences)
        tables = "\n".join(one.to_markdown() for one in self.tables)
        notes = "".join(f"- {escaped(one)}\n" for one in self.notes)
        return f"## {escaped(self.title)}\n\n{told}{tables}\n{notes}"

    def to_svg(self) -> str:
        """A dot with its interval for each part, beside what a random order gives."""
        return plot(self.of, self.variants)

    def to_html(self) -> str:
        """All of it as a page to hand on: one file, which asks nothing of anybody."""
        shown = self.to_svg() if any(one.effects for one in self.variants) else ""
        return page(self.title, self.sentences, shown, self.tables, self.notes)

    def to_json(self) -> str:
        """Every figure, and what is said of them, as JSON."""
        shown = {
            "model": self.model,
            "data": self.data,
            **asdict(self.of),
            "by": self.by,
            "find": self.find,
            "sentence": self.sentence,
            "variants": [
                {**_plain(one), "sentence": told}
                for one, told in zip(self.variants, self.sentences, strict=True)
            ],
            "notes": self.notes,
        }
        return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"

    def _repr_html_(self) -> str:
        """For notebooks: sentences and tables, without script or style."""
        told = "".join(f"<p>{escape(one)}</p>" for one in self.sentences)
        return told + "".join(one.to_html() for one in self.tables)

    def __str__(self) -> str:
        tables = [one.to_text() for one in self.tables]
        return "\n\n".join(["\n".join(self.sentences), *tables, "\n".join(self.notes)])

    def __repr__(self) -> str:
        return f"<Summary of {count_of(len(self.variants), 'variant')}: {self.sentence}>"


def form_of(path: str | Path) -> Form | None:
    """The form that a file's name tells."""
    return FORMS.get(Path(path).suffix.lower())


def _plain(one: VariantSummary) -> dict[str, Any]:
    whole = {name: value for name, value in asdict(one).items() if name != "effects"}
    return {**whole, "effects": [_effect(effect) for effect in one.effects]}


def _effect(one: Effect) -> dict[str, Any]:
    line = one.part.line
    return {
        "part": one.part.name,
        "message": line and line.message,
        "line": line and line.number,
        "text": line and line.text,
        "label": one.part.label,
        "mean": asdict(one.mean),
        "chance": [one.low, one.high],
        "p_value": one.p_value,
        "corrected": one.corrected,
        "stands_out": one.stands_out,
        "opposite": one.opposite,
        "asks": one.asks,
    }
