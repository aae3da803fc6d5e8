"""Counting tokens."""

from backlit.serving import wire
from backlit.serving.requests.count import CountRequest
from backlit.serving.requests.load import LoadRequest
from backlit.types import Message
from tests.support.service import REFERENCE, Client, reference_of, written


def test_the_tokens_of_a_prompt(client: Client) -> None:
    client.ask(LoadRequest(model="toy"))
    assert client.answered(CountRequest(model="toy", reference=REFERENCE)).tokens == 10


def test_those_of_an_answer_count_too(client: Client) -> None:
    event = written(client)
    request = CountRequest(model="toy", reference=reference_of(event))
    assert client.answered(request).tokens == len(event.generation.sequence.tokens)


def test_those_of_the_template_count_too(client: Client) -> None:
    client.ask(LoadRequest(model="toy"))
    chat = wire.SequenceRef(prompt=[Message("user", "The dog")])
    text = wire.SequenceRef(prompt="The dog")
    of_chat, of_text = (
        client.answered(CountRequest(model="toy", reference=one)).tokens for one in (chat, text)
    )
    assert of_chat > of_text
