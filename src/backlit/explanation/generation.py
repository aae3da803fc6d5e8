"""A prompt and its response."""

from collections.abc import Mapping
from dataclasses import dataclass

from backlit.display import html, text
from backlit.display.figure import ResponseFigure, count_of, short
from backlit.types import FinishReason, GenerationOptions, Prompt, Span, Target, TokenSequence

FINISH: Mapping[FinishReason, str] = {
    "stop": "stopped by itself",
    "length": "reached its limit of new tokens",
    "context": "filled the model’s context",
    "cancelled": "cut short",
    "given": "given, not generated",
}


@dataclass(frozen=True, slots=True, repr=False)
class Generation:
    """A prompt and its response, exactly as the model saw and wrote the ids.

    `finish_reason`: `stop` (end token or stop string), `length` (max_new_tokens),
    `context` (the model's context is full), `cancelled` (the person stopped it), `given`
    (the response was not generated but supplied). `muted` are token spans of the full prompt
    that were taken away first.
    """

    prompt: Prompt
    sequence: TokenSequence
    finish_reason: FinishReason
    model: str
    options: GenerationOptions | None = None
    muted: tuple[Span, ...] = ()

    @property
    def response(self) -> str:
        """The response's text."""
        return self.sequence.text[len(self.sequence.prompt.text) :]

    def text_of(self, target: Target) -> str:
        """The target's words as they stand in the text; of tokens without text, their names."""
        start, stop = self.characters(target)
        names = (token.text for token in self.sequence.tokens[target.start : target.stop])
        return self.sequence.text[start:stop] or "".join(names)

    def characters(self, target: Target) -> Span:
        """From the end of what is before the target to its own end."""
        tokens = self.sequence.tokens
        start = max((token.stop for token in tokens[: target.start]), default=0)
        return start, max((token.stop for token in tokens[: target.stop]), default=0)

    def figure(self) -> ResponseFigure:
        """What is shown of it."""
        length = len(self.sequence.tokens) - self.sequence.prompt_length
        facts = [self.model, count_of(length, "token"), FINISH[self.finish_reason]]
        if self.options is not None and self.options.temperature is None:
            facts.append("at a temperature of its own")
        if self.muted:
            facts.append(f"without {count_of(len(self.muted), 'muted part')}")
        return ResponseFigure(" · ".join(facts), self.sequence.prompt.text, self.response)

    def __repr__(self) -> str:
        figure = self.figure()
        return f"<Generation: {short(figure.prompt)} -> {short(figure.response)}; {figure.facts}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows."""
        figure = self.figure()
        return {
            "text/html": html.response_html(figure),
            "text/plain": text.response_text(figure),
        }
