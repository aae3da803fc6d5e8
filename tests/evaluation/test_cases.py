"""Which planted prompts count, by models that answer as they are told to."""

from collections.abc import Iterator
from typing import Any

import pytest

from backlit.engines.base import GenerationStep
from backlit.engines.toy import ToyEngine
from backlit.evaluation.cases import Case, find_case
from backlit.evaluation.planted import PlantedPrompt
from backlit.model import Model
from backlit.segments import segment
from backlit.types import GenerationOptions, TokenSequence
from tests.support.planted import PLANT, REST, Reader, Sure, planted


def words_of(case: Case) -> str:
    return case.generation.text_of(case.target)


def _end(case: Case) -> int:
    return case.generation.sequence.tokens[case.target.stop - 1].stop


def planted_texts(case: Case) -> list[str]:
    return [case.generation.sequence.text[start:stop] for start, stop in case.plants]


def test_a_prompt_counts_if_the_plant_decides_the_answer() -> None:
    model = Model(Reader())
    case = find_case(model, planted(REST + PLANT + REST + "The code is"))
    assert case is not None
    assert words_of(case) == " warm"
    assert planted_texts(case) == [PLANT.strip()]
    assert find_case(Model(ToyEngine()), planted(REST + PLANT + "The code is")) is None


def test_of_two_plants_each_or_both_must_matter() -> None:
    model = Model(Reader())
    twice = REST + PLANT + REST + PLANT + "The code is"
    assert find_case(model, planted(twice)) is None  # the other line says so too
    assert find_case(model, planted(twice, "any", 2)) is not None
    assert find_case(model, planted(twice, "all", 2)) is None


@pytest.mark.parametrize(("needs", "counts"), [(" is warm.", True), (" like soup.", False)])
def test_the_value_of_another_line_must_need_that_line(needs: str, counts: bool) -> None:
    item = planted(REST + PLANT + "The bird likes", kind="other_target")
    case = find_case(Model(Sure(needs)), item)
    assert (case is not None) is counts
    if case is not None:
        assert case.generation.response == " warm"
        assert case.generation.finish_reason == "given"


class Noting(Sure):
    """Writes a note first, if the line is there."""

    says = " I see warm. It is warm"
    instead = " I see cold. It is cold"


@pytest.mark.parametrize(
    ("needs", "counts"),
    [(" see", True), (" code", False)],  # it is copied from the note, or read from the line again
)
def test_a_note_must_be_what_the_answer_is_copied_from(needs: str, counts: bool) -> None:
    item = planted(REST + PLANT + "I", kind="two_hop", times=2)
    case = find_case(Model(Noting(needs)), item)
    assert (case is not None) is counts
    if case is not None:
        assert words_of(case) == " warm"
        assert case.target.stop == len(case.generation.sequence.tokens)


def test_without_a_note_there_is_nothing_to_trace() -> None:
    item = planted(REST + PLANT + "I", kind="two_hop", times=2)
    assert find_case(Model(Reader()), item) is None


def test_of_a_note_that_is_copied_the_last_copy_counts() -> None:
    class Twice(Sure):
        says = " I see warm. It is warm. So warm"
        instead = " I see cold. It is cold. So cold"

    model = Model(Twice(" see"))
    found = [
        find_case(model, planted(REST + PLANT + "I", kind="two_hop", times=times))
        for times in (2, 3, 4)
    ]
    ends = [one and one.generation.sequence.text[: _end(one)].count(" warm") for one in found]
    assert ends == [3, 4, None]  # one is the plant's


def test_the_plants_of_a_chat_are_found_behind_its_template() -> None:
    item = planted(REST + PLANT + "The code?", kind="chat")
    case = find_case(Model(Reader()), item)
    assert case is not None
    assert planted_texts(case) == [PLANT.strip()]
    segments = segment(case.generation.sequence, "line", stop=case.target.start)
    holding = [one.text for one in segments if case.plants_in(one)]
    assert [text.strip() for text in holding] == [PLANT.strip()]
    assert {s.role for s in segments} >= {"system", "user", "template"}


def test_a_chat_does_not_count_for_a_model_without_a_template() -> None:
    class Raw(Reader):
        chat = False

    assert find_case(Model(Raw()), planted(REST + PLANT + "The code?", kind="chat")) is None


def test_more_tokens_are_written_where_more_is_to_be_said() -> None:
    asked: list[Any] = []

    class Listening(Reader):
        def generate(
            self, prompt: TokenSequence, options: GenerationOptions
        ) -> Iterator[GenerationStep]:
            asked.append(options)
            return super().generate(prompt, options)

    model = Model(Listening())
    for kind in ("needle", "chat", "two_hop"):
        item = PlantedPrompt("x", kind, "en", "I like soup.\nNo", "xyz", ((0, 13),), "all")
        assert find_case(model, item) is None
    few, sentence, note = (one.max_new_tokens for one in asked)
    assert few < sentence < note
