"""What is shown of a map, and said beside it."""

from backlit.display import unseen
from backlit.display.figure import MapFigure, decimals_of, is_unsure, ranking
from backlit.display.speech import say
from backlit.explanation.attribution import Attribution
from backlit.explanation.finding import finding
from backlit.explanation.generation import Generation
from backlit.types import Scope


def figure_of(generation: Generation, one: Attribution, scope: Scope = "both") -> MapFigure:
    """What is shown of a map."""
    found = finding(generation, one, scope)
    tokens = generation.sequence.tokens
    end = tokens[one.segments[-1].stop - 1].stop if one.segments else 0
    return MapFigure(
        model=generation.model,
        name=one.caption(),
        meaning=one.meaning(),
        segments=one.segments,
        target=generation.text_of(one.target),
        between=generation.sequence.text[end : generation.characters(one.target)[0]],
        decimals=decimals_of(one.measure),
        rest=generation.sequence.text[generation.characters(one.target)[1] :],
        remarks=(*((found,) if found else ()), *remarks_of(generation, one)),
    )


def remarks_of(generation: Generation, one: Attribution) -> tuple[str, ...]:
    """Sentences to be read with a map, besides what was found."""
    return (
        *one.notes,
        *((_of_chance(),) if any(map(is_unsure, one.segments)) else ()),
        *unseen.remarks(ranking(one.segments), one.segments),
        *(proof.sentence(generation.sequence) for proof in one.proofs),
        *(one.trace.sentences() if one.trace else ()),
        *((one.faithfulness.sentence,) if one.faithfulness else ()),
    )


def _of_chance() -> str:
    return say("A score whose interval holds 0 may be chance.")
