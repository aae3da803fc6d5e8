"""How far maps of the same segments agree."""

from typing import Annotated, Literal

from pydantic import Field

from backlit.errors import InputError
from backlit.explaining.faithfulness import agreement
from backlit.serving import wire
from backlit.serving.requests.base import Kind, ModelRequest, Work

MAX_MAPS = 50


class AgreeRequest(ModelRequest):
    """Compare maps: each is a score for every one of the same segments."""

    maps: Annotated[
        list[Annotated[list[float], Field(max_length=wire.MAX_SPANS)]],
        Field(min_length=1, max_length=MAX_MAPS),
    ]


class AgreeEvent(wire.Event):
    """Spearman's rank correlations, one row for each map."""

    type: Literal["agree"] = "agree"
    correlations: list[list[float]]


def run(request: AgreeRequest, work: Work) -> wire.Event:
    if len({len(one) for one in request.maps}) > 1 or not request.maps[0]:
        raise InputError("The maps are not of the same segments.", "Explain the target again.")
    return AgreeEvent(correlations=agreement(request.maps).tolist())


AGREE = Kind("agree", AgreeRequest, run, (AgreeEvent,), quick=True)
