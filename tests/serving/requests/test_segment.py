"""Cutting by a pattern."""

from backlit.serving.requests.load import LoadRequest
from backlit.serving.requests.segment import SegmentRequest
from tests.support.service import REFERENCE, Client, reference_of, written

BY_QUESTION_MARK = SegmentRequest(model="toy", reference=REFERENCE, pattern=r"\?")


def test_the_prompt_is_cut_behind_each_match(client: Client) -> None:
    client.ask(LoadRequest(model="toy"))
    assert client.answered(BY_QUESTION_MARK).spans == [(0, 8), (8, 10)]


def test_the_answer_is_cut_too_and_from_the_prompt(client: Client) -> None:
    event = written(client)
    request = BY_QUESTION_MARK.model_copy(update={"reference": reference_of(event)})
    size = len(event.generation.sequence.tokens)
    assert client.answered(request).spans == [(0, 8), (8, 10), (10, size)]


def test_a_wrong_pattern_is_told(client: Client) -> None:
    error = client.answer(BY_QUESTION_MARK.model_copy(update={"pattern": "("})).error
    assert error.code == "PatternError"
