"""Cut a sequence by a pattern."""

from typing import Literal

from backlit.segments import token_spans
from backlit.serving import wire
from backlit.serving.requests.base import Kind, SequenceRequest, Work
from backlit.types import Span


class SegmentRequest(SequenceRequest):
    """Cut the sequence by a regular expression."""

    pattern: str


class SegmentsEvent(wire.Event):
    """Spans of the custom pattern."""

    type: Literal["segments"] = "segments"
    spans: list[Span]


def run(request: SegmentRequest, work: Work) -> wire.Event:
    spans = token_spans(work.sequence(request.reference), "custom", request.pattern)
    return SegmentsEvent(spans=spans)


SEGMENT = Kind("segment", SegmentRequest, run, (SegmentsEvent,), quick=True)
