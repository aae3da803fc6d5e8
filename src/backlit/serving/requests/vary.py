"""Make variants of a template."""

from typing import Annotated, Literal

from pydantic import Field

from backlit.errors import OptionsError
from backlit.explaining.templates import variables
from backlit.explaining.variants import Making, make_variants
from backlit.serving import wire
from backlit.serving.requests.base import PlainKind, Request

MAX_MADE_OF = 100  # principles, lines, words

Texts = Annotated[tuple[wire.Text, ...], Field(max_length=MAX_MADE_OF)]


class VaryRequest(Request):
    """A template, and which variants of it to make: see `Making`."""

    template: wire.PromptText
    without_each: Literal["line", "example"] | None = None
    reorder: bool = False
    principles: Texts = ()
    lines: Annotated[tuple[tuple[int, wire.Text], ...], Field(max_length=MAX_MADE_OF)] = ()
    words: Annotated[dict[wire.Text, Texts], Field(max_length=MAX_MADE_OF)] = {}


class VariantsEvent(wire.Event):
    """The variants, and the variables of the template."""

    type: Literal["variants"] = "variants"
    variants: list[wire.VariantInfo]
    variables: list[str]


def run(request: VaryRequest) -> wire.Event:
    making = Making(
        request.without_each, request.reorder, request.principles, request.lines, request.words
    )
    template = wire.prompt_of(request.template)
    made = []
    for one in make_variants(template, making):
        made.append(wire.VariantInfo.of(one))
        if len(made) > wire.MAX_VARIANTS:
            raise OptionsError(
                f"These are more than {wire.MAX_VARIANTS} variants.", "Make fewer at a time."
            )
    return VariantsEvent(variants=made, variables=list(variables(template)))


VARY = PlainKind("vary", VaryRequest, run, (VariantsEvent,))
