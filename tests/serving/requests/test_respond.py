"""Taking a response that is there already."""

import pytest

from backlit.engines.toy import ToyEngine
from backlit.progress import current
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.requests.base import segmentations
from backlit.serving.requests.respond import RespondRequest
from backlit.serving.service import Service
from backlit.types import TokenSequence
from tests.support.service import REFERENCE, Client, Writer, opened, written


def test_a_text_is_given_and_ids_are_of_an_answer_that_was_stopped(client: Client) -> None:
    request = RespondRequest(model="toy", reference=REFERENCE, response=" the cat")
    event = client.answered(request)
    generation = event.generation
    assert (generation.finish_reason, generation.response) == ("given", " the cat")
    assert event.segmentations == segmentations(generation.sequence)
    ids = [token.id for token in generation.sequence.tokens[-2:]]
    again = client.answered(request.model_copy(update={"response": ids}))
    assert again.generation.finish_reason == "cancelled"
    assert again.generation.sequence == generation.sequence
    ended = REFERENCE.model_copy(update={"finish_reason": "stop"})
    whole = client.answered(request.model_copy(update={"response": ids, "reference": ended}))
    assert whole.generation.finish_reason == "stop"


def test_it_says_how_likely_the_model_finds_it(client: Client) -> None:
    """As it would have, had it written it."""
    own = written(client).generation
    request = RespondRequest(model="toy", reference=REFERENCE, response=own.response)
    supplied = client.answered(request).generation
    for wrote, read in zip(own.sequence.tokens, supplied.sequence.tokens, strict=True):
        assert (wrote.id, wrote.text) == (read.id, read.text)
        assert wrote.log_prob == pytest.approx(read.log_prob)


class Compiling(ToyEngine):
    """Says that it compiles before each annotation."""

    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        current()("compile")
        annotated = super().annotate(sequence)
        current()("run")
        return annotated


def test_compiling_is_told_and_makes_nothing_look_slow() -> None:
    served = ServedModel("m", "m", lambda source, progress: Compiling())
    with Client(Service([served], [])) as client:
        events = client.ask(RespondRequest(model="m", reference=REFERENCE, response=" water."))
    phases = [event.phase for event in events if isinstance(event, wire.ProgressEvent)]
    assert phases == ["compile", "run"]
    assert served.seconds_per_token is None


def test_the_models_speed_is_learnt_from_it() -> None:
    served = ServedModel("m", "m", lambda source, progress: ToyEngine("m"))
    with Client(Service([served], [])) as client:
        client.answered(RespondRequest(model="m", reference=REFERENCE, response=" water."))
    assert served.seconds_per_token is not None
    assert served.seconds_per_token > 0


def test_a_model_that_only_writes_takes_it_too() -> None:
    with opened(Writer()) as client:
        request = RespondRequest(model="m", reference=REFERENCE, response=" water.")
        tokens = client.answered(request).generation.sequence.tokens
        assert {token.log_prob for token in tokens} == {None}
