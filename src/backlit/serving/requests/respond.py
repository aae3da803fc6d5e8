"""Take a given response."""

from backlit.explaining.responses import respond
from backlit.serving import wire
from backlit.serving.requests.base import Kind, SequenceRequest, Work
from backlit.serving.requests.generate import GenerationEvent, generation_event


class RespondRequest(SequenceRequest):
    """Take a given response, and say how likely the model finds it.

    A text is tokenized (`finish_reason` is then "given"); ids are those of an answer that was
    written before, which ended as the reference says: if it says "given", it was stopped half way
    ("cancelled").
    """

    response: wire.Text | wire.Ids


def run(request: RespondRequest, work: Work) -> wire.Event:
    reference = request.reference
    work.begin()
    written = "cancelled" if reference.finish_reason == "given" else reference.finish_reason
    generation = respond(
        work.model.engine,
        wire.prompt_of(reference.prompt),
        request.response,
        reference.muted,
        finish_reason="given" if isinstance(request.response, str) else written,
        options=reference.options,
    )
    work.learn_speed(len(generation.sequence.tokens))
    return generation_event(work.keep(generation))


RESPOND = Kind("respond", RespondRequest, run, (GenerationEvent,))
